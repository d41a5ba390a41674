// SPDX-License-Identifier: GPL-2.0-or-later
/* What load does to an instance. */
#include "stage.h"

/* What is seen of a queue near its limit is where it was just then. */
#define LOAD_SEEN_MAX	0.95

double select_load(const struct select_instance *instance)
{
	double flows = instance->flows / instance->capacity;
	double score = 1 - instance->score / 1000;

	/* a full processor with few flows is as full as many flows */
	return fmax(flows, score);
}

/* Sakasegawa's approximation of M/M/c: u^(sqrt(2(c+1)) - 1) / (c (1 - u)). */
static double exponent(double capacity)
{
	return sqrt(2 * (capacity + 1)) - 1;
}

double select_wait(double load, double capacity)
{
	double u = fmin(load, LOAD_SEEN_MAX);
	double wait = pow(u, exponent(capacity)) / (capacity * (1 - u));

	/* who is beyond his capacity has a queue that can be counted */
	return load > 1 ? wait + load - 1 : wait;
}

/* d (u + u w) / d u, where w is select_wait() */
double select_marginal(double load, double capacity)
{
	double u = fmin(load, LOAD_SEEN_MAX);

	return 1 + select_wait(u, capacity) * (1 + exponent(capacity) +
					       u / (1 - u));
}

double select_size(const struct selection *s,
		   const struct select_instance *instance)
{
	double size = isnan(instance->capacity) ? 1 : instance->capacity;

	return s->computing ? size / instance->service_us : size;
}

double select_unloaded_us(const struct selection *s,
			  const struct select_candidate *candidate)
{
	double delay = candidate->path ? candidate->path->delay_us : NAN;

	return s->computing ? delay + candidate->instance->service_us : delay;
}
