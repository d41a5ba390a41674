// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"

#define INTERVAL_MS	10000

static void say(int priority, const char *fmt, va_list ap, uint64_t silent)
{
	/* sd-daemon(3): the journal takes the priority from the line */
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>", priority);
	else
		fputs("catsd: ", stderr);
	vfprintf(stderr, fmt, ap);
	if (silent)
		fprintf(stderr, " (and %" PRIu64 " more since the last such line)",
			silent);
	fputc('\n', stderr);
}

void catsd_log(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(priority, fmt, ap, 0);
	va_end(ap);
}

void catsd_log_limited(struct log_limit *limit, int priority, const char *fmt,
		       ...)
{
	uint64_t now = clock_monotonic_ms();
	va_list ap;

	if (now < limit->next_ms) {
		limit->silent++;
		return;
	}
	va_start(ap, fmt);
	say(priority, fmt, ap, limit->silent);
	va_end(ap);
	limit->next_ms = now + INTERVAL_MS;
	limit->silent = 0;
}
