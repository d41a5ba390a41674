/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_THRESHOLD_H
#define CATS_THRESHOLD_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/cats_metric.h>

#define CATS_METRIC_KINDS	(CATS_METRIC_KIND_HANDSHAKE_LATENCY + 1)

struct cats_instance;

/**
 * struct cats_level - one level of a threshold
 * @rise: values from here on enter it
 * @fall: values below leave it
 */
struct cats_level {
	u64 rise;
	u64 fall;
};

/**
 * struct cats_threshold - the levels of one metric of one instance
 * @lock: protects @current_level, @value and @crossings
 * @rcu: to free it
 * @levels: how many
 * @current_level: the one the metric is in, 0 below the first
 * @value: that decided it
 * @crossings: how often it changed
 * @level: ascending
 */
struct cats_threshold {
	spinlock_t lock;	/* level, value, crossings */
	struct rcu_head rcu;
	u32 levels;
	u32 current_level;
	u64 value;
	u64 crossings;
	struct cats_level level[];
};

/**
 * struct cats_crossing - what an event says of a crossing
 * @kind: enum cats_metric_kind
 * @previous: level before
 * @current_level: level now
 * @value: that crossed
 * @crossings: how many there were
 * @time: CLOCK_MONOTONIC, ns
 */
struct cats_crossing {
	u32 kind;
	u32 previous;
	u32 current_level;
	u64 value;
	u64 crossings;
	u64 time;
};

void cats_threshold_cross(struct cats_instance *instance, u32 kind, u64 value);
u64 cats_metric_value(const struct cats_instance *instance, u32 kind);
void cats_threshold_set(struct cats_instance *instance, u32 kind,
			struct cats_threshold *threshold);
void cats_thresholds_remove(struct cats_instance *instance);
void cats_thresholds_free(struct cats_instance *instance);

#endif /* CATS_THRESHOLD_H */
