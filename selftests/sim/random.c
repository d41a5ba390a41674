// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>

#include "random.h"

#define PARETO_SHAPE	1.5
#define PARETO_RANGE	1000.0

void random_init(struct random *random, uint32_t seed, uint32_t stream)
{
	int i;

	random->state[0] = 0x330e ^ stream;
	random->state[1] = seed;
	random->state[2] = (seed >> 16) ^ (stream * 0x9e37);
	/* seeds that are near start near each other */
	for (i = 0; i < 16; i++)
		erand48(random->state);
}

double random_unit(struct random *random)
{
	return erand48(random->state);
}

uint32_t random_below(struct random *random, uint32_t limit)
{
	return (uint32_t)(random_unit(random) * limit);
}

double random_exponential(struct random *random)
{
	return -log1p(-random_unit(random));
}

double random_pareto(struct random *random)
{
	const double a = PARETO_SHAPE, h = PARETO_RANGE;
	const double least = 1 - pow(h, -a);
	const double mean = a / (a - 1) * (1 - pow(h, 1 - a)) / least;

	return pow(1 - random_unit(random) * least, -1 / a) / mean;
}

uint32_t random_pick(struct random *random, const double *sums,
		     uint32_t count)
{
	double at = random_unit(random) * sums[count - 1];
	uint32_t low = 0, high = count - 1, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (at < sums[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
