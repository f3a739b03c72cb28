#include "check.h"

#include "base/attr.h"
#include "proto/ipc.h"

static size_t
put(const struct ipc *m, uint8_t *buf)
{
	struct writer w = writer_over(buf, IPC_MESSAGE_MAX);

	ipc_put(&w, m);
	CHECK(!w.fault);
	return writer_len(&w);
}

TEST(a_message_comes_back_as_it_was_sent)
{
	static uint8_t buf[IPC_MESSAGE_MAX];
	struct ipc m = {.kind = IPC_PROBE,
	    .id = 7,
	    .number = UINT64_MAX,
	    .text = span_text("a/b.iso"),
	    .body = span_of("\0\1", 2)};
	struct ipc got;
	size_t len = put(&m, buf);

	CHECK(!ipc_parse(
	    span_of(buf, len), ROLE_STATE, ROLE_KEEPER, false, &got));
	CHECK(got.kind == IPC_PROBE && got.id == 7);
	CHECK(got.number == UINT64_MAX);
	CHECK(span_is(got.text, "a/b.iso"));
	CHECK(span_equal(got.body, m.body));
}

TEST(only_the_roles_of_the_table_may_send_a_message)
{
	static uint8_t buf[IPC_MESSAGE_MAX];
	static const struct {
		enum ipc_kind kind;
		enum role from, to;
		bool fd;
		const char *fault;
	} cases[] = {
	    {IPC_GO, ROLE_KEEPER, ROLE_BOOT, false, NULL},
	    {IPC_GO, ROLE_STATE, ROLE_BOOT, false,
	        "message from a role that may not send it"},
	    {IPC_LEASE, ROLE_DHCP, ROLE_STATE, false, NULL},
	    {IPC_LEASE, ROLE_BOOT, ROLE_STATE, false,
	        "message from a role that may not send it"},
	    {IPC_PROBE, ROLE_IMAGE, ROLE_KEEPER, false,
	        "message from a role that may not send it"},
	    {IPC_STATUS, ROLE_KEEPER, ROLE_DHCP, false,
	        "message from a role that may not send it"},
	    {IPC_CATALOGUE, ROLE_STATE, ROLE_DHCP, true, NULL},
	    {IPC_CATALOGUE, ROLE_STATE, ROLE_DHCP, false,
	        "descriptor missing or not wanted"},
	    {IPC_GO, ROLE_KEEPER, ROLE_BOOT, true,
	        "descriptor missing or not wanted"},
	    /* with a descriptor where it went well (number 0) */
	    {IPC_PROBED, ROLE_KEEPER, ROLE_STATE, true, NULL},
	    {IPC_PROBED, ROLE_KEEPER, ROLE_STATE, false,
	        "descriptor missing or not wanted"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ipc m = {.kind = cases[i].kind}, got;
		size_t len = put(&m, buf);

		CHECK_TEXT(ipc_parse(span_of(buf, len), cases[i].from,
		               cases[i].to, cases[i].fd, &got),
		    cases[i].fault);
	}
}

TEST(a_failed_probe_comes_without_a_descriptor)
{
	static uint8_t buf[IPC_MESSAGE_MAX];
	struct ipc m = {.kind = IPC_PROBED, .number = 13}, got;
	size_t len = put(&m, buf);

	CHECK(!ipc_parse(
	    span_of(buf, len), ROLE_KEEPER, ROLE_STATE, false, &got));
	CHECK(ipc_parse(span_of(buf, len), ROLE_KEEPER, ROLE_STATE, true,
	          &got) != NULL);
}

TEST(a_message_cut_short_or_of_unknown_kind_is_refused)
{
	static uint8_t buf[IPC_MESSAGE_MAX];
	struct ipc m = {.kind = IPC_PROBE, .text = span_text("x.iso")}, got;
	size_t len = put(&m, buf);

	for (size_t cut = 0; cut < len; cut++)
		CHECK_TEXT(ipc_parse(span_of(buf, cut), ROLE_STATE, ROLE_KEEPER,
		               false, &got),
		    "packet ends inside a field");
	buf[0] = 0xff;
	CHECK_TEXT(
	    ipc_parse(span_of(buf, len), ROLE_STATE, ROLE_KEEPER, false, &got),
	    "unknown kind of message");
}

TEST(a_text_that_is_too_long_is_not_sent)
{
	static char text[IPC_TEXT_MAX + 1];
	static uint8_t buf[IPC_MESSAGE_MAX];
	struct ipc m = {.kind = IPC_PROBE, .text = span_of(text, sizeof(text))};
	struct writer w = writer_over(buf, sizeof(buf));

	ipc_put(&w, &m);
	CHECK_TEXT(w.fault, "text too long");
}

TEST(every_role_is_found_by_its_name)
{
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++)
		CHECK(role_named(role_name(role)) == role);
	CHECK(role_named("nobody") == ROLE_COUNT);
}
