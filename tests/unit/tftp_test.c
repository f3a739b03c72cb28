#include "check.h"

#include "proto/tftp.h"

#define MTU_BLKSIZE 1468

static uint32_t
chance(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 16 & 0xff;
}

TEST(an_ack_that_comes_after_the_timeout_counts)
{
	struct tftp_request req = {.file = "f"};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, 600, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	CHECK(!tftp_transfer_expire(&t, 1000));
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\1", 4, 1001));
	CHECK(tftp_transfer_send(&t, &d, 1001));
	CHECK(d.offset == 512 && d.length == 88);
}

TEST(options_are_answered_with_what_will_be_done)
{
	static const char want[] = "\0\6blksize\0001468\0timeout\0003\0"
	                           "tsize\000600\0windowsize\00016";
	struct tftp_request req = {.file = "f",
	    .blksize = 9000,
	    .windowsize = 16,
	    .timeout = 3,
	    .tsize = true};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, 600, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	CHECK(d.length == 0 && d.head_len == sizeof(want));
	CHECK(memcmp(d.head, want, sizeof(want)) == 0);
	CHECK(!tftp_transfer_send(&t, &d, 0));
}

TEST(the_longest_oack_fits)
{
	struct tftp_request req = {.blksize = TFTP_BLKSIZE_MAX,
	    .windowsize = 65535,
	    .timeout = 255,
	    .tsize = true};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, UINT64_MAX, TFTP_BLKSIZE_MAX, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
}

TEST(a_duplicate_ack_is_never_answered)
{
	struct tftp_request req = {.file = "f"};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, 5000, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\1", 4, 1));
	CHECK(tftp_transfer_send(&t, &d, 1));
	for (int i = 0; i < 3; i++) {
		CHECK(!tftp_transfer_receive(&t, "\0\4\0\1", 4, 2));
		CHECK(!tftp_transfer_send(&t, &d, 2));
	}
}

TEST(an_ack_of_a_block_never_sent_changes_nothing)
{
	struct tftp_request req = {.file = "f", .windowsize = 4};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, 50000, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\0", 4, 1));
	while (tftp_transfer_send(&t, &d, 1))
		;
	CHECK(t.base == 1 && t.sent == 5);
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\5", 4, 2));
	CHECK(!tftp_transfer_receive(&t, "\0\4\xff\xff", 4, 2));
	CHECK(t.base == 1);
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\2", 4, 2));
	CHECK(t.base == 3 && t.next == 3);
}

TEST(a_file_that_fills_its_last_block_ends_with_an_empty_one)
{
	static const struct {
		uint64_t size, last, length;
	} cases[] = {{0, 1, 0}, {511, 1, 511}, {512, 2, 0}, {1025, 3, 1}};

	for (size_t i = 0; i < 4; i++) {
		struct tftp_request req = {.windowsize = 9};
		struct tftp_transfer t;
		struct tftp_datagram d;

		tftp_transfer_start(&t, &req, cases[i].size, MTU_BLKSIZE, 0);
		CHECK(tftp_transfer_send(&t, &d, 0));
		CHECK(!tftp_transfer_receive(&t, "\0\4\0\0", 4, 1));
		while (tftp_transfer_send(&t, &d, 1))
			;
		CHECK(t.last == cases[i].last && d.length == cases[i].length);
		CHECK(tftp_transfer_delivered(&t) && !tftp_transfer_done(&t));
	}
}

TEST(who_never_answers_gets_five_datagrams_and_no_more)
{
	struct tftp_request req = {.file = "f", .blksize = 1468};
	struct tftp_transfer t;
	struct tftp_datagram d;
	const char *fault = NULL;
	uint64_t now = 0;
	int count = 0;

	tftp_transfer_start(&t, &req, 100000, MTU_BLKSIZE, 0);
	while (!fault) {
		while (tftp_transfer_send(&t, &d, now))
			count++;
		now = t.deadline;
		fault = tftp_transfer_expire(&t, now);
	}
	CHECK_TEXT(fault, "client stopped acknowledging");
	CHECK(count == 5);
	CHECK(now < 5000);
}

