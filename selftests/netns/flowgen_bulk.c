// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen client: bulk transfers over TCP, compared byte by byte. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "flowgen.h"

#define CHUNK		65536
#define STALL		10	/* seconds without progress */

/**
 * struct bulk - a transfer
 * @fd: blocking socket, -1 when it could not be opened
 * @start: ns
 * @good: bytes that arrived as they were sent
 * @instance: who serves it
 * @error: what went wrong, "" when nothing
 */
struct bulk {
	int fd;
	uint64_t start;
	size_t good;
	char instance[NAME_LEN];
	char error[128];
};

static void bulk_error(struct bulk *b, const char *what)
{
	const char *why = errno == EAGAIN ? "no progress" : strerror(errno);

	if (!*b->error)
		snprintf(b->error, sizeof(b->error), "%s: %s", what, why);
}

static bool bulk_send(struct bulk *b, const char *buf, size_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= n) {
		n = send(b->fd, buf, len, MSG_NOSIGNAL);
		if (n < 0) {
			bulk_error(b, "send");
			return false;
		}
	}
	return true;
}

static ssize_t bulk_receive(struct bulk *b, char *buf, size_t len)
{
	ssize_t n = recv(b->fd, buf, len, 0);

	if (n < 0)
		bulk_error(b, "receive");
	if (!n)
		snprintf(b->error, sizeof(b->error), "connection ended early");
	return n;
}

/* Reads a line; only used when nothing follows it. */
static bool bulk_line(struct bulk *b, char *line, size_t room)
{
	size_t used = 0;
	ssize_t n;

	while (!used || line[used - 1] != '\n') {
		if (used == room - 1) {
			snprintf(b->error, sizeof(b->error), "endless reply");
			return false;
		}
		n = bulk_receive(b, line + used, room - 1 - used);
		if (n <= 0)
			return false;
		used += n;
	}
	line[used - 1] = '\0';
	return true;
}

static bool bulk_open(struct client *c, struct bulk *b)
{
	struct timeval stall = { .tv_sec = STALL };
	struct endpoint *to = &c->target[0];
	char line[LINE_LEN];
	int one = 1;

	memset(b, 0, sizeof(*b));
	b->start = now_ns();
	b->fd = socket(to->addr.ss_family, SOCK_STREAM, 0);
	if (b->fd < 0) {
		bulk_error(b, "socket");
		return false;
	}
	setsockopt(b->fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	setsockopt(b->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (flow_bind(c, b->fd, PROTO_TCP, 0)) {
		bulk_error(b, "bind");
		return false;
	}
	if (connect(b->fd, (struct sockaddr *)&to->addr, to->len)) {
		bulk_error(b, "connect");
		return false;
	}
	if (!bulk_send(b, "who\n", 4) || !bulk_line(b, line, sizeof(line)))
		return false;
	snprintf(b->instance, sizeof(b->instance), "%.*s",
		 (int)strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_"), line);
	return true;
}

static void bulk_end(struct bulk *b, const char *command, size_t bytes)
{
	report_bulk(command, bytes, b->good, b->instance, b->error, b->start);
	if (b->fd >= 0)
		close(b->fd);
}

static void get_all(struct bulk *b, size_t bytes)
{
	static char got[CHUNK], want[CHUNK];
	size_t done = 0;
	ssize_t n;

	while (done < bytes) {
		n = bulk_receive(b, got, sizeof(got));
		if (n <= 0)
			return;
		pattern_fill(want, n, done);
		for (ssize_t i = 0; i < n && done + i < bytes; i++)
			b->good += got[i] == want[i];
		done += n;
	}
	if (done > bytes)
		snprintf(b->error, sizeof(b->error), "%zu bytes too many",
			 done - bytes);
}

void bulk_get(struct client *c, size_t bytes)
{
	char line[LINE_LEN];
	struct bulk b;

	if (bulk_open(c, &b)) {
		snprintf(line, sizeof(line), "GET %zu\n", bytes);
		if (bulk_send(&b, line, strlen(line)))
			get_all(&b, bytes);
	}
	bulk_end(&b, "get", bytes);
}

static void put_all(struct bulk *b, size_t bytes)
{
	uint64_t sum = CHECKSUM_INIT;
	static char chunk[CHUNK];
	char line[LINE_LEN];
	size_t n;

	for (size_t done = 0; done < bytes; done += n) {
		n = bytes - done < CHUNK ? bytes - done : CHUNK;
		pattern_fill(chunk, n, done);
		sum = checksum(sum, chunk, n);
		if (!bulk_send(b, chunk, n))
			return;
	}
	if (!bulk_line(b, line, sizeof(line)))
		return;
	if (strtoull(line, NULL, 16) == sum)
		b->good = bytes;
	else
		snprintf(b->error, sizeof(b->error),
			 "checksum %.16s, not %016" PRIx64, line, sum);
}

void bulk_put(struct client *c, size_t bytes)
{
	char line[LINE_LEN];
	struct bulk b;

	if (bulk_open(c, &b)) {
		snprintf(line, sizeof(line), "PUT %zu\n", bytes);
		if (bulk_send(&b, line, strlen(line)))
			put_all(&b, bytes);
	}
	bulk_end(&b, "put", bytes);
}
