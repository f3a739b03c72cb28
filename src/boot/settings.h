/*
 * settings.h - what the configuration says, as keeper hands it to each role.
 *
 * Plain values; proc/config.c fills them from YAML and the command line,
 * settings_encode/_decode carry them through a memfd.  All texts are
 * NUL-terminated and live as long as the arena they were made in; "" or 0
 * where nothing was set, unless the field says otherwise.
 */
#ifndef HOBNAIL_BOOT_SETTINGS_H
#define HOBNAIL_BOOT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/strbuf.h"

enum dhcp_mode {
	DHCP_MODE_PROXY,  /* beside another DHCP server (the default) */
	DHCP_MODE_SERVER, /* we hand out the addresses */
	DHCP_MODE_OFF,    /* another DHCP server names our loader */
};

/* Which loader a UEFI machine gets. */
enum loader_choice {
	LOADER_DEFAULT, /* as `loader` of the settings says */
	LOADER_SNP,     /* snponly.efi: the firmware's own network driver */
	LOADER_ALL,     /* ipxe.efi: iPXE's drivers */
};

/* The ports that clients ask. */
enum settings_port { PORT_HTTP, PORT_TFTP, PORT_DHCP, PORT_PXE };

/* A network interface that is served. */
struct settings_interface {
	const char *name;
	uint32_t index; /* as the kernel counts them */
	uint32_t ip;    /* our address on it */
	uint8_t prefix; /* 0..32 */
	struct mac mac;
};

/* A machine that the configuration names. */
struct settings_host {
	struct mac mac;
	uint32_t ip; /* reserved address, or 0 */
	enum loader_choice loader;
	const char *name;  /* host name, or "" */
	const char *image; /* ID of what its menu starts by itself, or "" */
};

/* What the configuration says of one image, over what was recognised. */
struct settings_image {
	const char *id;
	const char *title;
	const char *kernel;  /* path inside the image */
	const char *initrd;  /* path inside the image */
	const char *cmdline; /* kernel command line */
};

struct settings {
	enum dhcp_mode dhcp;
	enum loader_choice loader; /* for UEFI; not LOADER_DEFAULT */
	uint16_t http_port, tftp_port, dhcp_port, pxe_port;

	uint32_t range_first, range_last; /* DHCP server: pool; 0: none */
	uint32_t lease_seconds;
	uint32_t router; /* or 0 */
	uint32_t dns[3]; /* 0 where fewer */
	const char *domain;

	const char *menu_default;  /* ID, "disk" or "": wait */
	uint32_t menu_timeout;     /* seconds; 0: wait for ever */
	uint32_t tftp_blksize_max; /* bytes; 0: as the link's MTU allows */
	uint32_t rescan_seconds;   /* for network file systems; 0: never */
	uint32_t threads;          /* event loops of the boot role */
	uint32_t ports_off;        /* 1 << PORT_..: it could not be had */

	struct settings_interface *interfaces;
	size_t interface_count;
	struct settings_host *hosts;
	size_t host_count;
	struct settings_image *images;
	size_t image_count;
};

/* Every key at its default, no interface. */
struct settings settings_default(void);

void settings_encode(const struct settings *s, struct strbuf *out);

/* NULL, or why the bytes are none.  `out` lives in `a`. */
MUST_USE const char *settings_decode(
    struct arena *a, const void *bytes, size_t len, struct settings *out);

/* The interface with this index, or NULL. */
const struct settings_interface *settings_interface(
    const struct settings *s, uint32_t index);

/* What the configuration says of this machine, or NULL. */
const struct settings_host *settings_host(
    const struct settings *s, struct mac mac);

#endif
