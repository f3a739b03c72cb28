/*
 * Any bytes as a DHCP packet: parsing never fails badly, and what is built in
 * answer parses back to the same values.
 */
#include <assert.h>

#include "proto/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The texts come from the packet too, so that every length is tried. */
static struct dhcp_answer
answer_to(const struct dhcp_packet *p, char text[256])
{
	struct span name = p->options[DHCP_OPTION_HOSTNAME];
	struct dhcp_answer a;

	dhcp_answer_start(&a, p, DHCP_ACK);
	for (size_t i = 0; i < name.len && i < 255; i++)
		text[i] = name.data[i] ? name.data[i] : ' ';
	a.domain = text;
	a.hostname = text;
	a.class = "PXEClient";
	a.use_filename = a.no_pxedhcp = true;
	a.yiaddr = p->address;
	a.server = p->server;
	a.lease = p->lease;
	a.dns[0] = p->ciaddr;
	for (size_t i = 0; text[i] && i + 1 < sizeof(a.boot_file); i++)
		a.boot_file[i] = text[i];
	for (size_t i = 0; text[i] && i + 1 < sizeof(a.boot_server); i++)
		a.boot_server[i] = text[i];
	return a;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_joined joined, joined_back;
	struct dhcp_packet p, back;
	struct dhcp_answer a;
	char text[256] = "";
	uint8_t buf[DHCP_PACKET_MAX];
	const char *fault;
	size_t len;

	if (dhcp_parse(data, size, &joined, &p))
		return 0;
	(void)dhcp_user_class_is(&p, "iPXE");
	(void)dhcp_ipxe_has(&p, DHCP_IPXE_HTTPS);
	a = answer_to(&p, text);
	len = dhcp_build(&a, buf);
	fault = dhcp_parse(buf, len, &joined_back, &back);
	assert(!fault && len >= 300);
	assert(back.type == DHCP_ACK && back.xid == p.xid);
	assert(back.yiaddr == p.address && back.server == p.server);
	assert(back.lease == p.lease && mac_equal(back.mac, p.mac));
	assert(!back.options[DHCP_OPTION_RELAY].data ||
	       span_equal(back.options[DHCP_OPTION_RELAY],
	           p.options[DHCP_OPTION_RELAY]));
	return 0;
}
