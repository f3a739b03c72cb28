#include "check.h"

#include "base/table.h"

TEST(a_table_keeps_what_a_plain_array_keeps)
{
	static int model[512];
	static int values[512];
	struct table t = {.seed = 12345};
	uint32_t random = 1;
	size_t count = 0, seen = 0, at = 0;

	for (int step = 0; step < 20000; step++) {
		size_t key;

		random = random * 1664525 + 1013904223;
		key = random >> 23;
		if (random & 1 << 10) {
			CHECK(!!table_put(&t, key, &values[key]) == model[key]);
			model[key] = 1;
		} else {
			CHECK(!!table_put(&t, key, NULL) == model[key]);
			model[key] = 0;
		}
	}
	for (size_t key = 0; key < 512; key++) {
		CHECK(table_get(&t, key) == (model[key] ? &values[key] : NULL));
		count += (size_t)model[key];
	}
	while (table_next(&t, &at))
		seen++;
	CHECK(count == t.count && seen == count);
	table_clear(&t);
	CHECK(table_get(&t, 1) == NULL);
}
