// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen: the process: its messages, clock, numbers and limits. */
#include <errno.h>
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
