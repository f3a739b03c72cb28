/*
 * check.h - TEST and CHECK over cmocka.
 *
 *	TEST(an_empty_reader_yields_zero) { CHECK(...); }
 *
 * Every TEST of a file registers itself; check.h also defines main(), so a
 * test program is one file.  A test's name is a sentence that would be false
 * if it failed.
 */
#ifndef HOBNAIL_TESTS_CHECK_H
#define HOBNAIL_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct CMUnitTest check_tests[256];
static size_t check_count;

#define TEST(name)                                                             \
	static void name(void **check_state);                                  \
	__attribute__((constructor)) static void register_##name(void)         \
	{                                                                      \
		check_tests[check_count++] =                                   \
		    (struct CMUnitTest){#name, name, NULL, NULL, NULL};        \
	}                                                                      \
	static void name(__attribute__((unused)) void **check_state)

#define CHECK(condition)                                                       \
	_assert_true((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

/* Two C strings (NULL allowed) that must be the same. */
#define CHECK_TEXT(got, want)                                                  \
	do {                                                                   \
		const char *got_ = (got), *want_ = (want);                     \
		if (!got_ || !want_)                                           \
			CHECK(got_ == want_);                                  \
		else                                                           \
			_assert_string_equal(got_, want_, __FILE__, __LINE__); \
	} while (0)

/*
 * The bytes of tests/wire/NAME.hex into `buf`; returns how many.  A line's
 * text behind '#' is a comment; white space is ignored.
 */
__attribute__((unused)) static size_t
wire(const char *name, uint8_t *buf, size_t room)
{
	char path[512], line[1024];
	const char *folder = getenv("WIRE");
	size_t len = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.hex",
	    folder ? folder : "tests/wire", name);
	f = fopen(path, "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		char *p = line;
		unsigned int byte;
		int used;

		line[strcspn(line, "#\n")] = '\0';
		while (sscanf(p, " %2x%n", &byte, &used) == 1) {
			CHECK(len < room);
			buf[len++] = (uint8_t)byte;
			p += used;
		}
	}
	(void)fclose(f);
	return len;
}

int
main(void)
{
	return _cmocka_run_group_tests(
	    __FILE__, check_tests, check_count, NULL, NULL);
}

#endif
