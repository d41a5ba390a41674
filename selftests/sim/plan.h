/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is simulated, and what came of it. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdio.h>

#include "balancer.h"
#include "simulate.h"

/** PLAN_LIST_MAX - ages, loads */
#define PLAN_LIST_MAX	16
/** PLAN_SEEDS_MAX - seeds: worlds, a service each */
#define PLAN_SEEDS_MAX	1000

/**
 * struct plan - the cases
 * @balancers: by number of the table, a bit each
 * @age_s: of metrics
 * @ages: how many
 * @load: part of what instances can take
 * @loads: how many
 * @exponential: such work
 * @heavy: and such
 * @outage: the load at which an instance fails as well; 0: none does
 * @error: as in struct setting
 * @seed: the first world
 * @seeds: worlds for each case, 1 to PLAN_SEEDS_MAX
 * @instances: of the service
 * @length: how long a run is: 1 as usual
 */
struct plan {
	unsigned int balancers;
	double age_s[PLAN_LIST_MAX];
	int ages;
	double load[PLAN_LIST_MAX];
	int loads;
	bool exponential;
	bool heavy;
	double outage;
	double error;
	uint32_t seed;
	int seeds;
	int instances;
	double length;
};

/** plan_balancer - of the table; NULL behind the last. */
const struct balancer *plan_balancer(int number);
/** plan_find - number of that name; -1. */
int plan_find(const char *name);

/**
 * struct result - a case: each figure the median of the seeds
 * @setting: of it, with the last seed
 * @outcome: medians
 * @ratio: p99 by that of omniscient in the same world
 * @p99_s: of each seed
 */
struct result {
	struct setting setting;
	struct outcome outcome;
	double ratio;
	double p99_s[PLAN_SEEDS_MAX];
};

/**
 * plan_run - all of it
 * @plan: cases
 * @progress: a bar goes here; NULL
 * @results: how many there are
 *
 * Omniscient comes first for each work and load.  Return: free(3) it.
 */
struct result *plan_run(const struct plan *plan, FILE *progress,
			int *results);

#endif /* SIM_PLAN_H */
