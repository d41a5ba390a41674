/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What catsd has to say: stderr, with priorities where the journal reads it. */
#ifndef CATSD_LOG_H
#define CATSD_LOG_H

#include <stdint.h>
#include <syslog.h>

/**
 * struct log_limit - what is said once per interval only
 * @next_ms: silent until then, CLOCK_MONOTONIC
 * @silent: how often it was not said since
 */
struct log_limit {
	uint64_t next_ms;
	uint64_t silent;
};

/** catsd_log - a line of this priority: LOG_ERR, LOG_WARNING, ... */
void catsd_log(int priority, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** catsd_log_limited - the same, at most once in 10 s for one @limit. */
void catsd_log_limited(struct log_limit *limit, int priority, const char *fmt,
		       ...) __attribute__((format(printf, 3, 4)));

#endif /* CATSD_LOG_H */
