/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_SID_H
#define CATS_SID_H

#include <linux/in6.h>
#include <linux/netdevice.h>
#include <linux/rhashtable-types.h>
#include <net/dst_cache.h>

#include "counts.h"

struct cats_endpoint_behavior;
struct cats_instance;
struct cats_net;

/**
 * struct cats_sid_key - a SID, or the block its arguments span
 * @sid: argument bits are 0
 * @len: bits of locator and function, 1 to 128
 */
struct cats_sid_key {
	struct in6_addr sid;
	u32 len;
};

/**
 * struct cats_sid_conf - what is configured of a SID
 * @key: the SID
 * @behavior: what the endpoint does
 * @ifindex: of the cats device
 * @nh4: next hop of End.DX4
 * @nh6: next hop of End.DX6
 * @oif: device of the next hop, 0 for the one its route says
 * @vrftable: of End.DT*, 0 for the device's own
 * @instance: behind the SID, or NULL
 */
struct cats_sid_conf {
	struct cats_sid_key key;
	const struct cats_endpoint_behavior *behavior;
	u32 ifindex;
	__be32 nh4;
	struct in6_addr nh6;
	u32 oif;
	u32 vrftable;
	struct cats_instance *instance;
};

/** enum cats_sid_count - what is counted of a SID besides packets sent on */
enum cats_sid_count {
	CATS_SID_DROPS = CATS_COUNT_OTHERS,
	CATS_SID_COUNTS
};

/**
 * struct cats_sid - a SID; never changes, is replaced by another
 * @node: in cats_net.sids
 * @conf: what is configured
 * @dev: cats device, to compare only
 * @dst_cache: route to the next hop, per CPU; of behaviors that have one
 * @vrf_ifindex: the last VRF device that had @conf.vrftable, 0 for none
 * @counts: by enum cats_sid_count; the successor takes them over
 * @index: in cats_net.sid_index
 * @rcu: to free it
 */
struct cats_sid {
	struct rhash_head node;
	struct cats_sid_conf conf;
	const struct net_device *dev;
	struct dst_cache dst_cache;
	int vrf_ifindex;
	struct cats_counts __percpu *counts;
	u32 index;
	struct rcu_head rcu;
};

int cats_sids_init(struct cats_net *cn);
void cats_sids_exit(struct cats_net *cn);

void cats_sid_key_init(struct cats_sid_key *key, const struct in6_addr *sid,
		       u8 len);
struct cats_sid *cats_sid_find(struct cats_net *cn,
			       const struct cats_sid_key *key);
struct cats_sid *cats_sid_lookup(struct cats_net *cn,
				 const struct in6_addr *daddr);
struct cats_sid *cats_sid_add(struct cats_net *cn,
			      const struct cats_sid_conf *conf);
struct cats_sid *cats_sid_replace(struct cats_net *cn, struct cats_sid *old,
				  const struct cats_sid_conf *conf);
void cats_sid_remove(struct cats_net *cn, struct cats_sid *sid);
void cats_sids_remove(struct cats_net *cn, u32 ifindex);
void cats_sids_vrf(struct cats_net *cn, const struct net_device *vrf);

#endif /* CATS_SID_H */
