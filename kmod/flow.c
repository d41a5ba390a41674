// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows: they start with a packet the instance takes, and end with a RST, some
 * time after a FIN, or after a time without packets.  The egress sees only the
 * client's half: answers go directly from the instance to the client.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ipv6.h>

#include <cats/verdict.h>

#include "instance.h"
#include "net.h"
#include "netlink.h"
#include "packet.h"

#define CATS_TCP_FIN	0x01
#define CATS_TCP_SYN	0x02
#define CATS_TCP_RST	0x04
#define CATS_TCP_ACK	0x10

#define CATS_FLOWS_DEFAULT	1048576

static struct kmem_cache *cats_flow_cache;

static int cats_flow_compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct cats_flow_key *key = arg->key;
	const struct cats_flow *flow = obj;

	return !ipv6_addr_equal(&key->saddr, &flow->key.saddr) ||
	       !ipv6_addr_equal(&key->daddr, &flow->key.daddr) ||
	       key->sport != flow->key.sport || key->dport != flow->key.dport ||
	       key->ifindex != flow->key.ifindex ||
	       key->protocol != flow->key.protocol;
}

static const struct rhashtable_params cats_flow_params = {
	.head_offset = offsetof(struct cats_flow, node),
	.key_offset = offsetof(struct cats_flow, key),
	.key_len = sizeof(struct cats_flow_key),
	.obj_cmpfn = cats_flow_compare,
	.automatic_shrinking = true,
};

/** cats_flow_find() - a flow by its key, or NULL; caller holds rcu_read_lock() */
struct cats_flow *cats_flow_find(struct cats_net *cn,
				 const struct cats_flow_key *key)
{
	return rhashtable_lookup(&cn->flows.flows, key, cats_flow_params);
}

static void cats_flow_free_rcu(struct rcu_head *rcu)
{
	struct cats_flow *flow = container_of(rcu, struct cats_flow, rcu);

	cats_instance_put(flow->instance);
	kmem_cache_free(cats_flow_cache, flow);
}

static void cats_flows_changed(struct cats_instance *instance, int flows)
{
	cats_threshold_check(instance, CATS_METRIC_KIND_FLOWS, max(flows, 0));
}

/**
 * cats_flow_end() - take a flow out of the table
 * @cn: namespace
 * @flow: found under the caller's rcu_read_lock()
 * @why: for the event
 *
 * Return: whether it was the caller who did
 */
bool cats_flow_end(struct cats_net *cn, struct cats_flow *flow,
		   enum cats_flow_end why)
{
	struct cats_instance *instance = flow->instance;

	if (rhashtable_remove_fast(&cn->flows.flows, &flow->node,
				   cats_flow_params))
		return false;
	atomic_dec(&cn->flows.count);
	local_bh_disable();
	cats_counts_inc(instance->counts, CATS_COUNT_ENDED);
	cats_flows_changed(instance, atomic_dec_return(&instance->flows));
	cats_notify_flow(cn, flow, CATS_CMD_FLOW_END_NTF, why);
	local_bh_enable();
	call_rcu(&flow->rcu, cats_flow_free_rcu);
	return true;
}

static u32 cats_flow_first_state(const struct cats_packet *pkt)
{
	switch (pkt->inner.key.protocol) {
	case IPPROTO_TCP:
		if (!pkt->inner.key.sport && !pkt->inner.key.dport)
			return CATS_FLOW_STATE_OTHER;	/* a fragment */
		return pkt->inner.tcp_flags & CATS_TCP_SYN ?
		       CATS_FLOW_STATE_SYN : CATS_FLOW_STATE_ESTABLISHED;
	case IPPROTO_UDP:
		return CATS_FLOW_STATE_UDP;
	default:
		return CATS_FLOW_STATE_OTHER;
	}
}

static struct cats_flow *cats_flow_alloc(struct cats_instance *instance,
					 const struct cats_packet *pkt)
{
	struct cats_flow *flow;

	if (!refcount_inc_not_zero(&instance->ref))
		return NULL;
	flow = kmem_cache_alloc(cats_flow_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow) {
		cats_instance_put(instance);
		return NULL;
	}
	flow->key = pkt->inner.key;
	flow->seen = jiffies;
	flow->instance = instance;
	atomic64_set(&flow->packets, 0);
	atomic64_set(&flow->bytes, 0);
	flow->started = ktime_get_ns();
	flow->state = cats_flow_first_state(pkt);
	return flow;
}

