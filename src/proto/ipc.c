#include "proto/ipc.h"

#include "base/reader.h"
#include "base/text.h"

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_KEEPER] = "keeper",
    [ROLE_STATE] = "state",
    [ROLE_DHCP] = "dhcp",
    [ROLE_BOOT] = "boot",
    [ROLE_ADMIN] = "admin",
    [ROLE_IMAGE] = "image",
};

#define BIT(role) (1U << (role))
#define WORKERS                                                                \
	(BIT(ROLE_STATE) | BIT(ROLE_DHCP) | BIT(ROLE_BOOT) | BIT(ROLE_ADMIN) | \
	    BIT(ROLE_IMAGE))

enum ride { NO_FD, FD, FD_IF_ZERO };

/* Who may send what to whom. */
static const struct {
	unsigned int from, to; /* sets of BIT(role) */
	enum ride fd;
} rules[IPC_KINDS] = {
    [IPC_SETTINGS] = {BIT(ROLE_KEEPER), WORKERS, FD},
    [IPC_SOCKET] = {BIT(ROLE_KEEPER), WORKERS, FD},
    [IPC_FOLDER] = {BIT(ROLE_KEEPER), WORKERS, FD},
    [IPC_GO] = {BIT(ROLE_KEEPER), WORKERS, NO_FD},
    [IPC_PEER] = {BIT(ROLE_KEEPER), WORKERS, FD},
    [IPC_STOP] = {BIT(ROLE_KEEPER), WORKERS, NO_FD},
    [IPC_STATUS] = {BIT(ROLE_KEEPER), BIT(ROLE_ADMIN), NO_FD},
    [IPC_PROBED] = {BIT(ROLE_KEEPER), BIT(ROLE_STATE), FD_IF_ZERO},
    [IPC_OPENED] = {BIT(ROLE_KEEPER), BIT(ROLE_BOOT), FD_IF_ZERO},
    [IPC_READY] = {WORKERS, BIT(ROLE_KEEPER), NO_FD},
    [IPC_PROBE] = {BIT(ROLE_STATE), BIT(ROLE_KEEPER), NO_FD},
    [IPC_OPEN] = {BIT(ROLE_BOOT), BIT(ROLE_KEEPER), NO_FD},
    [IPC_CATALOGUE] = {BIT(ROLE_STATE),
        BIT(ROLE_DHCP) | BIT(ROLE_BOOT) | BIT(ROLE_ADMIN), FD},
    [IPC_EVENT] = {BIT(ROLE_DHCP) | BIT(ROLE_BOOT) | BIT(ROLE_STATE),
        BIT(ROLE_STATE) | BIT(ROLE_ADMIN), NO_FD},
    [IPC_HOST] = {BIT(ROLE_DHCP) | BIT(ROLE_BOOT), BIT(ROLE_STATE), NO_FD},
    [IPC_LEASE] = {BIT(ROLE_DHCP) | BIT(ROLE_STATE),
        BIT(ROLE_DHCP) | BIT(ROLE_STATE), NO_FD},
    [IPC_LEASES_END] = {BIT(ROLE_STATE), BIT(ROLE_DHCP), NO_FD},
    [IPC_LEASE_KEPT] = {BIT(ROLE_STATE), BIT(ROLE_DHCP), NO_FD},
    [IPC_LOADER_IMPORT] = {BIT(ROLE_ADMIN), BIT(ROLE_STATE), FD},
    [IPC_ASK] = {BIT(ROLE_ADMIN), BIT(ROLE_STATE), NO_FD},
    [IPC_ANSWER] = {BIT(ROLE_STATE), BIT(ROLE_ADMIN), NO_FD},
    [IPC_DONE] = {BIT(ROLE_STATE), BIT(ROLE_ADMIN), NO_FD},
};

const char *
role_name(enum role role)
{
	return role < ROLE_COUNT ? role_names[role] : "?";
}

enum role
role_named(const char *name)
{
	enum role role = ROLE_KEEPER;

	while (role < ROLE_COUNT && !streq(role_names[role], name))
		role++;
	return role;
}

void
ipc_put(struct writer *w, const struct ipc *m)
{
	writer_be16(w, (uint16_t)m->kind);
	writer_be64(w, m->id);
	writer_be64(w, m->number);
	writer_be16(w, (uint16_t)m->text.len);
	writer_span(w, m->text);
	writer_span(w, m->body);
	if (m->text.len > IPC_TEXT_MAX && !w->fault)
		w->fault = "text too long";
}

static bool
rides_well(enum ride ride, bool with_fd, uint64_t number)
{
	switch (ride) {
	case NO_FD:
		return !with_fd;
	case FD:
		return with_fd;
	case FD_IF_ZERO:
		return with_fd == (number == 0);
	}
	return false;
}

const char *
ipc_parse(struct span bytes, enum role from, enum role to, bool with_fd,
    struct ipc *out)
{
	struct reader r = reader_over(bytes.data, bytes.len);
	uint16_t kind = reader_be16(&r);
	struct ipc m = {.kind = (enum ipc_kind)kind};
	uint16_t text_len;

	m.id = reader_be64(&r);
	m.number = reader_be64(&r);
	text_len = reader_be16(&r);
	m.text = reader_span(&r, text_len);
	m.body = reader_span(&r, reader_left(&r));
	if (r.fault)
		return r.fault;
	if (kind >= IPC_KINDS)
		return "unknown kind of message";
	if (text_len > IPC_TEXT_MAX)
		return "text too long";
	if (!(rules[kind].from & BIT(from)) || !(rules[kind].to & BIT(to)))
		return "message from a role that may not send it";
	if (!rides_well(rules[kind].fd, with_fd, m.number))
		return "descriptor missing or not wanted";
	*out = m;
	return NULL;
}
