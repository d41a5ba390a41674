/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time of which the next one is at hand: a binary heap. */
#ifndef SIM_TIMES_H
#define SIM_TIMES_H

#include <stdint.h>

/**
 * struct times - all 0: none
 * @at: the next one first
 * @count: of them
 * @room: of @at
 */
struct times {
	double *at;
	uint32_t count;
	uint32_t room;
};

/** times_add - one more. */
void times_add(struct times *times, double at);
/** times_take - the next one is over; there has to be one. */
void times_take(struct times *times);
/** times_replace - in place of the next one. */
void times_replace(struct times *times, double at);
/** times_free - all 0 again. */
void times_free(struct times *times);

#endif /* SIM_TIMES_H */