static void cats_flow_free(struct cats_flow *flow)
{
	cats_instance_put(flow->instance);
	kmem_cache_free(cats_flow_cache, flow);
}

/*
 * One more flow for the table and the instance, or the reason why not.  The
 * counts are taken before the flow is added, so that limits hold exactly.
 */
static u16 cats_flow_reserve(struct cats_net *cn,
			     struct cats_instance *instance, u32 limit)
{
	if ((u32)atomic_inc_return(&cn->flows.count) > READ_ONCE(cn->flows.max)) {
		atomic_dec(&cn->flows.count);
		return CATS_DROP_FLOW_TABLE;
	}
	if ((u32)atomic_inc_return(&instance->flows) > limit && limit) {
		atomic_dec(&instance->flows);
		atomic_dec(&cn->flows.count);
		return CATS_DROP_FLOW_LIMIT;
	}
	return 0;
}

static void cats_flow_unreserve(struct cats_net *cn,
				struct cats_instance *instance)
{
	atomic_dec(&instance->flows);
	atomic_dec(&cn->flows.count);
}

/* Adds a flow with room reserved; another CPU may have been first. */
static u16 cats_flow_insert(struct cats_net *cn, struct cats_instance *instance,
			    struct cats_packet *pkt)
{
	struct cats_flow *flow, *other;

	flow = cats_flow_alloc(instance, pkt);
	if (!flow)
		goto err_reserved;
	other = rhashtable_lookup_get_insert_fast(&cn->flows.flows, &flow->node,
						  cats_flow_params);
	if (other)
		goto err_flow;
	pkt->flow = flow;
	if (!delayed_work_pending(&cn->flows.collector))
		cats_flow_collect_later(cn);
	cats_counts_inc(instance->counts, CATS_COUNT_STARTED);
	cats_flows_changed(instance, atomic_read(&instance->flows));
	cats_notify_flow(cn, flow, CATS_CMD_FLOW_START_NTF, 0);
	return 0;

err_flow:
	cats_flow_free(flow);
	cats_flow_unreserve(cn, instance);
	if (IS_ERR(other) || other->instance != instance)
		return CATS_DROP_FLOW_TABLE;
	pkt->flow = other;
	return 0;

err_reserved:
	cats_flow_unreserve(cn, instance);
	return CATS_DROP_FLOW_TABLE;
}

/*
 * A TCP segment without SYN belongs to a connection that is older than the
 * table, or than what it remembers: neither draining nor a limit cuts it.
 */
static bool cats_flow_is_new(const struct cats_packet *pkt)
{
	return !(pkt->inner.key.protocol == IPPROTO_TCP &&
		 (pkt->inner.key.sport || pkt->inner.key.dport)) ||
	       pkt->inner.tcp_flags & CATS_TCP_SYN;
}

static u16 cats_flow_start(struct cats_instance *instance,
			   struct cats_packet *pkt)
{
	const struct cats_instance_conf *conf = rcu_dereference(instance->conf);
	struct cats_net *cn = instance->cn;
	bool is_new = cats_flow_is_new(pkt);
	u32 limit = is_new ? conf->flow_limit : 0;
	u16 reason;

	if (conf->state == CATS_INSTANCE_STATE_DRAIN && is_new)
		return CATS_DROP_DRAIN;
	/* it would be a flow of one packet */
	if (pkt->inner.tcp_flags & CATS_TCP_RST)
		return 0;
	reason = cats_flow_reserve(cn, instance, limit);
	if (!reason)
		reason = cats_flow_insert(cn, instance, pkt);
	if (reason == CATS_DROP_FLOW_TABLE && !limit) {
		atomic64_inc(&cn->flows.untracked);
		return 0;
	}
	return reason;
}

/* A client that opens the 5-tuple of a closed connection again. */
static bool cats_flow_restarts(const struct cats_flow *flow,
			       const struct cats_packet *pkt)
{
	return flow->state == CATS_FLOW_STATE_CLOSING &&
	       pkt->inner.tcp_flags & CATS_TCP_SYN;
}

/**
 * cats_flow_admit() - the flow of a packet
 * @instance: where the SID leads to
 * @pkt: with the inner packet parsed; gets the flow, NULL if not tracked
 *
 * Return: 0, or the reason why the instance does not take it
 */
