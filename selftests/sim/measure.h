/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of the flows of a run. */
#ifndef SIM_MEASURE_H
#define SIM_MEASURE_H

#include <stdint.h>

#include "world.h"

/** MEASURE_SLA_S - response a flow is promised: ten times the service time */
#define MEASURE_SLA_S	(10 * WORLD_SERVICE_S)

/**
 * struct measure - of a run
 * @begin: time of the first flow that counts
 * @interval: by which rates are compared
 * @flows: that counted
 * @late: beyond MEASURE_SLA_S
 * @sum: of responses, in s
 * @bin: responses, by logarithm
 * @instances: of @now and @before
 * @period: number of the interval
 * @now: flows of each instance in this interval
 * @before: in the last one
 * @changed: half the squares of the steps between them
 * @chance: what that would be by chance alone
 * @rates: squares of the means of the two
 */
struct measure {
	double begin;
	double interval;
	uint64_t flows;
	uint64_t late;
	double sum;
	uint32_t *bin;
	uint32_t instances;
	uint64_t period;
	uint32_t *now;
	uint32_t *before;
	double changed;
	double chance;
	double rates;
};

/** measure_init - nothing yet. */
void measure_init(struct measure *measure, const struct setting *setting);
/** measure_free - all of it. */
void measure_free(struct measure *measure);

/** measure_choice - a flow that counts is sent to an instance. */
void measure_choice(struct measure *measure, double now, uint32_t instance);
/** measure_response - and has come back. */
void measure_response(struct measure *measure, double response);

/** measure_quantile - of responses, in s; within half a percent. */
double measure_quantile(const struct measure *measure, double quantile);

/**
 * measure_oscillation - how the rate of flows to an instance swings
 *
 * From one interval to the next, by the rate itself, root mean square, without
 * what Poisson arrivals do by chance.  0: steady; 1.4: all flows in one
 * interval and none in the next.
 */
double measure_oscillation(const struct measure *measure);

#endif /* SIM_MEASURE_H */
