// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen: messages, addresses, the pattern of bulk transfers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "flowgen.h"

static void message(const char *fmt, va_list ap)
{
	fputs("flowgen: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	exit(1);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void endpoint_set_port(struct endpoint *ep, unsigned int port)
{
	/* sin_port and sin6_port stand at the same place */
	((struct sockaddr_in *)&ep->addr)->sin_port = htons(port);
}

void endpoint_parse(struct endpoint *ep, const char *addr, unsigned int port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ep->addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&ep->addr;

	memset(ep, 0, sizeof(*ep));
	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		ep->len = sizeof(*in);
	} else if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		ep->len = sizeof(*in6);
	} else {
		fail("\"%s\" is not an IPv4 or IPv6 address", addr);
	}
	endpoint_set_port(ep, port);
}

unsigned long number(const char *text, unsigned long max, const char *what)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n > max)
		fail("%s \"%s\" is not a number up to %lu", what, text, max);
	return n;
}

/* A hard limit stays as it is when we may not raise it. */
void raise_file_limit(void)
{
	struct rlimit limit, more = { 1 << 17, 1 << 17 };

	if (getrlimit(RLIMIT_NOFILE, &limit))
		fail("getrlimit: %s", strerror(errno));
	if (limit.rlim_cur >= more.rlim_cur)
		return;
	if (limit.rlim_max < more.rlim_max && !setrlimit(RLIMIT_NOFILE, &more))
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		warn("cannot raise the number of open files: %s",
		     strerror(errno));
}

static uint64_t pattern_word(uint64_t index)
{
	uint64_t x = (index + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	return x ^ (x >> 29);
}

void pattern_fill(void *buf, size_t len, uint64_t offset)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++, offset++)
		p[i] = pattern_word(offset / 8) >> (offset % 8 * 8);
}

/* FNV-1a, 64 bits: start with CHECKSUM_INIT */
uint64_t checksum(uint64_t sum, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
	return sum;
}
