/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who chooses the instance of a flow: a line of the table each. */
#ifndef SIM_BALANCER_H
#define SIM_BALANCER_H

#include "world.h"

/**
 * struct balancer - one; it has a state of its own in every run
 * @name: in the table
 * @metrics: it goes by the sites' metrics, so their age matters
 * @start: new state
 * @stop: free it
 * @metric: an ingress hears of an instance; NULL: no interest
 * @answer: to world_probe(); NULL: it does not
 * @end: an ingress sees a flow of it end; NULL: no interest
 * @choose: the instance of a flow; only one that sees everything may look at
 *	@work, or at what is in the queues of the world
 * @decisions: made so far, and the CPU seconds they took; NULL: it makes none
 */
struct balancer {
	const char *name;
	bool metrics;
	void *(*start)(struct world *world);
	void (*stop)(void *state);
	void (*metric)(void *state, struct world *world,
		       const struct event *event);
	void (*answer)(void *state, struct world *world,
		       const struct event *event);
	void (*end)(void *state, struct world *world,
		    const struct event *event);
	uint32_t (*choose)(void *state, struct world *world, uint32_t ingress,
			   double work);
	double (*decisions)(const void *state, double *cpu_s);
};

/* cats.c: userspace/catsd/ps/select/ itself, a C-PS for each ingress */
extern const struct balancer balancer_cats;

/* control.c: the same in mode control, flow by flow */
extern const struct balancer balancer_control;

/* omniscient.c */
extern const struct balancer balancer_omniscient;

/* blind.c: nothing is known of load */
extern const struct balancer balancer_random;
extern const struct balancer balancer_round_robin;
extern const struct balancer balancer_static;
extern const struct balancer balancer_least_delay;

/* stale.c: the metrics cats has */
extern const struct balancer balancer_least_loaded;
extern const struct balancer balancer_two_choices;

/* prequal.c */
extern const struct balancer balancer_prequal;

#endif /* SIM_BALANCER_H */
