#include "check.h"

#include "proto/http_phase.h"

TEST(an_idle_connection_is_kept_longer_than_ipxe_keeps_it)
{
	struct http_phase p;

	http_phase_enter(&p, HTTP_IDLE, 1000);
	CHECK(p.deadline >= 1000 + 15000);
}

TEST(bytes_that_trickle_do_not_prolong_a_head)
{
	struct http_phase p;

	http_phase_enter(&p, HTTP_HEADING, 1000);
	http_phase_moved(&p, 4000, 9000);
	CHECK(p.deadline == 11000);
}

TEST(a_reader_must_take_a_kibibyte_to_be_waited_for)
{
	struct http_phase p;

	http_phase_enter(&p, HTTP_SENDING, 0);
	http_phase_moved(&p, 1023, 50000);
	CHECK(p.deadline == 120000);
	http_phase_moved(&p, 1024, 60000);
	CHECK(p.deadline == 180000);
	http_phase_moved(&p, 1025, 70000);
	CHECK(p.deadline == 180000);
}

TEST(a_handler_may_think_as_long_as_it_likes)
{
	struct http_phase p;

	http_phase_enter(&p, HTTP_THINKING, 0);
	CHECK(p.deadline == UINT64_MAX);
	CHECK_TEXT(http_state_name(p.state), "thinking");
}
