#include "check.h"

#include "base/addr.h"

TEST(hardware_addresses_parse_in_three_spellings)
{
	static const char *const good[] = {
	    "52:54:00:12:34:5f", "52-54-00-12-34-5F", "52540012345f"};
	char text[MAC_TEXT_SIZE];
	struct mac m = {{0}};

	for (size_t i = 0; i < 3; i++) {
		CHECK(!mac_parse(span_text(good[i]), &m));
		CHECK_TEXT(mac_text(m, '-', text), "52-54-00-12-34-5f");
		CHECK(mac_equal(mac_from_key(mac_key(m)), m));
	}
	CHECK(mac_key(m) == 0x52540012345f);
}

TEST(what_is_no_hardware_address_is_refused)
{
	static const char *const bad[] = {"", "52:54:00:12:34", "5254001234g6",
	    "52:54:00:12:34:5f:", "52.54.00.12.34.5f", "../../../../etc12"};
	struct mac m = {{0}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_TEXT(
		    mac_parse(span_text(bad[i]), &m), "not a hardware address");
}

TEST(ipv4_addresses_parse_strictly)
{
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256",
	    "1..3.4", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.0004", "1.2.3.4."};
	char text[IP4_TEXT_SIZE];
	uint32_t ip;

	CHECK(!ip4_parse(span_text("192.0.2.1"), &ip) && ip == 0xc0000201);
	CHECK_TEXT(ip4_text(ip, text), "192.0.2.1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_TEXT(
		    ip4_parse(span_text(bad[i]), &ip), "not an IPv4 address");
}
