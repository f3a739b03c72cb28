/*
 * replay.c - run a fuzz target over the files of a folder.
 *
 * So seeds and inputs that once crashed are ordinary tests, without clang.
 * Every input is also run cut short at each of its first 64 lengths.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly `size` bytes, so that the sanitizer sees an overrun. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

	if (!f) {
		perror(path);
		exit(1);
	}
	(void)fclose(f);
	run(data, size);
	for (size_t cut = 0; cut < 64 && cut < size; cut++)
		run(data, cut);
}

int
main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *dir = opendir(argc > 1 ? argv[1] : ".");
	size_t count = 0;

	if (!dir) {
		perror(argv[1]);
		return 1;
	}
	while ((entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		run_file(path);
		count++;
	}
	(void)closedir(dir);
	(void)printf("%zu seeds replayed\n", count);
	return count ? 0 : 1;
}
