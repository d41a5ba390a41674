// SPDX-License-Identifier: GPL-2.0-only
/*
 * Service contact instances: which packets and flows they take.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include <cats/verdict.h>

#include "instance.h"
#include "net.h"
#include "packet.h"

static const struct rhashtable_params cats_instance_params = {
	.head_offset = offsetof(struct cats_instance, node),
	.key_offset = offsetof(struct cats_instance, id),
	.key_len = sizeof(struct in6_addr),
	.automatic_shrinking = true,
};

/**
 * cats_instance_find() - look an instance up
 * @cn: namespace
 * @id: CSCI-ID
 *
 * Caller holds rcu_read_lock() or @cn->lock.
 *
 * Return: the instance or NULL
 */
struct cats_instance *cats_instance_find(struct cats_net *cn,
					 const struct in6_addr *id)
{
	return rhashtable_lookup_fast(&cn->instances, id, cats_instance_params);
}

/** cats_instance_conf_alloc() - a configuration: up, no limit; or NULL */
struct cats_instance_conf *cats_instance_conf_alloc(u32 cs_ids)
{
	struct cats_instance_conf *conf;

	conf = kzalloc(struct_size(conf, cs_id, cs_ids), GFP_KERNEL_ACCOUNT);
	if (conf)
		conf->cs_ids = cs_ids;
	return conf;
}

static void cats_instance_free(struct cats_instance *instance)
{
	cats_thresholds_free(instance);
	kfree(rcu_dereference_protected(instance->conf, true));
	free_percpu(instance->counts);
	kfree(instance);
}

static void cats_instance_free_rcu(struct rcu_head *rcu)
{
	cats_instance_free(container_of(rcu, struct cats_instance, rcu));
}

/** cats_instance_put() - give a reference back */
void cats_instance_put(struct cats_instance *instance)
{
	if (refcount_dec_and_test(&instance->ref))
		call_rcu(&instance->rcu, cats_instance_free_rcu);
}

/**
 * cats_instance_add() - create an instance
 * @cn: namespace, locked
 * @id: CSCI-ID, not in use
 * @conf: its configuration; taken over, unless it fails
 *
 * Return: the instance, or -ENOMEM as a pointer
 */
struct cats_instance *cats_instance_add(struct cats_net *cn,
					const struct in6_addr *id,
					struct cats_instance_conf *conf)
{
	struct cats_instance *instance;
	int err = -ENOMEM;

	instance = kzalloc(sizeof(*instance), GFP_KERNEL_ACCOUNT);
	if (!instance)
		return ERR_PTR(-ENOMEM);
	instance->counts = cats_counts_alloc(CATS_COUNTS);
	if (!instance->counts)
		goto err_instance;
	instance->id = *id;
	instance->cn = cn;
	refcount_set(&instance->ref, 1);
	cats_rates_init(&instance->rates);
	RCU_INIT_POINTER(instance->conf, conf);
	err = xa_alloc(&cn->instance_index, &instance->index, instance,
		       xa_limit_32b, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_counts;
	err = rhashtable_insert_fast(&cn->instances, &instance->node,
				     cats_instance_params);
	if (err)
		goto err_index;
	cats_net_changed(cn);
	cats_sampler_start(cn);
	return instance;

err_index:
	xa_erase(&cn->instance_index, instance->index);
err_counts:
	free_percpu(instance->counts);
err_instance:
	kfree(instance);
	return ERR_PTR(err);
}

/** cats_instance_configure() - swing a new configuration in; cn->lock is held */
void cats_instance_configure(struct cats_instance *instance,
			     struct cats_instance_conf *conf)
{
	struct cats_instance_conf *old;

	old = rcu_replace_pointer(instance->conf, conf,
				  lockdep_is_held(&instance->cn->lock));
	kfree_rcu(old, rcu);
	cats_net_changed(instance->cn);
}

/**
 * cats_instance_remove() - take an instance no SID leads to out of the tables
 * @instance: its cn->lock is held
 *
 * Its flows end soon; it is freed after the last of them.
 */
void cats_instance_remove(struct cats_instance *instance)
{
	struct cats_net *cn = instance->cn;

	WRITE_ONCE(instance->gone, true);
	cats_thresholds_remove(instance);
	rhashtable_remove_fast(&cn->instances, &instance->node,
			       cats_instance_params);
	xa_erase(&cn->instance_index, instance->index);
	cats_net_changed(cn);
	if (atomic_read(&instance->flows))
		cats_flow_collect_now(cn);
	cats_instance_put(instance);
}

/** cats_instances_init() - the tables of a namespace. Return: 0 or -errno */
int cats_instances_init(struct cats_net *cn)
{
	xa_init_flags(&cn->instance_index, XA_FLAGS_ALLOC);
	return rhashtable_init(&cn->instances, &cats_instance_params);
}

/** cats_instances_exit() - free them; SIDs and flows are gone already */
void cats_instances_exit(struct cats_net *cn)
{
	struct cats_instance *instance;
	unsigned long index;

	mutex_lock(&cn->lock);
	xa_for_each(&cn->instance_index, index, instance)
		cats_instance_remove(instance);
	mutex_unlock(&cn->lock);
	rhashtable_destroy(&cn->instances);
	xa_destroy(&cn->instance_index);
}

/**
 * cats_instance_handshake() - a TCP handshake was completed
 * @instance: which did
 * @duration_ns: from the client's first SYN to its first ACK
 */
void cats_instance_handshake(struct cats_instance *instance, u64 duration_ns)
{
	u64 us8 = min_t(u64, div_u64(duration_ns, NSEC_PER_USEC / 8), INT_MAX);
	int old = atomic_read(&instance->latency), new;

	do {
		new = old ? old - old / 8 + (int)us8 / 8 : (int)us8;
		/* 0 says that there was none */
	} while (!atomic_try_cmpxchg(&instance->latency, &old, new ? : 1));
	cats_counts_inc(instance->counts, CATS_COUNT_HANDSHAKES);
	cats_threshold_check(instance, CATS_METRIC_KIND_HANDSHAKE_LATENCY,
			     cats_instance_latency_us(instance));
}

static bool cats_serves(const struct cats_instance_conf *conf,
			const struct in6_addr *cs_id)
{
	u32 i;

	for (i = 0; i < conf->cs_ids; i++)
		if (ipv6_prefix_equal(&conf->cs_id[i].address, cs_id,
				      conf->cs_id[i].len))
			return true;
	return !conf->cs_ids;
}

/**
 * cats_instance_admit() - does an instance take a packet?
 * @instance: the SID's
 * @pkt: with the inner packet parsed; gets its flow
 *
 * Return: 0, or the reason to drop the packet, which is counted here
 */
u16 cats_instance_admit(struct cats_instance *instance,
			struct cats_packet *pkt)
{
	const struct cats_instance_conf *conf = rcu_dereference(instance->conf);
	u16 reason;

	if (!cats_serves(conf, &pkt->inner.key.daddr)) {
		cats_counts_inc(instance->counts, CATS_COUNT_DROP_CS_ID);
		return CATS_DROP_CS_ID;
	}
	if (conf->state == CATS_INSTANCE_STATE_DOWN) {
		cats_counts_inc(instance->counts, CATS_COUNT_DROP_DOWN);
		return CATS_DROP_DOWN;
	}
	reason = cats_flow_admit(instance, pkt);
	if (reason == CATS_DROP_DRAIN)
		cats_counts_inc(instance->counts, CATS_COUNT_DROP_DRAIN);
	else if (reason)
		cats_counts_inc(instance->counts, CATS_COUNT_DROP_LIMIT);
	return reason;
}
