#include "check.h"

#include "service/ledger.h"

#define IP 0xc0000205

/* What was told, as a line of words. */
struct told {
	struct strbuf text;
	size_t count;
};

static void
tell(void *owner, const struct event *e, bool needed)
{
	struct told *t = owner;

	t->count++;
	strbuf_printf(&t->text, "%s%s:%llu", t->text.len ? " " : "",
	    event_phase_name(e->phase), (unsigned long long)e->bytes);
	CHECK(needed == (e->phase != PHASE_PROGRESS));
}

static struct content
file(enum event_kind kind, const char *name)
{
	struct content c = {.fd = 0, .kind = kind, .size = 5000};

	(void)snprintf(c.file, sizeof(c.file), "%s", name);
	return c;
}

TEST(a_file_has_a_start_and_an_end)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content c = file(EVENT_KERNEL, "vmlinuz");
	struct transfer_note *n = ledger_begin(&l, &c, IP, false, 1000);

	ledger_moved(&l, n, 2000, 1100);
	ledger_moved(&l, n, 3000, 1200);
	ledger_ended(&l, n, true, 1200);
	CHECK_TEXT(t.text.data, "start:0 end:5000");
	CHECK(l.notes.count == 0);
	strbuf_clear(&t.text);
	ledger_clear(&l, 2000);
}

TEST(progress_is_told_once_a_second_at_most)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content c = file(EVENT_INITRD, "initrd");
	struct transfer_note *n = ledger_begin(&l, &c, IP, false, 0);

	for (uint64_t now = 1; now <= 2500; now++)
		ledger_moved(&l, n, 1, now);
	ledger_ended(&l, n, false, 2500);
	CHECK_TEXT(t.text.data, "start:0 progress:1000 progress:2000 cut:2500");
	strbuf_clear(&t.text);
	ledger_clear(&l, 2500);
}

TEST(thousands_of_ranges_of_an_image_are_one_transfer)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content c = file(EVENT_IMAGE, "a.iso");
	uint64_t now = 0;

	for (int i = 0; i < 5000; i++, now += 10) {
		struct transfer_note *n = ledger_begin(&l, &c, IP, true, now);

		ledger_moved(&l, n, 2048, now);
		ledger_ended(&l, n, true, now);
		(void)ledger_sweep(&l, now);
	}
	CHECK(t.count <= 51);
	CHECK(ledger_sweep(&l, now + 14000));
	CHECK(t.count <= 51);
	CHECK(!ledger_sweep(&l, now + 15000));
	CHECK(strstr(t.text.data, " end:10240000"));
	strbuf_clear(&t.text);
	ledger_clear(&l, now);
}

TEST(each_client_and_each_file_is_a_transfer_of_its_own)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content a = file(EVENT_IMAGE, "a.iso");
	struct content b = file(EVENT_IMAGE, "b.iso");

	CHECK(ledger_begin(&l, &a, IP, true, 0));
	CHECK(ledger_begin(&l, &b, IP, true, 0));
	CHECK(ledger_begin(&l, &a, IP + 1, true, 0));
	CHECK(ledger_begin(&l, &a, IP, true, 0));
	CHECK_TEXT(t.text.data, "start:0 start:0 start:0");
	strbuf_clear(&t.text);
	ledger_clear(&l, 0);
	CHECK_TEXT(t.text.data, "cut:0 cut:0 cut:0");
	strbuf_clear(&t.text);
}

TEST(a_text_is_one_event_and_what_is_none_is_not_told)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content text = {.fd = -1, .kind = EVENT_MENU, .size = 7};
	struct content none = {.fd = 0, .kind = EVENT_KINDS};

	CHECK(!ledger_begin(&l, &text, IP, false, 5));
	CHECK(!ledger_begin(&l, &none, IP, false, 5));
	CHECK_TEXT(t.text.data, "point:7");
	strbuf_clear(&t.text);
}

TEST(a_flood_of_nonsense_does_not_flood_the_timeline)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content lost = {.fd = -1, .kind = EVENT_REFUSED};

	for (uint64_t i = 0; i < 100000; i++)
		(void)ledger_begin(&l, &lost, IP, false, 1000 + i / 100);
	CHECK(t.count >= 500 && t.count <= 650);
	strbuf_clear(&t.text);
}

TEST(the_ledger_has_an_end)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content c = file(EVENT_IMAGE, "a.iso");
	size_t kept = 0;

	for (uint32_t ip = 1; ip <= 10000; ip++)
		kept += ledger_begin(&l, &c, ip, true, 0) != NULL;
	CHECK(kept == 8192);
	ledger_clear(&l, 0);
	CHECK(t.count == 2 * 8192);
	strbuf_clear(&t.text);
}

TEST(a_clock_that_seems_to_go_back_is_no_progress)
{
	struct told t = {0};
	struct ledger l = {.tell = tell, .owner = &t};
	struct content c = file(EVENT_IMAGE, "a.iso");
	struct transfer_note *n = ledger_begin(&l, &c, IP, true, 1000);

	ledger_moved(&l, n, 1, 999);
	ledger_ended(&l, n, true, 999);
	CHECK(ledger_sweep(&l, 998));
	CHECK(t.count == 1);
	strbuf_clear(&t.text);
	ledger_clear(&l, 999);
	strbuf_clear(&t.text);
}
