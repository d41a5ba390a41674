/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_RATE_H
#define CATS_RATE_H

#include <linux/list.h>
#include <linux/types.h>

struct cats_instance;
struct cats_net;

/** enum cats_rate - what has a rate, in the order of enum cats_metric_kind */
enum cats_rate {
	CATS_RATE_FLOWS,
	CATS_RATE_PACKETS,
	CATS_RATE_BYTES,
	CATS_RATES
};

/**
 * struct cats_rates - rates of an instance, written by the sampler only
 * @node: in cats_net.sampled, if a threshold watches a rate
 * @time: CLOCK_MONOTONIC of the last sample, at first of the instance's creation,
 *	in microseconds
 * @last: counters at that time
 * @rate: moving averages per second, in 1/1024
 */
struct cats_rates {
	struct list_head node;
	u64 time;
	u64 last[CATS_RATES];
	u64 rate[CATS_RATES];
};

void cats_rates_init(struct cats_rates *rates);
void cats_sampler_init(struct cats_net *cn);
void cats_sampler_exit(struct cats_net *cn);
void cats_sampler_start(struct cats_net *cn);
void cats_sampler_watch(struct cats_instance *instance, bool watch);
u64 cats_rate(const struct cats_instance *instance, enum cats_rate which);

#endif /* CATS_RATE_H */
