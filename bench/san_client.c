/*
 * san_client.c - read a disk image by HTTP ranges, as a network boot does.
 *
 * usage: san_client ADDRESS PATH SIZE COUNT
 *
 * COUNT requests one after the other on one connection, each for 2 to 64 KiB
 * at a multiple of 2 KiB.  The order is the same in each run.  An answer that
 * is not a 206 of the length asked for ends the program with status 1.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 2048u
#define BLOCKS_MAX 32u

/* Knuth's MMIX generator: the same reads in each run. */
static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static int
connect_to(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* The body's length as the head says it; 0 where it is no 206. */
static size_t
body_length(const char *head)
{
	const char *field = strcasestr(head, "\r\ncontent-length:");

	if (strncmp(head, "HTTP/1.1 206 ", 13) != 0 || !field)
		return 0;
	return strtoul(field + strlen("\r\ncontent-length:"), NULL, 10);
}

/* Read one answer; whether it is a 206 with `len` bytes of body. */
static bool
take_answer(int fd, size_t len)
{
	static char buf[BLOCK * BLOCKS_MAX + 4096];
	size_t have = 0, whole = 0;

	for (;;) {
		ssize_t n = read(fd, buf + have, sizeof(buf) - 1 - have);
		char *end;

		if (n <= 0)
			return false;
		have += (size_t)n;
		buf[have] = '\0';
		end = whole ? NULL : strstr(buf, "\r\n\r\n");
		if (end) {
			end[2] = '\0';
			if (body_length(buf) != len)
				return false;
			whole = (size_t)(end + 4 - buf) + len;
		}
		if (whole && have >= whole)
			return have == whole;
	}
}

static bool
read_range(int fd, const char *path, uint64_t start, size_t len)
{
	char request[1024];
	int n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: bench\r\nRange: bytes=%llu-%llu\r\n\r\n",
	    path, (unsigned long long)start,
	    (unsigned long long)(start + len - 1));

	return n > 0 && (size_t)n < sizeof(request) &&
	       write(fd, request, (size_t)n) == n && take_answer(fd, len);
}

static double
seconds_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	uint64_t blocks, count, seed = 1, bytes = 0;
	double begin;
	int fd;

	if (argc != 5)
		return 2;
	blocks = strtoull(argv[3], NULL, 10) / BLOCK;
	count = strtoull(argv[4], NULL, 10);
	fd = connect_to(argv[1]);
	if (fd < 0 || blocks <= BLOCKS_MAX)
		return 1;
	begin = seconds_now();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = next_random(&seed) % (blocks - BLOCKS_MAX);
		size_t len = (next_random(&seed) % BLOCKS_MAX + 1) * BLOCK;

		if (!read_range(fd, argv[2], at * BLOCK, len)) {
			(void)fprintf(stderr, "read %llu failed\n",
			    (unsigned long long)i);
			return 1;
		}
		bytes += len;
	}
	begin = seconds_now() - begin;
	(void)printf("%.0f requests/s, %.1f MiB/s\n", (double)count / begin,
	    (double)bytes / begin / 1048576);
	(void)close(fd);
	return 0;
}
