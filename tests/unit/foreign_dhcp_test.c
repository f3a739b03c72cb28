#include "check.h"

#include "boot/foreign_dhcp.h"

static const struct foreign_target ours = {.ip = 0xc0000201,
    .http_port = 8080,
    .tftp_port = 69,
    .uefi = "snponly.efi"};

TEST(every_kind_names_script_and_loader_of_each_architecture)
{
	static const char *const wanted[] = {"http://192.0.2.1:8080/boot.ipxe",
	    "undionly.kpxe", "snponly.efi", "ipxe-arm64.efi", "192.0.2.1"};

	for (int kind = 0; kind < FOREIGN_COUNT; kind++) {
		struct strbuf text = {0};

		foreign_dhcp_text((enum foreign_dhcp)kind, &ours, &text);
		for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
			CHECK(strstr(strbuf_cstr(&text), wanted[i]));
		CHECK(!strchr(strbuf_cstr(&text), '@'));
		CHECK(foreign_dhcp_name((enum foreign_dhcp)kind));
		CHECK(foreign_dhcp_file((enum foreign_dhcp)kind));
		strbuf_clear(&text);
	}
}

TEST(a_url_is_without_port_80)
{
	struct foreign_target t = ours;
	struct strbuf text = {0};

	t.http_port = 80;
	foreign_dhcp_text(FOREIGN_DNSMASQ, &t, &text);
	CHECK(strstr(strbuf_cstr(&text), "http://192.0.2.1/boot.ipxe"));
	strbuf_clear(&text);
}

TEST(an_unusual_tftp_port_is_pointed_out)
{
	struct foreign_target t = ours;
	struct strbuf text = {0};

	t.tftp_port = 6969;
	foreign_dhcp_text(FOREIGN_ROUTER, &t, &text);
	CHECK(strstr(strbuf_cstr(&text), "ours is 6969"));
	strbuf_clear(&text);
}
