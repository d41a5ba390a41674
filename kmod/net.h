/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_NET_H
#define CATS_NET_H

#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "flow_table.h"

/**
 * struct cats_net - what cats.ko keeps for a network namespace
 * @net: the namespace; outlives this
 * @lock: serialises writers of SIDs, instances and thresholds; readers use RCU.
 *	Taken inside RTNL, never outside
 * @generation: of SIDs and instances, for the consistency of dumps; never 0
 * @sids: struct cats_sid by prefix
 * @sid_index: the same by creation, for dumps
 * @sid_lens: prefix lengths that @sids has
 * @sid_len_users: how many SIDs have each length, under @lock
 * @instances: struct cats_instance by CSCI-ID
 * @instance_index: the same by creation, for dumps
 * @flows: flow table
 * @sampler: computes rates, see rate.c
 * @sampled: struct cats_instance whose rates a threshold watches
 * @sampler_ticks: runs of @sampler
 */
struct cats_net {
	struct net *net;
	struct mutex lock;	/* writers */
	u32 generation;
	struct rhashtable sids;
	struct xarray sid_index;
	DECLARE_BITMAP(sid_lens, 129);
	u32 sid_len_users[129];
	struct rhashtable instances;
	struct xarray instance_index;
	struct cats_flow_table flows;
	struct delayed_work sampler;
	struct list_head sampled;
	u32 sampler_ticks;
};

extern unsigned int cats_net_id;

static inline struct cats_net *cats_net(const struct net *net)
{
	return net_generic(net, cats_net_id);
}

/* A dump that sees the generation change is inconsistent; 0 is not a sequence. */
static inline void cats_net_changed(struct cats_net *cn)
{
	lockdep_assert_held(&cn->lock);
	WRITE_ONCE(cn->generation, (cn->generation + 1) ? : 1);
}

#endif /* CATS_NET_H */
