#include "boot/foreign_dhcp.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

/*
 * In the texts below @IP@ is our address, @HTTP@ the URL of our HTTP server
 * and @UEFI@ the loader for x86-64 UEFI.  Architecture numbers are those of
 * option 93; real x86-64 firmware sends 7 or 9.
 */
static const char dnsmasq[] =
    "dhcp-userclass=set:ipxe,iPXE\n"
    "dhcp-match=set:bios,option:client-arch,0\n"
    "dhcp-match=set:uefi,option:client-arch,7\n"
    "dhcp-match=set:uefi,option:client-arch,9\n"
    "dhcp-match=set:arm64,option:client-arch,11\n"
    "dhcp-match=set:http-uefi,option:client-arch,16\n"
    "dhcp-match=set:http-arm64,option:client-arch,19\n"
    "dhcp-boot=tag:bios,tag:!ipxe,undionly.kpxe,,@IP@\n"
    "dhcp-boot=tag:uefi,tag:!ipxe,@UEFI@,,@IP@\n"
    "dhcp-boot=tag:arm64,tag:!ipxe,ipxe-arm64.efi,,@IP@\n"
    "dhcp-boot=tag:http-uefi,tag:!ipxe,@HTTP@/@UEFI@\n"
    "dhcp-boot=tag:http-arm64,tag:!ipxe,@HTTP@/ipxe-arm64.efi\n"
    "dhcp-option-force=tag:http-uefi,tag:!ipxe,60,HTTPClient\n"
    "dhcp-option-force=tag:http-arm64,tag:!ipxe,60,HTTPClient\n"
    "dhcp-boot=tag:ipxe,@HTTP@/boot.ipxe\n";

static const char isc[] =
    "option hobnail-arch code 93 = unsigned integer 16;\n"
    "if exists user-class and option user-class = \"iPXE\" {\n"
    "\tfilename \"@HTTP@/boot.ipxe\";\n"
    "} elsif option hobnail-arch = 16 {\n"
    "\toption vendor-class-identifier \"HTTPClient\";\n"
    "\tfilename \"@HTTP@/@UEFI@\";\n"
    "} elsif option hobnail-arch = 19 {\n"
    "\toption vendor-class-identifier \"HTTPClient\";\n"
    "\tfilename \"@HTTP@/ipxe-arm64.efi\";\n"
    "} elsif option hobnail-arch = 7 or option hobnail-arch = 9 {\n"
    "\tnext-server @IP@;\n"
    "\tfilename \"@UEFI@\";\n"
    "} elsif option hobnail-arch = 11 {\n"
    "\tnext-server @IP@;\n"
    "\tfilename \"ipxe-arm64.efi\";\n"
    "} elsif option hobnail-arch = 0 {\n"
    "\tnext-server @IP@;\n"
    "\tfilename \"undionly.kpxe\";\n"
    "}\n";

static const char kea[] =
    "\"client-classes\": [\n"
    "  { \"name\": \"ipxe\",\n"
    "    \"test\": \"substring(option[77].hex,0,4) == 'iPXE'\",\n"
    "    \"boot-file-name\": \"@HTTP@/boot.ipxe\" },\n"
    "  { \"name\": \"http-uefi\",\n"
    "    \"test\": \"not member('ipxe') and option[93].hex == 0x0010\",\n"
    "    \"option-data\": [ { \"name\": \"vendor-class-identifier\",\n"
    "      \"data\": \"HTTPClient\", \"always-send\": true } ],\n"
    "    \"boot-file-name\": \"@HTTP@/@UEFI@\" },\n"
    "  { \"name\": \"http-arm64\",\n"
    "    \"test\": \"not member('ipxe') and option[93].hex == 0x0013\",\n"
    "    \"option-data\": [ { \"name\": \"vendor-class-identifier\",\n"
    "      \"data\": \"HTTPClient\", \"always-send\": true } ],\n"
    "    \"boot-file-name\": \"@HTTP@/ipxe-arm64.efi\" },\n"
    "  { \"name\": \"uefi\",\n"
    "    \"test\": \"not member('ipxe') and (option[93].hex == 0x0007 or "
    "option[93].hex == 0x0009)\",\n"
    "    \"next-server\": \"@IP@\",\n"
    "    \"boot-file-name\": \"@UEFI@\" },\n"
    "  { \"name\": \"arm64\",\n"
    "    \"test\": \"not member('ipxe') and option[93].hex == 0x000b\",\n"
    "    \"next-server\": \"@IP@\",\n"
    "    \"boot-file-name\": \"ipxe-arm64.efi\" },\n"
    "  { \"name\": \"bios\",\n"
    "    \"test\": \"not member('ipxe') and option[93].hex == 0x0000\",\n"
    "    \"next-server\": \"@IP@\",\n"
    "    \"boot-file-name\": \"undionly.kpxe\" }\n"
    "]\n";

static const char router[] =
    "TFTP server, next server, option 66:  @IP@\n"
    "Boot file, option 67, UEFI machines:  @UEFI@\n"
    "Boot file for old BIOS machines:      undionly.kpxe\n"
    "Boot file for arm64 UEFI machines:    ipxe-arm64.efi\n"
    "A router with room for one name can serve one of these kinds only, and\n"
    "BIOS machines would load it again and again, as iPXE cannot be told\n"
    "@HTTP@/boot.ipxe there; mode 'proxy' needs nothing of the router.\n";

static const struct {
	const char *name, *file, *text;
} kinds[FOREIGN_COUNT] = {
    [FOREIGN_DNSMASQ] = {"dnsmasq", "/etc/dnsmasq.d/hobnail.conf", dnsmasq},
    [FOREIGN_ISC] = {"ISC dhcpd", "/etc/dhcp/dhcpd.conf", isc},
    [FOREIGN_KEA] = {"Kea", "\"Dhcp4\" of /etc/kea/kea-dhcp4.conf", kea},
    [FOREIGN_ROUTER] = {"a router", "its DHCP settings", router},
};

const char *
foreign_dhcp_name(enum foreign_dhcp kind)
{
	return kinds[kind].name;
}

const char *
foreign_dhcp_file(enum foreign_dhcp kind)
{
	return kinds[kind].file;
}

static void
put_value(struct span name, const struct foreign_target *t, struct strbuf *out)
{
	char ip[IP4_TEXT_SIZE];

	if (span_is(name, "UEFI")) {
		strbuf_text(out, t->uefi);
		return;
	}
	if (span_is(name, "HTTP"))
		strbuf_text(out, "http://");
	strbuf_text(out, ip4_text(t->ip, ip));
	if (span_is(name, "HTTP") && t->http_port != 80)
		strbuf_printf(out, ":%u", (unsigned int)t->http_port);
}

void
foreign_dhcp_text(enum foreign_dhcp kind, const struct foreign_target *target,
    struct strbuf *out)
{
	struct span left = span_text(kinds[kind].text);

	while (left.len) {
		strbuf_span(out, span_cut(&left, '@'));
		if (left.len)
			put_value(span_cut(&left, '@'), target, out);
	}
	/* No DHCP option names a port for TFTP. */
	if (target->tftp_port != 69 && kind == FOREIGN_ROUTER)
		strbuf_printf(out,
		    "Firmware asks port 69 for TFTP; ours is %u: have port 69 "
		    "sent there, or\nset 'tftp_port: 69'.\n",
		    (unsigned int)target->tftp_port);
}
