/*
 * ipc.h - the messages between the processes of one server.
 *
 * Every message has the same shape: a kind, two numbers, a text and a body of
 * bytes; at most one descriptor rides with it.  One decoder and one table of
 * what each kind may be (who sends it to whom, with a descriptor or without)
 * therefore serve all.  A message is decoded like a hostile packet: a fault
 * ends the peer that sent it (docs/architecture.md, "Messages").
 */
#ifndef HOBNAIL_PROTO_IPC_H
#define HOBNAIL_PROTO_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/writer.h"

#define IPC_MESSAGE_MAX 65536U /* bytes of one message on the wire */
#define IPC_TEXT_MAX 4096U     /* bytes */

enum role {
	ROLE_KEEPER,
	ROLE_STATE,
	ROLE_DHCP,
	ROLE_BOOT,
	ROLE_ADMIN,
	ROLE_IMAGE,
	ROLE_COUNT,
};

/* What a descriptor sent with IPC_SOCKET is. */
enum ipc_socket {
	SOCKET_DHCP,    /* UDP 67 */
	SOCKET_PXE,     /* UDP 4011 */
	SOCKET_PACKET,  /* AF_PACKET, for sending only */
	SOCKET_TFTP,    /* UDP 69; one per event loop (SO_REUSEPORT) */
	SOCKET_HTTP,    /* TCP, listening; one per event loop */
	SOCKET_CONTROL, /* Unix stream, listening: the API */
	SOCKET_KINDS,
};

/* What a folder sent with IPC_FOLDER is. */
enum ipc_folder {
	FOLDER_IMAGES,  /* the user's folder of ISO files */
	FOLDER_STATE,   /* state.db and all below */
	FOLDER_TABLES,  /* one table of files per image */
	FOLDER_LOADERS, /* boot loaders */
	FOLDER_KINDS,
};

enum ipc_kind {
	/* keeper to a role, before IPC_GO */
	IPC_SETTINGS, /* fd: sealed memfd with settings (boot/settings.h) */
	IPC_SOCKET,   /* number: enum ipc_socket; id: its index; fd */
	IPC_FOLDER,   /* number: enum ipc_folder; text: its path; fd */
	IPC_GO,       /* all is given: drop rights, then start */

	/* keeper to a role, at any time */
	IPC_PEER,   /* number: enum role; fd: a fresh channel to that role */
	IPC_STOP,   /* end in good order */
	IPC_STATUS, /* to admin. number: enum role; id: its pid, 0 when down;
	               text: the level of confinement it reached */
	IPC_PROBED, /* to state. id: of the IPC_PROBE; number: errno or 0;
	               text: what is wrong, for a person; body: file_stamp
	               (boot/catalogue.h); fd: read end of the report, if 0 */
	IPC_OPENED, /* to boot. id: of the IPC_OPEN; number: errno or 0;
	               fd if 0 */

	/* a role to keeper */
	IPC_READY, /* confined and starting. text: level of confinement */
	IPC_PROBE, /* from state. id; text: path below FOLDER_IMAGES: start an
	              image role for it */
	IPC_OPEN,  /* from boot. id; text: path below FOLDER_IMAGES that leads
	              out of it by a symbolic link */

	/* state to its readers (dhcp, boot, admin) */
	IPC_CATALOGUE, /* number: generation; fd: sealed memfd */

	/* dhcp and boot to state; state to admin */
	IPC_EVENT, /* body: struct event (boot/event.h) */
	IPC_HOST,  /* dhcp and boot to state. body: struct host */

	/* dhcp and state.  On every new channel state first sends all leases,
	 * then IPC_LEASES_END. */
	IPC_LEASE,      /* id; body: struct lease (boot/lease.h) */
	IPC_LEASES_END, /* that was all */
	IPC_LEASE_KEPT, /* to dhcp. id: the lease is on disk */

	/* admin and state */
	IPC_LOADER_IMPORT, /* id; text: file name; fd: its content */
	IPC_ASK,           /* id; text: what ("leases", "hosts", "events") */
	IPC_ANSWER,        /* to admin. id; body: JSON text, in pieces;
	                      number: 1 while more follows */
	IPC_DONE,          /* to admin. id; number: errno or 0; text: why */

	IPC_KINDS,
};

struct ipc {
	enum ipc_kind kind;
	uint64_t id;      /* ties an answer to its question; else 0 */
	uint64_t number;  /* as the kind says */
	struct span text; /* as the kind says; borrowed */
	struct span body; /* as the kind says; borrowed */
};

/* "keeper", "state", ...: what logs, titles and command lines call it. */
const char *role_name(enum role role);

/* The role that is called `name`, or ROLE_COUNT. */
enum role role_named(const char *name);

/* Put `m` on the wire; the writer's fault says when it is too large. */
void ipc_put(struct writer *w, const struct ipc *m);

/*
 * Parse a message that `from` sent to `to`, with or without a descriptor.
 * NULL, or why it is refused.  `out` borrows from `bytes`.
 */
MUST_USE const char *ipc_parse(struct span bytes, enum role from, enum role to,
    bool with_fd, struct ipc *out);

#endif
