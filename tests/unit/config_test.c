#include "check.h"

#include "base/addr.h"
#include "proc/config.h"
#include "proc/config_text.h"

/* Read `text` as the file "f"; the faults go to `errors`. */
static bool
read_text(struct config *c, const char *text, struct strbuf *errors)
{
	config_init(c);
	return config_read(c, "f", span_text(text), errors);
}

static void
refuse(const char *text, const char *want)
{
	struct strbuf errors = {0};
	struct config c;

	CHECK(!read_text(&c, text, &errors));
	CHECK_TEXT(strbuf_cstr(&errors), want);
	config_clear(&c);
	strbuf_clear(&errors);
}

TEST(every_key_of_the_documented_file_is_taken)
{
	struct strbuf errors = {0};
	struct config c;
	const struct settings *s = &c.settings;

	CHECK(read_text(&c,
	    "images: /srv/iso\n"
	    "interfaces: [eth0, eth1]\n"
	    "address: 192.0.2.1\n"
	    "http_port: 8080\n"
	    "tftp_port: 6969\n"
	    "dhcp:\n"
	    "  mode: server\n"
	    "  port: 6767\n"
	    "  pxe_port: 4012\n"
	    "  range: 192.0.2.100-192.0.2.200\n"
	    "  lease: 600\n"
	    "  router: 192.0.2.254\n"
	    "  dns: [192.0.2.53, 192.0.2.54]\n"
	    "  domain: example.net\n"
	    "loader: ipxe\n"
	    "menu:\n"
	    "  default: disk\n"
	    "  timeout: 20\n"
	    "tftp_blksize_max: 1024\n"
	    "rescan: 60\n"
	    "threads: 3\n"
	    "hosts:\n"
	    "  - mac: 52:54:00:12:34:56\n"
	    "    ip: 192.0.2.10\n"
	    "    name: bench-1\n"
	    "    loader: snponly\n"
	    "    image: debian-13\n"
	    "  - mac: 52-54-00-12-34-57\n"
	    "image_overrides:\n"
	    "  - id: my-linux\n"
	    "    title: My Linux\n"
	    "    kernel: boot/vmlinuz\n"
	    "    initrd: boot/initrd\n"
	    "    cmdline: quiet root=/dev/ram0\n",
	    &errors));
	CHECK_TEXT(c.images, "/srv/iso");
	CHECK(c.interface_count == 2);
	CHECK_TEXT(c.interfaces[1], "eth1");
	CHECK(c.address == 0xc0000201);
	CHECK(s->http_port == 8080 && s->tftp_port == 6969);
	CHECK(c.http_port_said && c.tftp_port_said && c.dhcp_mode_said);
	CHECK(s->dhcp == DHCP_MODE_SERVER);
	CHECK(s->dhcp_port == 6767 && s->pxe_port == 4012);
	CHECK(s->range_first == 0xc0000264 && s->range_last == 0xc00002c8);
	CHECK(s->lease_seconds == 600 && s->router == 0xc00002fe);
	CHECK(s->dns[0] == 0xc0000235 && s->dns[1] == 0xc0000236);
	CHECK(s->dns[2] == 0);
	CHECK_TEXT(s->domain, "example.net");
	CHECK(s->loader == LOADER_ALL);
	CHECK_TEXT(s->menu_default, "disk");
	CHECK(s->menu_timeout == 20 && s->tftp_blksize_max == 1024);
	CHECK(s->rescan_seconds == 60 && s->threads == 3);
	CHECK(s->host_count == 2);
	CHECK(mac_key(s->hosts[0].mac) == 0x525400123456);
	CHECK(s->hosts[0].ip == 0xc000020a);
	CHECK(s->hosts[0].loader == LOADER_SNP);
	CHECK_TEXT(s->hosts[0].name, "bench-1");
	CHECK_TEXT(s->hosts[0].image, "debian-13");
	CHECK(s->hosts[1].loader == LOADER_DEFAULT && s->hosts[1].ip == 0);
	CHECK_TEXT(s->hosts[1].name, "");
	CHECK(s->image_count == 1);
	CHECK_TEXT(s->images[0].title, "My Linux");
	CHECK_TEXT(s->images[0].cmdline, "quiet root=/dev/ram0");
	CHECK(!config_check(&c));
	config_clear(&c);
}

TEST(an_empty_file_is_the_defaults)
{
	static const char *const texts[] = {"", "\n", "# nothing\n"};
	struct strbuf errors = {0};
	struct config c;

	for (size_t i = 0; i < 3; i++) {
		CHECK(read_text(&c, texts[i], &errors));
		CHECK(!c.images && !c.interfaces && !c.http_port_said);
		CHECK(c.settings.http_port == 80);
		CHECK(!config_check(&c));
		config_clear(&c);
	}
	CHECK_TEXT(strbuf_cstr(&errors), "");
}

