/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Least expected response: where one more flow is served best, when flows are
 * placed one by one (draft-fu-cats-flow-lb 5.3).
 *
 * An ingress knows exactly what it sent to an instance itself, and when that
 * ended.  A metric of the instance says how many flows it has in all: what is not
 * of this ingress is of others, who are not chased - they would do the same - but
 * expected to have as many as they usually do.  So the age of the metrics matters
 * little: what changes quickly, an ingress sees itself.
 *
 * Pure, like select.h: no clock, no memory but what is passed in.
 */
#ifndef CATSD_PS_RESPOND_H
#define CATSD_PS_RESPOND_H

#include <stdint.h>

/** RESPOND_LOG - beginnings and ends of flows that are remembered */
#define RESPOND_LOG	256

/**
 * struct respond - an instance, as an ingress sees it; all 0 at first
 * @capacity: flows it serves at once; more than 0
 * @service_us: time it takes for one, without waiting; more than 0
 * @delay_us: of the path, one way
 * @own: flows of this ingress that have begun and not ended
 * @others: mean of the flows of others
 * @spread: variance of that
 * @metrics: seen so far
 * @log: times of the last beginnings and ends, us, which may be told of late; the
 *	lowest bit is set for an end
 * @logged: how many there were, ever
 */
struct respond {
	double capacity;
	double service_us;
	double delay_us;
	uint32_t own;
	double others;
	double spread;
	uint64_t metrics;
	uint64_t log[RESPOND_LOG];
	uint64_t logged;
};

/** respond_begin - a flow was sent there. */
void respond_begin(struct respond *instance, uint64_t when_us);

/** respond_end - one ended, as seen here. */
void respond_end(struct respond *instance, uint64_t when_us);

/**
 * respond_metric - the instance says how many flows it has
 * @instance: it
 * @flows: those that wait included
 * @sampled_us: when that was so, of the clock of respond_begin(); if it is not
 *	that exactly, flows that begin meanwhile are taken for those of others
 */
void respond_metric(struct respond *instance, double flows,
		    uint64_t sampled_us);

/**
 * respond_cost - what one more flow costs, us
 *
 * The path there and back, service, and the expected wait; and a third of what
 * it makes those wait who come after it.  Not all of that, or none: a third has
 * the least 99th percentile (make sim), all of it the least mean.
 */
double respond_cost(const struct respond *instance);

#endif /* CATSD_PS_RESPOND_H */
