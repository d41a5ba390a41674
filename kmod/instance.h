/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_INSTANCE_H
#define CATS_INSTANCE_H

#include <linux/atomic.h>
#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <uapi/linux/cats.h>

#include "counts.h"
#include "rate.h"
#include "threshold.h"

struct cats_net;
struct cats_packet;

/** enum cats_instance_count - what is counted of an instance besides packets */
enum cats_instance_count {
	CATS_COUNT_STARTED = CATS_COUNT_OTHERS,
	CATS_COUNT_ENDED,
	CATS_COUNT_HANDSHAKES,
	CATS_COUNT_DROP_CS_ID,
	CATS_COUNT_DROP_DOWN,
	CATS_COUNT_DROP_DRAIN,
	CATS_COUNT_DROP_LIMIT,
	CATS_COUNTS
};

/**
 * struct cats_prefix - a CS-ID or a block of them
 * @address: IPv4 as IPv4-mapped, bits beyond @len are 0
 * @len: bits that count, 0 to 128
 */
struct cats_prefix {
	struct in6_addr address;
	u8 len;
};

/**
 * struct cats_instance_conf - what is configured; replaced whole
 * @state: enum cats_instance_state
 * @flow_limit: flows at the same time, 0 for no limit
 * @cs_ids: length of @cs_id, 0 for any CS-ID
 * @rcu: to free it
 * @cs_id: CS-IDs it may serve
 */
struct cats_instance_conf {
	u32 state;
	u32 flow_limit;
	u32 cs_ids;
	struct rcu_head rcu;
	struct cats_prefix cs_id[];
};

/**
 * struct cats_instance - a service contact instance
 * @node: in cats_net.instances
 * @id: CSCI-ID, IPv4 as IPv4-mapped
 * @index: in cats_net.instance_index
 * @ref: one of the table, one of each flow
 * @gone: out of the table, its flows end
 * @conf: configuration
 * @counts: by enum cats_instance_count
 * @flows: active flows
 * @latency: moving average of the handshake, 1/8 us; 0 as long as there was none
 * @threshold: by enum cats_metric_kind, or NULL
 * @rates: what the sampler computes
 * @sids: SIDs that lead to it, under cats_net.lock
 * @cn: namespace
 * @rcu: to free it
 */
struct cats_instance {
	struct rhash_head node;
	struct in6_addr id;
	u32 index;
	refcount_t ref;
	bool gone;
	struct cats_instance_conf __rcu *conf;
	struct cats_counts __percpu *counts;
	atomic_t flows;
	atomic_t latency;
	struct cats_threshold __rcu *threshold[CATS_METRIC_KINDS];
	struct cats_rates rates;
	u32 sids;
	struct cats_net *cn;
	struct rcu_head rcu;
};

/* The weight of one new handshake is 1/8, as of an RTT sample in RFC 6298. */
static inline u32 cats_instance_latency_us(const struct cats_instance *instance)
{
	return (u32)atomic_read(&instance->latency) / 8;
}

/* A metric has a new value; costs next to nothing without a threshold. */
static inline void cats_threshold_check(struct cats_instance *instance,
					u32 kind, u64 value)
{
	if (rcu_access_pointer(instance->threshold[kind]))
		cats_threshold_cross(instance, kind, value);
}

int cats_instances_init(struct cats_net *cn);
void cats_instances_exit(struct cats_net *cn);

struct cats_instance *cats_instance_find(struct cats_net *cn,
					 const struct in6_addr *id);
struct cats_instance_conf *cats_instance_conf_alloc(u32 cs_ids);
struct cats_instance *cats_instance_add(struct cats_net *cn,
					const struct in6_addr *id,
					struct cats_instance_conf *conf);
void cats_instance_configure(struct cats_instance *instance,
			     struct cats_instance_conf *conf);
void cats_instance_remove(struct cats_instance *instance);
void cats_instance_put(struct cats_instance *instance);

void cats_instance_handshake(struct cats_instance *instance, u64 duration_ns);
u16 cats_instance_admit(struct cats_instance *instance,
			struct cats_packet *pkt);

#endif /* CATS_INSTANCE_H */
