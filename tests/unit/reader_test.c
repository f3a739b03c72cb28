#include "check.h"

#include "base/reader.h"
#include "base/writer.h"

TEST(a_step_past_the_end_empties_the_reader_and_keeps_the_first_fault)
{
	struct reader r = reader_over("\1\2\3", 3);

	CHECK(reader_be16(&r) == 0x0102);
	CHECK(reader_be16(&r) == 0);
	CHECK_TEXT(r.fault, "packet ends inside a field");
	reader_fail(&r, "later");
	CHECK_TEXT(r.fault, "packet ends inside a field");
	CHECK(reader_u8(&r) == 0 && reader_left(&r) == 0);
}

TEST(integers_come_in_both_byte_orders)
{
	struct reader r = reader_over("\1\2\3\4\1\2\3\4\0\0\0\0\0\0\1\0", 16);

	CHECK(reader_be32(&r) == 0x01020304);
	CHECK(reader_le32(&r) == 0x04030201);
	CHECK(reader_be64(&r) == 0x100);
	CHECK(!r.fault && reader_left(&r) == 0);
}

TEST(text_without_its_nul_is_a_fault)
{
	struct reader r = reader_over("ab\0cd", 5);

	CHECK_TEXT(reader_string(&r), "ab");
	CHECK_TEXT(reader_string(&r), "");
	CHECK_TEXT(r.fault, "text without its final NUL");
}

TEST(a_reader_over_nothing_yields_zero)
{
	struct reader r = reader_over(NULL, 0);

	CHECK(reader_u8(&r) == 0 && r.fault);
}

TEST(a_copy_that_does_not_fit_is_all_zero)
{
	struct reader r = reader_over("\1\2", 2);
	uint8_t to[3] = {9, 9, 9};

	reader_copy(&r, to, 3);
	CHECK(to[0] == 0 && to[1] == 0 && to[2] == 0);
}

TEST(a_writer_writes_nothing_after_the_first_step_that_does_not_fit)
{
	uint8_t buf[4] = {0};
	struct writer w = writer_over(buf, 3);

	writer_be16(&w, 0x0102);
	writer_be32(&w, 1);
	writer_u8(&w, 7);
	CHECK(w.fault && writer_len(&w) == 2 && writer_left(&w) == 0);
	CHECK(buf[0] == 1 && buf[1] == 2 && buf[2] == 0 && buf[3] == 0);
}

TEST(what_is_written_is_read_back)
{
	uint8_t buf[32];
	struct writer w = writer_over(buf, sizeof(buf));
	struct reader r;

	writer_be64(&w, UINT64_MAX - 1);
	writer_le32(&w, 77);
	writer_le64(&w, 1ULL << 40);
	writer_string(&w, "x");
	r = reader_over(buf, writer_len(&w));
	CHECK(reader_be64(&r) == UINT64_MAX - 1);
	CHECK(reader_le32(&r) == 77);
	CHECK(reader_le64(&r) == 1ULL << 40);
	CHECK_TEXT(reader_string(&r), "x");
	CHECK(!r.fault && !w.fault);
}
