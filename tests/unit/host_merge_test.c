#include "check.h"

#include "boot/host_merge.h"

TEST(a_machine_that_shows_up_first_is_news)
{
	struct host known = {0};
	struct host news = {.mac = {{1, 2, 3, 4, 5, 6}}, .arch = ARCH_X86_64};

	CHECK(host_merge(&known, &news, 100));
	CHECK(mac_equal(known.mac, news.mac));
	CHECK(known.first_seen == 100 && known.last_seen == 100);
	CHECK(known.arch == ARCH_X86_64);
}

TEST(what_the_news_does_not_know_stays)
{
	struct host known = {.first_seen = 5,
	    .last_seen = 6,
	    .uuid = {9},
	    .firmware = FIRMWARE_UEFI,
	    .arch = ARCH_ARM64,
	    .ip = 77};
	struct host news = {0};

	CHECK(!host_merge(&known, &news, 8));
	CHECK(known.uuid[0] == 9 && known.firmware == FIRMWARE_UEFI);
	CHECK(known.arch == ARCH_ARM64 && known.ip == 77);
	CHECK(known.first_seen == 5 && known.last_seen == 8);
}

TEST(each_thing_that_changed_is_news)
{
	struct host known = {.first_seen = 5, .last_seen = 6};

	CHECK(host_merge(&known, &(struct host){.ip = 1}, 7));
	CHECK(host_merge(&known, &(struct host){.uuid = {[15] = 1}}, 7));
	CHECK(host_merge(&known, &(struct host){.arch = ARCH_I386}, 7));
	CHECK(host_merge(&known, &(struct host){.firmware = FIRMWARE_BIOS}, 7));
	CHECK(!host_merge(&known, &(struct host){.ip = 1}, 7));
}

TEST(a_clock_that_goes_back_does_not_take_last_seen_with_it)
{
	struct host known = {.first_seen = 5, .last_seen = 60};

	CHECK(!host_merge(&known, &(struct host){0}, 7));
	CHECK(known.last_seen == 60);
}
