#include "cmd/say_dhcp.h"

#include "base/strbuf.h"
#include "boot/foreign_dhcp.h"
#include "proc/say.h"

void
say_foreign_dhcp(const struct settings *s)
{
	struct foreign_target target = {.http_port = s->http_port,
	    .tftp_port = s->tftp_port,
	    .uefi = s->loader == LOADER_ALL ? "ipxe.efi" : "snponly.efi"};

	if (s->interface_count == 0)
		return; /* no address yet that could be named */
	target.ip = s->interfaces[0].ip;
	for (enum foreign_dhcp kind = 0; kind < FOREIGN_COUNT; kind++) {
		struct strbuf text = {0};

		foreign_dhcp_text(kind, &target, &text);
		say("\nfor %s, into %s:\n\n%s", foreign_dhcp_name(kind),
		    foreign_dhcp_file(kind), strbuf_cstr(&text));
		strbuf_clear(&text);
	}
}
