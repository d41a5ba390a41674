// SPDX-License-Identifier: GPL-2.0-or-later
#include "stage.h"

/* Everybody gets 1 and the whole part of his share of the rest. */
double select_quantise(const double *share, uint32_t count,
		       uint32_t resolution, uint32_t *weight)
{
	double remainder[SELECT_NEXTHOPS_MAX], error = 0, due;
	uint32_t left = resolution, i, best;

	for (i = 0; i < count; i++) {
		due = share[i] * resolution;
		weight[i] = due < 1 ? 1 : (uint32_t)due;
		remainder[i] = due - weight[i];
		left -= weight[i];
	}
	/* the floors of 1 may have taken more than there is: wraps below 0 */
	for (; (int32_t)left > 0; left--) {
		for (i = 1, best = 0; i < count; i++)
			if (remainder[i] > remainder[best])
				best = i;
		weight[best]++;
		remainder[best]--;
	}
	for (; (int32_t)left < 0; left++) {
		for (i = 0, best = count; i < count; i++)
			if (weight[i] > 1 && (best == count ||
			    remainder[i] < remainder[best]))
				best = i;
		weight[best]--;
		remainder[best]++;
	}
	for (i = 0; i < count; i++)
		error = fmax(error, fabs((double)weight[i] / resolution -
					 share[i]));
	return error;
}
