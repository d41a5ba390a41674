/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of a selection, in their order.  For select.c and its tests. */
#ifndef CATSD_PS_SELECT_STAGE_H
#define CATSD_PS_SELECT_STAGE_H

#include <math.h>

#include "select.h"

/**
 * struct selection - one call of select_run()
 * @service: how
 * @memory: of the service
 * @candidate: all
 * @candidates: how many
 * @now_ms: time
 * @computing: the computing time of all that are alive is known
 * @kept: indexes of those that are to take flows, the best first
 * @kepts: length of @kept
 * @weight: of @kept, quantised
 * @report: result
 */
struct selection {
	const struct select_service *service;
	struct select_memory *memory;
	struct select_candidate *candidate;
	size_t candidates;
	uint64_t now_ms;
	bool computing;
	uint32_t kept[SELECT_NEXTHOPS_MAX];
	uint32_t kepts;
	uint32_t weight[SELECT_NEXTHOPS_MAX];
	struct select_report *report;
};

/**
 * struct select_objective - what makes one candidate better than another
 * @name: in configuration and decisions
 * @rank: less is better; NAN: nobody knows, last
 * @band: ranks up to so much above the best (a factor) serve as well
 * @strict: nobody is better than one outside the bounds
 * @sole: one next hop, and no preference for the one in force
 * @better: instead of @rank, or NULL; both are kept
 */
struct select_objective {
	const char *name;
	double (*rank)(const struct selection *s,
		       const struct select_candidate *candidate);
	double band;
	bool strict;
	bool sole;
	bool (*better)(const struct select_service *service,
		       const struct select_candidate *a,
		       const struct select_candidate *b);
};

/** select_load - of the capacity; the worse of flows and score; NAN */
double select_load(const struct select_instance *instance);

/** select_wait - time in the queue by computing time, at @load of @capacity */
double select_wait(double load, double capacity);

/** select_marginal - time one more flow costs all, by its computing time */
double select_marginal(double load, double capacity);

/** select_size - flows per time it is made for; 1 if nobody knows */
double select_size(const struct selection *s,
		   const struct select_instance *instance);

/** select_unloaded_us - delay of path and instance, without waiting; NAN */
double select_unloaded_us(const struct selection *s,
			  const struct select_candidate *candidate);

/** select_judge - stage 1: who is within the bounds?  Sets reasons. */
void select_judge(struct selection *s);

/** select_gas_judge - the bounds of CMAS */
enum select_reason select_gas_judge(const struct select_service *service,
				    const struct select_candidate *candidate);

/** select_choose - stage 2: a path per instance, the best of them; @kept */
void select_choose(struct selection *s);

/** select_share - stage 3: who gets how much, as a share of 1 */
void select_share(struct selection *s);

/**
 * select_quantise - stage 4: shares as whole numbers
 * @share: add up to 1
 * @count: how many, up to @resolution
 * @resolution: sum of the weights
 * @weight: result, each at least 1
 *
 * The largest remainders are rounded up.  Return: the largest distance of a
 * weight / @resolution from its share; less than 1 / @resolution, but for
 * shares that are raised to 1.
 */
double select_quantise(const double *share, uint32_t count,
		       uint32_t resolution, uint32_t *weight);

/** select_settle - stage 5: is it worth a change?  If so, it is in force. */
void select_settle(struct selection *s);

#endif /* CATSD_PS_SELECT_STAGE_H */
