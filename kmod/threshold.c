// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multi-level thresholds with hysteresis (draft-fu-cats-flow-lb 5.5).
 *
 * Level k is entered when the value reaches rise[k] and left when it is below
 * fall[k].  A value that moves by several levels makes one event.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "instance.h"
#include "net.h"
#include "netlink.h"

/** cats_metric_value() - the value of a metric now */
u64 cats_metric_value(const struct cats_instance *instance, u32 kind)
{
	switch (kind) {
	case CATS_METRIC_KIND_FLOWS:
		return max(atomic_read(&instance->flows), 0);
	case CATS_METRIC_KIND_HANDSHAKE_LATENCY:
		return cats_instance_latency_us(instance);
	default:
		return cats_rate(instance, kind - CATS_METRIC_KIND_FLOW_RATE);
	}
}

static u32 cats_threshold_level(const struct cats_threshold *threshold,
				u64 value, u32 level)
{
	while (level < threshold->levels && value >= threshold->level[level].rise)
		level++;
	while (level && value < threshold->level[level - 1].fall)
		level--;
	return level;
}

/**
 * cats_threshold_cross() - a metric has a new value
 * @instance: whose
 * @kind: enum cats_metric_kind
 * @value: the value
 *
 * Caller holds rcu_read_lock().  Sends an event if that changes the level.
 */
void cats_threshold_cross(struct cats_instance *instance, u32 kind, u64 value)
{
	struct cats_threshold *threshold =
		rcu_dereference(instance->threshold[kind]);
	struct cats_crossing crossing = { .kind = kind, .value = value };
	u32 level;

	if (!threshold)
		return;
	level = READ_ONCE(threshold->current_level);
	if (likely(cats_threshold_level(threshold, value, level) == level))
		return;
	spin_lock_bh(&threshold->lock);
	crossing.previous = threshold->current_level;
	/* another CPU may know better what the value is now */
	crossing.value = cats_metric_value(instance, kind);
	level = cats_threshold_level(threshold, crossing.value,
				     crossing.previous);
	if (level != crossing.previous) {
		WRITE_ONCE(threshold->current_level, level);
		threshold->value = crossing.value;
		crossing.crossings = ++threshold->crossings;
		crossing.current_level = level;
		crossing.time = ktime_get_ns();
		/* under the lock: events come in the order of the crossings */
		cats_notify_crossing(instance, &crossing);
	}
	spin_unlock_bh(&threshold->lock);
}

static bool cats_rate_watched(const struct cats_instance *instance)
{
	int kind;

	for (kind = CATS_METRIC_KIND_FLOW_RATE;
	     kind <= CATS_METRIC_KIND_BYTE_RATE; kind++)
		if (rcu_access_pointer(instance->threshold[kind]))
			return true;
	return false;
}

/**
 * cats_threshold_set() - swing the levels of a metric in
 * @instance: its cn->lock is held
 * @kind: enum cats_metric_kind
 * @threshold: new levels, or NULL for none; taken over
 */
void cats_threshold_set(struct cats_instance *instance, u32 kind,
			struct cats_threshold *threshold)
{
	struct cats_threshold *old;

	if (threshold) {
		spin_lock_init(&threshold->lock);
		threshold->value = cats_metric_value(instance, kind);
		threshold->current_level =
			cats_threshold_level(threshold, threshold->value, 0);
	}
	old = rcu_replace_pointer(instance->threshold[kind], threshold,
				  lockdep_is_held(&instance->cn->lock));
	if (old)
		kfree_rcu(old, rcu);
	cats_sampler_watch(instance, cats_rate_watched(instance));
	/* the value may have changed before the levels were seen */
	if (threshold) {
		rcu_read_lock();
		cats_threshold_cross(instance, kind,
				     cats_metric_value(instance, kind));
		rcu_read_unlock();
	}
}

/** cats_thresholds_remove() - all of an instance; its cn->lock is held */
void cats_thresholds_remove(struct cats_instance *instance)
{
	int kind;

	for (kind = 0; kind < CATS_METRIC_KINDS; kind++)
		if (rcu_access_pointer(instance->threshold[kind]))
			cats_threshold_set(instance, kind, NULL);
}

/** cats_thresholds_free() - of an instance nobody sees any more */
void cats_thresholds_free(struct cats_instance *instance)
{
	int kind;

	for (kind = 0; kind < CATS_METRIC_KINDS; kind++)
		kfree(rcu_dereference_protected(instance->threshold[kind], true));
}
