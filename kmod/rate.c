// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rates: flows, packets and bytes per second of each instance.
 *
 * Moving averages with a time constant of 64 ms.  Instances whose rates have a
 * threshold are sampled at every tick, at most 4 ms apart, so that a crossing is
 * known in less than 10 ms; all others once a second.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rculist.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "instance.h"
#include "net.h"

#define CATS_RATE_SCALE		1024
#define CATS_RATE_TIME_US	(64 * USEC_PER_MSEC)

#define CATS_SAMPLE_FAST	max(HZ / 250, 1)
#define CATS_SAMPLE_SLOW	HZ
/* instances sampled before others may have the CPU */
#define CATS_SAMPLE_STRETCH	256

/** cats_rate() - a moving average, per second */
u64 cats_rate(const struct cats_instance *instance, enum cats_rate which)
{
	return (READ_ONCE(instance->rates.rate[which]) + CATS_RATE_SCALE / 2) /
	       CATS_RATE_SCALE;
}

/* rate += (sample - rate) * dt / (dt + T), and sample = more / dt */
static u64 cats_rate_update(u64 rate, u64 more, u64 dt)
{
	u64 total = dt + CATS_RATE_TIME_US;

	return mul_u64_u64_div_u64(rate, CATS_RATE_TIME_US, total) +
	       mul_u64_u64_div_u64(more, CATS_RATE_SCALE * USEC_PER_SEC, total);
}

static void cats_sample(struct cats_instance *instance)
{
	static const unsigned int source[CATS_RATES] = {
		[CATS_RATE_FLOWS] = CATS_COUNT_STARTED,
		[CATS_RATE_PACKETS] = CATS_COUNT_PACKETS,
		[CATS_RATE_BYTES] = CATS_COUNT_BYTES,
	};
	struct cats_rates *rates = &instance->rates;
	u64 now = ktime_to_us(ktime_get()), sum[CATS_COUNTS], count;
	int i;

	if (now == rates->time)
		return;
	cats_counts_sum(instance->counts, CATS_COUNTS, sum);
	for (i = 0; i < CATS_RATES; i++) {
		count = sum[source[i]];
		WRITE_ONCE(rates->rate[i],
			   cats_rate_update(rates->rate[i],
					    count - rates->last[i],
					    now - rates->time));
		rates->last[i] = count;
		cats_threshold_check(instance, CATS_METRIC_KIND_FLOW_RATE + i,
				     cats_rate(instance, i));
	}
	WRITE_ONCE(rates->time, now);
}

/** cats_rates_init() - of an instance that has counted nothing yet */
void cats_rates_init(struct cats_rates *rates)
{
	INIT_LIST_HEAD(&rates->node);
	rates->time = ktime_to_us(ktime_get());
}

static void cats_sample_watched(struct cats_net *cn)
{
	struct cats_instance *instance;

	rcu_read_lock();
	list_for_each_entry_rcu(instance, &cn->sampled, rates.node)
		cats_sample(instance);
	rcu_read_unlock();
}

static void cats_sample_all(struct cats_net *cn)
{
	struct cats_instance *instance;
	unsigned long index;
	u32 sampled = 0;

	rcu_read_lock();
	xa_for_each(&cn->instance_index, index, instance) {
		cats_sample(instance);
		if (++sampled % CATS_SAMPLE_STRETCH)
			continue;
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
}

/* Runs as long as there are instances. */
static void cats_sampler(struct work_struct *work)
{
	struct cats_net *cn = container_of(to_delayed_work(work),
					   struct cats_net, sampler);
	bool watched = !list_empty(&cn->sampled);

	if (!watched || ++cn->sampler_ticks % (HZ / CATS_SAMPLE_FAST) == 0)
		cats_sample_all(cn);
	else
		cats_sample_watched(cn);
	if (!xa_empty(&cn->instance_index))
		queue_delayed_work(system_highpri_wq, &cn->sampler,
				   watched ? CATS_SAMPLE_FAST : CATS_SAMPLE_SLOW);
}

/** cats_sampler_start() - there is an instance now */
void cats_sampler_start(struct cats_net *cn)
{
	queue_delayed_work(system_highpri_wq, &cn->sampler, CATS_SAMPLE_FAST);
}

/**
 * cats_sampler_watch() - a threshold on a rate was set, or the last one removed
 * @instance: which; its cn->lock is held
 * @watch: whether to sample at every tick
 */
void cats_sampler_watch(struct cats_instance *instance, bool watch)
{
	struct cats_net *cn = instance->cn;

	lockdep_assert_held(&cn->lock);
	if (watch == !list_empty(&instance->rates.node))
		return;
	if (watch) {
		list_add_rcu(&instance->rates.node, &cn->sampled);
		mod_delayed_work(system_highpri_wq, &cn->sampler,
				 CATS_SAMPLE_FAST);
	} else {
		/* a reader may be on it: not list_del_init() */
		list_del_rcu(&instance->rates.node);
		synchronize_rcu();
		INIT_LIST_HEAD(&instance->rates.node);
	}
}

/** cats_sampler_init() - prepare the sampler of a namespace */
void cats_sampler_init(struct cats_net *cn)
{
	INIT_LIST_HEAD(&cn->sampled);
	INIT_DELAYED_WORK(&cn->sampler, cats_sampler);
}

/** cats_sampler_exit() - there are no instances any more */
void cats_sampler_exit(struct cats_net *cn)
{
	cancel_delayed_work_sync(&cn->sampler);
}
