/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams of chance that do not depend on each other: libc's erand48(3). */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

/** struct random - one stream */
struct random {
	unsigned short state[3];
};

/** random_init - stream number @stream of those that belong to @seed. */
void random_init(struct random *random, uint32_t seed, uint32_t stream);

/** random_unit - at least 0, less than 1. */
double random_unit(struct random *random);

/** random_below - 0 to @limit - 1. */
uint32_t random_below(struct random *random, uint32_t limit);

/** random_exponential - mean 1. */
double random_exponential(struct random *random);

/**
 * random_pareto - bounded Pareto, mean 1
 *
 * Shape 1.5, the largest 1,000 times the smallest: one of a hundred is longer
 * than seven times the mean.
 */
double random_pareto(struct random *random);

/** random_pick - index into @sums, which ascend; by what each adds. */
uint32_t random_pick(struct random *random, const double *sums,
		     uint32_t count);

#endif /* SIM_RANDOM_H */
