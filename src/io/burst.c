#include "io/burst.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#define CUT_MAX 65000U /* bytes of one datagram that the kernel cuts */

void
burst_add(struct burst *b, const void *head, size_t head_len,
    const void *payload, size_t payload_len)
{
	union {
		const void *in;
		void *out;
	} bytes = {.in = payload};
	struct iovec *piece = b->pieces[b->count];

	assert(b->count < BURST_MAX && head_len <= BURST_HEAD_MAX);
	memcpy(b->heads[b->count], head, head_len);
	piece[0] = (struct iovec){b->heads[b->count], head_len};
	piece[1] = (struct iovec){bytes.out, payload_len};
	b->count++;
}

static size_t
size_of(const struct burst *b, size_t i)
{
	return b->pieces[i][0].iov_len + b->pieces[i][1].iov_len;
}

/* How many datagrams from `at` on can leave as one: all of the same length
 * but the last, which may be shorter. */
static size_t
run_from(const struct burst *b, size_t at)
{
	size_t size = size_of(b, at), total = size, end = at + 1;

	while (end < b->count && size_of(b, end) <= size &&
	       total <= CUT_MAX - size) {
		total += size;
		if (size_of(b, end++) < size)
			break;
	}
	return end - at;
}

static int
send_cut(struct burst *b, int fd, size_t at, size_t count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(uint16_t))];
	} control = {0};
	struct msghdr msg = {.msg_iov = b->pieces[at],
	    .msg_iovlen = 2 * count,
	    .msg_control = control.room,
	    .msg_controllen = sizeof(control.room)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	uint16_t size = (uint16_t)size_of(b, at);

	cmsg->cmsg_level = IPPROTO_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(cmsg), &size, sizeof(size));
	return sendmsg(fd, &msg, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int
send_plain(struct burst *b, int fd, size_t at, size_t count)
{
	struct mmsghdr msgs[BURST_MAX];
	struct msghdr one = {.msg_iov = b->pieces[at], .msg_iovlen = 2};

	/* The common case, lock-step, is worth the cheaper call. */
	if (count == 1)
		return sendmsg(fd, &one, MSG_DONTWAIT) < 0 ? -errno : 0;
	for (size_t i = 0; i < count; i++)
		msgs[i] = (struct mmsghdr){
		    .msg_hdr = {.msg_iov = b->pieces[at + i], .msg_iovlen = 2}};
	return sendmmsg(fd, msgs, (unsigned int)count, MSG_DONTWAIT) < 0
	           ? -errno
	           : 0;
}

int
burst_send(struct burst *b, int fd, bool *cut)
{
	size_t at = 0;
	int error = 0;

	while (at < b->count && !error) {
		size_t count = *cut ? run_from(b, at) : b->count - at;

		if (*cut && count > 1) {
			error = send_cut(b, fd, at, count);
			if (error == -EIO || error == -EINVAL ||
			    error == -EMSGSIZE || error == -EOPNOTSUPP) {
				*cut = false;
				error = 0;
				continue;
			}
		} else {
			error = send_plain(b, fd, at, count);
		}
		at += count;
	}
	b->count = 0;
	return error;
}
