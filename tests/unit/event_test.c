#include "check.h"

#include "boot/event.h"

static const struct event one = {
    .seq = 1,
    .time = 2,
    .kind = EVENT_KERNEL,
    .phase = PHASE_CUT,
    .mac = {{2, 0, 0, 0, 0, 9}},
    .ip = 3,
    .bytes = 1ULL << 35,
    .total = 1ULL << 36,
    .duration_ms = 4,
    .image = {"debian", 6},
    .file = {"a\0b", 3},
};

TEST(an_event_comes_back_as_it_went)
{
	struct strbuf bytes = {0};
	struct event got;

	event_encode(&one, &bytes);
	CHECK(!event_decode(bytes.data, bytes.len, &got));
	CHECK(got.seq == 1 && got.time == 2 && got.kind == EVENT_KERNEL);
	CHECK(got.phase == PHASE_CUT && mac_equal(got.mac, one.mac));
	CHECK(got.ip == 3 && got.bytes == one.bytes && got.total == one.total);
	CHECK(got.duration_ms == 4 && span_is(got.image, "debian"));
	CHECK(span_equal(got.file, one.file) && got.note.len == 0);
	strbuf_clear(&bytes);
}

TEST(an_event_cut_anywhere_or_too_long_is_refused)
{
	struct strbuf bytes = {0};
	struct event got;

	event_encode(&one, &bytes);
	for (size_t len = 0; len < bytes.len; len++)
		CHECK(event_decode(bytes.data, len, &got));
	strbuf_char(&bytes, 0);
	CHECK_TEXT(
	    event_decode(bytes.data, bytes.len, &got), "bytes behind the end");
	strbuf_clear(&bytes);
}

TEST(an_event_of_no_kind_is_refused)
{
	struct strbuf bytes = {0};
	struct event got;

	event_encode(&one, &bytes);
	bytes.data[16] = EVENT_KINDS;
	CHECK_TEXT(
	    event_decode(bytes.data, bytes.len, &got), "value out of range");
	strbuf_clear(&bytes);
}

TEST(a_very_long_note_is_cut_when_it_is_written)
{
	static char note[5000];
	struct event long_note = {.note = {note, sizeof(note)}}, got;
	struct strbuf bytes = {0};

	event_encode(&long_note, &bytes);
	CHECK(!event_decode(bytes.data, bytes.len, &got));
	CHECK(got.note.len == 4096);
	strbuf_clear(&bytes);
}

TEST(every_kind_and_phase_has_a_name)
{
	for (unsigned int i = 0; i < EVENT_KINDS; i++)
		CHECK(event_kind_name((enum event_kind)i) != NULL);
	for (unsigned int i = 0; i < PHASE_COUNT; i++)
		CHECK(event_phase_name((enum event_phase)i) != NULL);
	CHECK_TEXT(event_kind_name(EVENT_REFUSED), "refused");
	CHECK_TEXT(event_phase_name(PHASE_PROGRESS), "progress");
}
