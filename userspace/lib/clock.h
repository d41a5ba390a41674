/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks as integers. */
#ifndef CATS_CLOCK_H
#define CATS_CLOCK_H

#include <stdint.h>
#include <time.h>

/** clock_ms - a clock of clock_gettime(2) in ms. */
static inline uint64_t clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

/** clock_monotonic_ms - CLOCK_MONOTONIC, ms */
static inline uint64_t clock_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/** clock_realtime_ms - ms since 1970-01-01 UTC */
static inline uint64_t clock_realtime_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

#endif /* CATS_CLOCK_H */
