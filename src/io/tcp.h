/*
 * tcp.h - stream sockets: listening, accepting, sending bytes and files.
 *
 * All sockets are non-blocking and close-on-exec.  Works for TCP over IPv4 and
 * for Unix streams.
 */
#ifndef HOBNAIL_IO_TCP_H
#define HOBNAIL_IO_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/attr.h"

/* A TCP socket that listens on `ip` (0: every address) and `port` (0: a free
 * one).  With `reuseport` several may share the port.  A descriptor, or
 * -errno. */
MUST_USE int tcp_listen(uint32_t ip, uint16_t port, bool reuseport);

/* What accepted sockets inherit: no delay of small segments, BBR where the
 * kernel has it and lets us. */
void tcp_tune(int listener);

/* The next connection, and who it is from (zero for a Unix socket).  A
 * descriptor, or -errno; -EAGAIN where none waits. */
MUST_USE int tcp_accept(int listener, struct endpoint *from);

/* Our own address and port of a socket; zero where it has none. */
struct endpoint tcp_local(int fd);

/* Who is at the other end of a Unix socket, or (uid_t)-1. */
uid_t tcp_uid(int fd);

/* Receive; bytes taken, 0 at the end, or -errno (-EAGAIN where none wait). */
MUST_USE ssize_t tcp_receive(int fd, void *buf, size_t room);

/* Send; bytes taken or -errno.  `more`: hold a partial segment back, as more
 * follows at once. */
MUST_USE ssize_t tcp_send(int fd, const void *bytes, size_t len, bool more);

/* Send up to `len` bytes of `file` from `offset`.  Bytes taken, 0 where the
 * file has ended there, or -errno. */
MUST_USE ssize_t tcp_send_file(int fd, int file, uint64_t offset, size_t len);

#endif