TEST(the_wait_follows_the_measured_round_trip)
{
	struct tftp_request req = {.file = "f"};
	struct tftp_transfer t;
	struct tftp_datagram d;
	uint64_t now = 0;

	tftp_transfer_start(&t, &req, 100 << 20, MTU_BLKSIZE, 0);
	for (unsigned int block = 1; block < 200; block++) {
		uint8_t ack[4] = {0, 4, (uint8_t)(block >> 8), (uint8_t)block};

		CHECK(tftp_transfer_send(&t, &d, now));
		CHECK(block < 100 ? t.deadline > now + 10 : true);
		now += block < 100 ? 1 : block / 2;
		CHECK(now < t.deadline || block == 100);
		CHECK(!tftp_transfer_receive(&t, ack, 4, now));
	}
	CHECK(tftp_transfer_send(&t, &d, now));
	CHECK(t.deadline > now + 90 && t.deadline <= now + 400);
}

TEST(after_a_round_the_client_has_time_for_its_own_timer)
{
	struct tftp_request req = {.blksize = 1468, .timeout = 9};
	struct tftp_transfer t;
	struct tftp_datagram d;
	uint64_t now = 0, longest = 0;
	unsigned int count = 0, pauses = 0;

	tftp_transfer_start(&t, &req, 100000, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\0", 4, 1));
	for (const char *fault = NULL; !fault; count++) {
		CHECK(tftp_transfer_send(&t, &d, now));
		longest =
		    t.deadline - now > longest ? t.deadline - now : longest;
		pauses += t.deadline - now > 9000;
		now = t.deadline;
		fault = tftp_transfer_expire(&t, now);
	}
	CHECK(count == 80 && pauses == 5 && longest == 10000);
}

/* A client at the far end of a link that loses datagrams; time is counted,
 * not spent. */
struct link {
	uint32_t random;
	uint32_t loss;       /* of 256, each way */
	uint32_t twice;      /* of 256: a datagram that arrives twice */
	uint64_t now;        /* ms */
	uint64_t trip;       /* ms, one way */
	uint64_t want;       /* next block that the client waits for */
	uint64_t in_window;  /* blocks since its last acknowledgement */
	uint64_t received;   /* bytes */
	uint64_t sent;       /* datagrams that the server sent */
	bool gap;            /* it has reported the gap before it */
	bool silent_at_last; /* it does not acknowledge the last block */
};

static bool
lost(struct link *l)
{
	return chance(&l->random) < l->loss;
}

static const char *
client_says(struct link *l, struct tftp_transfer *t, uint64_t block)
{
	uint8_t ack[4] = {0, 4, (uint8_t)(block >> 8), (uint8_t)block};

	l->in_window = 0;
	if (lost(l))
		return NULL;
	return tftp_transfer_receive(t, ack, sizeof(ack), l->now + l->trip);
}

/* RFC 7440 section 4: acknowledge each window's end, and the last good block
 * when one is missing. */
static void
client_takes(
    struct link *l, struct tftp_transfer *t, const struct tftp_datagram *d)
{
	uint64_t block =
	    d->head[1] == TFTP_OACK ? 0 : d->offset / t->blksize + 1;

	if (l->want > t->last && l->silent_at_last)
		return;
	if (block != l->want) {
		if (block > l->want && l->gap)
			return;
		l->gap = block > l->want;
		CHECK(!client_says(l, t, l->want - 1));
		return;
	}
	l->want++;
	l->gap = false;
	l->received += d->length;
	l->in_window++;
	if (block == t->last && l->silent_at_last)
		return;
	if (block == 0 || block == t->last || l->in_window == t->window)
		CHECK(!client_says(l, t, block));
}

static void
run_link(
    struct link *l, struct tftp_transfer *t, const struct tftp_request *req)
{
	struct tftp_datagram d;

	l->want = t->base;
	while (!tftp_transfer_done(t) && l->now < 1000000) {
		uint64_t before = l->sent;

		while (tftp_transfer_send(t, &d, l->now)) {
			l->sent++;
			if (lost(l))
				continue;
			if (chance(&l->random) < l->twice)
				client_takes(l, t, &d);
			client_takes(l, t, &d);
		}
		l->now += l->trip * 2;
		if (l->sent == before)
			l->now = t->deadline;
		if (!tftp_transfer_expire(t, l->now))
			continue;
		if (t->heard || l->silent_at_last)
			return;
		/* The client asks again. */
		tftp_transfer_start(t, req, t->size, MTU_BLKSIZE, l->now);
	}
}

TEST(a_file_comes_through_whatever_is_lost)
{
	static const struct {
		uint16_t blksize, window;
		uint32_t loss, twice;
		uint64_t most; /* ms for 256 KiB */
	} cases[] = {
	    {512, 1, 26, 0, 3000},
	    {512, 1, 77, 0, 20000},
	    {1468, 1, 26, 0, 3000},
	    {1468, 1, 77, 25, 20000},
	    {1468, 16, 26, 25, 3000},
	    {1468, 4, 77, 0, 30000},
	    {1468, 1, 102, 0, 60000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t seed = 1; seed <= 20; seed++) {
			struct tftp_request req = {.blksize = cases[i].blksize,
			    .windowsize = cases[i].window};
			struct link l = {.random = seed,
			    .loss = cases[i].loss,
			    .twice = cases[i].twice};
			struct tftp_transfer t;

			tftp_transfer_start(
			    &t, &req, 256 << 10, MTU_BLKSIZE, 0);
			run_link(&l, &t, &req);
			CHECK(tftp_transfer_done(&t));
			CHECK(l.received == 256 << 10);
			if (l.now > cases[i].most)
				print_message("# case %zu: %llu ms\n", i,
				    (unsigned long long)l.now);
			CHECK(l.now <= cases[i].most);
		}
}

TEST(block_numbers_roll_over)
{
	struct tftp_request req = {.blksize = 8, .windowsize = 64};
	struct link l = {.random = 1, .loss = 2};
	struct tftp_transfer t;

	tftp_transfer_start(&t, &req, 2 << 20, MTU_BLKSIZE, 0);
	run_link(&l, &t, &req);
	CHECK(t.last > 200000);
	CHECK(tftp_transfer_done(&t) && l.received == 2 << 20);
	CHECK(tftp_transfer_bytes(&t) == 2 << 20);
}

TEST(datagrams_that_arrive_twice_do_not_multiply)
{
	struct tftp_request req = {.file = "f"};
	struct link l = {.random = 1, .twice = 256};
	struct tftp_transfer t;

	tftp_transfer_start(&t, &req, 100000, MTU_BLKSIZE, 0);
	run_link(&l, &t, &req);
	CHECK(tftp_transfer_done(&t));
	CHECK(l.sent == t.last);
}

TEST(a_last_ack_that_never_comes_is_no_failure)
{
	struct tftp_request req = {.file = "f"};
	struct link l = {.random = 1, .silent_at_last = true};
	struct tftp_transfer t;

	tftp_transfer_start(&t, &req, 100000, MTU_BLKSIZE, 0);
	run_link(&l, &t, &req);
	CHECK(!tftp_transfer_done(&t));
	CHECK(tftp_transfer_delivered(&t));
}

TEST(a_client_that_only_asks_for_the_size_is_a_probe)
{
	struct tftp_request req = {.blksize = 1468, .tsize = true};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, 100000, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	CHECK_TEXT(tftp_transfer_receive(
	               &t, "\0\5\0\10User aborted the transfer", 30, 1),
	    "client reported an error");
	CHECK(tftp_transfer_probed(&t));
}

TEST(a_request_sent_again_gets_the_first_answer_again)
{
	struct tftp_request req = {.blksize = 1468};
	struct tftp_transfer t;
	struct tftp_datagram d;

	tftp_transfer_start(&t, &req, 100000, MTU_BLKSIZE, 0);
	CHECK(tftp_transfer_send(&t, &d, 0));
	tftp_transfer_again(&t, 50);
	CHECK(tftp_transfer_send(&t, &d, 50));
	CHECK(d.head[1] == TFTP_OACK);
	CHECK(!tftp_transfer_receive(&t, "\0\4\0\0", 4, 60));
	CHECK(tftp_transfer_send(&t, &d, 60));
	tftp_transfer_again(&t, 70);
	CHECK(!tftp_transfer_send(&t, &d, 70));
}
