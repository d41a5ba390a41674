/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_FLOW_TABLE_H
#define CATS_FLOW_TABLE_H

#include <linux/atomic.h>
#include <linux/in6.h>
#include <linux/rhashtable.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/netlink.h>
#include <uapi/linux/cats.h>

#define CATS_FLOW_STATES	(CATS_FLOW_STATE_OTHER + 1)

struct cats_instance;
struct cats_net;
struct cats_packet;

/**
 * struct cats_flow_key - what makes packets one flow
 * @saddr: client, IPv4 as IPv4-mapped
 * @daddr: CS-ID, likewise
 * @sport: source port, 0 for fragments and protocols without
 * @dport: destination port, likewise
 * @ifindex: cats device, because VRFs may use the same addresses
 * @protocol: IP protocol
 * @zero: 0, the key is hashed as words
 */
struct cats_flow_key {
	struct in6_addr saddr;
	struct in6_addr daddr;
	__be16 sport;
	__be16 dport;
	u32 ifindex;
	u8 protocol;
	u8 zero[3];
};

/**
 * struct cats_flow - a flow in the direction of the instance
 * @node: in the table
 * @key: what makes it one
 * @seen: jiffies of the last packet, low half
 * @instance: which serves it; holds a reference
 * @packets: sent to the instance
 * @bytes: of these, inner packets
 * @started: CLOCK_MONOTONIC of the first packet, ns
 * @state: enum cats_flow_state
 * @rcu: to free it
 *
 * Two packets of a flow may be on two CPUs: the counters are atomic.
 */
struct cats_flow {
	struct rhash_head node;
	struct cats_flow_key key;
	u32 seen;
	struct cats_instance *instance;
	atomic64_t packets;
	atomic64_t bytes;
	u64 started;
	u32 state;
	struct rcu_head rcu;
};

/**
 * struct cats_flow_table - the flows of a namespace
 * @flows: struct cats_flow by key
 * @count: flows, and those being added
 * @max: limit of @count
 * @timeout: idle time after which a flow ends, by state, in jiffies
 * @untracked: packets forwarded that the table had no room for
 * @collector: ends idle flows
 * @position: of @collector in @flows
 * @pass: flows there were when @position was at the beginning
 */
struct cats_flow_table {
	struct rhashtable flows;
	atomic_t count;
	u32 max;
	u32 timeout[CATS_FLOW_STATES];
	atomic64_t untracked;
	struct delayed_work collector;
	struct rhashtable_iter position;
	u32 pass;
};

int cats_flow_init(void);
void cats_flow_exit(void);
int cats_flow_table_init(struct cats_net *cn);
void cats_flow_table_exit(struct cats_net *cn);

void cats_flow_collect(struct work_struct *work);
void cats_flow_collect_later(struct cats_net *cn);
void cats_flow_collect_now(struct cats_net *cn);

u16 cats_flow_admit(struct cats_instance *instance, struct cats_packet *pkt);
void cats_flow_sent(struct cats_flow *flow, const struct cats_packet *pkt);
bool cats_flow_end(struct cats_net *cn, struct cats_flow *flow,
		   enum cats_flow_end why);
struct cats_flow *cats_flow_find(struct cats_net *cn,
				 const struct cats_flow_key *key);

/** cats_flow_idle() - time since the last packet of a flow, jiffies */
static inline u32 cats_flow_idle(const struct cats_flow *flow)
{
	return (u32)jiffies - READ_ONCE(flow->seen);
}

#endif /* CATS_FLOW_TABLE_H */