u16 cats_flow_admit(struct cats_instance *instance, struct cats_packet *pkt)
{
	struct cats_net *cn = instance->cn;
	struct cats_flow *flow = cats_flow_find(cn, &pkt->inner.key);

	pkt->flow = NULL;
	if (likely(flow)) {
		if (unlikely(flow->instance != instance))
			cats_flow_end(cn, flow, CATS_FLOW_END_MOVED);
		else if (unlikely(cats_flow_restarts(flow, pkt)))
			cats_flow_end(cn, flow, CATS_FLOW_END_RESTARTED);
		else
			pkt->flow = flow;
	}
	return pkt->flow ? 0 : cats_flow_start(instance, pkt);
}

/* What the client's flags say of the connection. */
static void cats_flow_tcp(struct cats_flow *flow, u8 flags)
{
	u32 state = READ_ONCE(flow->state);

	if (state == CATS_FLOW_STATE_SYN &&
	    (flags & (CATS_TCP_ACK | CATS_TCP_SYN)) == CATS_TCP_ACK &&
	    cmpxchg(&flow->state, state, CATS_FLOW_STATE_ESTABLISHED) == state)
		cats_instance_handshake(flow->instance,
					ktime_get_ns() - flow->started);
	if (flags & CATS_TCP_FIN)
		WRITE_ONCE(flow->state, CATS_FLOW_STATE_CLOSING);
	if (flags & CATS_TCP_RST)
		cats_flow_end(flow->instance->cn, flow, CATS_FLOW_END_RESET);
}

/**
 * cats_flow_sent() - a packet of a flow goes to the instance
 * @flow: which
 * @pkt: the packet
 */
void cats_flow_sent(struct cats_flow *flow, const struct cats_packet *pkt)
{
	u32 now = jiffies;

	/* the line is written once in a tick, not by every packet */
	if (READ_ONCE(flow->seen) != now)
		WRITE_ONCE(flow->seen, now);
	atomic64_inc(&flow->packets);
	atomic64_add(pkt->inner.len, &flow->bytes);
	if (pkt->inner.tcp_flags & (CATS_TCP_FIN | CATS_TCP_RST) ||
	    unlikely(flow->state == CATS_FLOW_STATE_SYN))
		cats_flow_tcp(flow, pkt->inner.tcp_flags);
}

/** cats_flow_table_init() - for a namespace. Return: 0 or -errno */
int cats_flow_table_init(struct cats_net *cn)
{
	struct cats_flow_table *table = &cn->flows;
	int err;

	table->max = CATS_FLOWS_DEFAULT;
	table->timeout[CATS_FLOW_STATE_SYN] = 30 * HZ;
	table->timeout[CATS_FLOW_STATE_ESTABLISHED] = 3600 * HZ;
	table->timeout[CATS_FLOW_STATE_CLOSING] = 10 * HZ;
	table->timeout[CATS_FLOW_STATE_UDP] = 60 * HZ;
	table->timeout[CATS_FLOW_STATE_OTHER] = 30 * HZ;
	INIT_DELAYED_WORK(&table->collector, cats_flow_collect);
	err = rhashtable_init(&table->flows, &cats_flow_params);
	if (!err)
		rhashtable_walk_enter(&table->flows, &table->position);
	return err;
}

static void cats_flow_free_left(void *ptr, void *arg)
{
	struct cats_flow *flow = ptr;

	atomic_dec(&flow->instance->flows);
	cats_flow_free(flow);
}

/** cats_flow_table_exit() - no packets and no readers any more */
void cats_flow_table_exit(struct cats_net *cn)
{
	cancel_delayed_work_sync(&cn->flows.collector);
	rhashtable_walk_exit(&cn->flows.position);
	rhashtable_free_and_destroy(&cn->flows.flows, cats_flow_free_left, NULL);
}

/** cats_flow_init() - once for all namespaces. Return: 0 or -ENOMEM */
int cats_flow_init(void)
{
	cats_flow_cache = KMEM_CACHE(cats_flow, SLAB_HWCACHE_ALIGN);
	return cats_flow_cache ? 0 : -ENOMEM;
}

/** cats_flow_exit() - after rcu_barrier() */
void cats_flow_exit(void)
{
	kmem_cache_destroy(cats_flow_cache);
}