TEST(a_fault_names_its_line_and_what_is_allowed)
{
	refuse("images: /srv\nhtpp_port: 80\n",
	    "f:2: unknown key 'htpp_port' (did you mean 'http_port'?)\n");
	refuse("menu:\n  default: disk\n  colour: red\n",
	    "f:3: unknown key 'colour' (allowed here: default, timeout)\n");
	refuse("hosts:\n  - mac: 52:54:00:12:34:56\n    ipp: 1.2.3.4\n",
	    "f:3: unknown key 'ipp' (did you mean 'ip'?)\n");
	refuse("hosts:\n  - ip: 1.2.3.4\n",
	    "f:2: an entry of 'hosts' needs the key 'mac'\n");
	refuse(
	    "images: a\nimages: b\n", "f:2: key 'images' stands there twice\n");
	refuse("# ports\nhttp_port: 65536\n",
	    "f:2: http_port: '65536' is not allowed; it must be a port: a "
	    "number from 1 to 65535\n");
	refuse("dhcp:\n  mode: proxi\n",
	    "f:2: dhcp.mode: 'proxi' is not allowed; it must be proxy (beside "
	    "another DHCP server), server or off\n");
	refuse("dhcp:\n  range: 192.0.2.9-192.0.2.1\n",
	    "f:2: dhcp.range: '192.0.2.9-192.0.2.1' is not allowed; it must "
	    "be two IPv4 addresses, FIRST-LAST, like "
	    "192.0.2.100-192.0.2.200 (65536 at most)\n");
	refuse("hosts:\n- mac: 52:54:00:12:34:56\n- mac: 52:54\n",
	    "f:3: hosts.mac: '52:54' is not allowed; it must be a hardware "
	    "address like 52:54:00:12:34:56\n");
	refuse("hosts:\n- mac: 52:54:00:12:34:56\n- mac: 525400123456\n",
	    "f:3: hosts.mac: '525400123456' is not allowed; it must be "
	    "another one in each entry\n");
	refuse("address: 192.0.2.256\n",
	    "f:1: address: '192.0.2.256' is not allowed; it must be an IPv4 "
	    "address like 192.0.2.1\n");
}

TEST(all_wrong_values_are_said_at_once)
{
	refuse("threads: 65\ntftp_blksize_max: 8\n",
	    "f:2: tftp_blksize_max: '8' is not allowed; it must be a number "
	    "of bytes from 512 to 65464\n"
	    "f:1: threads: '65' is not allowed; it must be a number of "
	    "threads from 1 to 64, or 0: one per CPU\n");
}

TEST(a_text_that_is_no_yaml_is_refused)
{
	static const char *const texts[] = {
	    "images: [a]\n", "- a\n", "dhcp: x\n", "images: \"x\n", "images"};
	struct strbuf errors = {0};
	struct config c;

	for (size_t i = 0; i < 5; i++) {
		CHECK(!read_text(&c, texts[i], &errors));
		CHECK(span_starts(strbuf_view(&errors), "f:1: ") ||
		      span_starts(strbuf_view(&errors), "f:2: "));
		strbuf_clear(&errors);
		config_clear(&c);
	}
}

TEST(a_wrong_kind_of_node_is_told_in_words)
{
	refuse("rescan: 1\ndhcp: proxy\n",
	    "f:2: 'dhcp' must be a group of keys, 'KEY: VALUE'\n");
	refuse(
	    "dhcp:\n  mode: [off]\n", "f:2: 'mode' must be a single value\n");
	refuse("interfaces: eth0\n",
	    "f:1: 'interfaces' must be a list: [A, B], or lines of '- A'\n");
	refuse("hosts:\n  - bench-1\n",
	    "f:2: an entry of 'hosts' must be a group of keys, 'KEY: "
	    "VALUE'\n");
	refuse("- images\n",
	    "f:1: the configuration must be a group of keys, 'KEY: VALUE'\n");
	refuse("dhcp:\n\tmode: off\n",
	    "f:2: a tab; YAML is indented with blanks\n");
}

TEST(hostile_text_in_a_fault_is_escaped)
{
	refuse("\"\\e[31m\": 1\n",
	    "f:1: unknown key '\\x1b[31m' (allowed here: images, interfaces, "
	    "address, http_port, tftp_port, dhcp, loader, menu, "
	    "tftp_blksize_max, rescan, threads, hosts, image_overrides)\n");
}

TEST(a_line_is_found_by_section_entry_and_key)
{
	struct span text = span_text("# a file\n"
	                             "menu: {default: disk}\n"
	                             "hosts:\n"
	                             "\n"
	                             "  - ip: 1\n"
	                             "    mac: 2\n"
	                             "  - mac: 3 # mac: 4\n"
	                             "    image: x\n"
	                             "threads: 1\n");

	CHECK(config_text_line(text, NULL, 0, "threads") == 9);
	CHECK(config_text_line(text, "menu", 0, "default") == 2);
	CHECK(config_text_line(text, "hosts", 0, "mac") == 6);
	CHECK(config_text_line(text, "hosts", 1, "mac") == 7);
	CHECK(config_text_line(text, "hosts", 1, "image") == 8);
	CHECK(config_text_line(text, "hosts", 1, "ip") == 7);
	CHECK(config_text_line(text, "nothing", 0, "ip") == 1);
}

TEST(the_command_line_sets_the_same_keys)
{
	struct config c;

	config_init(&c);
	CHECK(!config_set(&c, "dhcp.mode", "server"));
	CHECK(c.settings.dhcp == DHCP_MODE_SERVER && c.dhcp_mode_said);
	CHECK(config_check(&c) != NULL);
	CHECK(!config_set(&c, "dhcp.range", "10.0.0.1-10.0.0.9"));
	CHECK(!config_check(&c));
	CHECK(!config_set(&c, "http_port", "81") && c.settings.http_port == 81);
	CHECK(config_set(&c, "http_port", "0") != NULL);
	CHECK(config_set(&c, "port", "1") != NULL);
	CHECK(config_set(&c, "dhcp.http_port", "1") != NULL);
	CHECK(c.settings.http_port == 81);
	config_clear(&c);
}
