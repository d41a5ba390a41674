// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family cats: flows and their table.
 */
#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "cats_nl.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"

static bool cats_has_ports(const struct cats_flow_key *key)
{
	return key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_UDP;
}

static int cats_flow_put_key(struct sk_buff *skb,
			     const struct cats_flow_key *key)
{
	return nla_put_in6_addr(skb, CATS_A_FLOW_SADDR, &key->saddr) ||
	       nla_put_in6_addr(skb, CATS_A_FLOW_DADDR, &key->daddr) ||
	       nla_put_u8(skb, CATS_A_FLOW_PROTOCOL, key->protocol) ||
	       (cats_has_ports(key) &&
		(nla_put_be16(skb, CATS_A_FLOW_SPORT, key->sport) ||
		 nla_put_be16(skb, CATS_A_FLOW_DPORT, key->dport))) ?
	       -EMSGSIZE : 0;
}

static int cats_flow_put(struct sk_buff *skb, const struct cats_flow *flow)
{
	u32 idle = jiffies_to_msecs(cats_flow_idle(flow));
	u64 age = div_u64(ktime_get_ns() - flow->started, NSEC_PER_MSEC);

	return nla_put_in6_addr(skb, CATS_A_FLOW_INSTANCE, &flow->instance->id) ||
	       cats_flow_put_key(skb, &flow->key) ||
	       nla_put_u32(skb, CATS_A_FLOW_STATE, READ_ONCE(flow->state)) ||
	       nla_put_u32(skb, CATS_A_FLOW_IDLE, idle) ||
	       nla_put_u64_64bit(skb, CATS_A_FLOW_DURATION,
				 age > idle ? age - idle : 0, CATS_A_FLOW_PAD) ||
	       nla_put_u64_64bit(skb, CATS_A_FLOW_PACKETS,
				 atomic64_read(&flow->packets),
				 CATS_A_FLOW_PAD) ||
	       nla_put_u64_64bit(skb, CATS_A_FLOW_BYTES,
				 atomic64_read(&flow->bytes), CATS_A_FLOW_PAD) ?
	       -EMSGSIZE : 0;
}

static int cats_flow_message(const struct cats_message *msg,
			     const struct cats_flow *flow, u8 cmd, u32 why)
{
	void *header = cats_message_begin(msg, &cats_genl_family, cmd);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = cats_flow_put(msg->skb, flow);
	if (!err && cmd == CATS_CMD_FLOW_END_NTF)
		err = nla_put_u32(msg->skb, CATS_A_FLOW_END, why);
	return cats_message_end(msg, header, err);
}

/**
 * cats_notify_flow() - tell who listens that a flow started or ended
 * @cn: namespace
 * @flow: which; the caller is in RCU
 * @cmd: event
 * @why: enum cats_flow_end, for the end
 */
void cats_notify_flow(struct cats_net *cn, const struct cats_flow *flow, u8 cmd,
		      u32 why)
{
	struct cats_message msg;
	struct sk_buff *skb;

	skb = cats_event_alloc(&cats_genl_family, cn->net, CATS_NLGRP_FLOW, &msg,
			       GFP_ATOMIC);
	if (skb)
		cats_event_send(&cats_genl_family, cn->net, CATS_NLGRP_FLOW, skb,
				cats_flow_message(&msg, flow, cmd, why),
				GFP_ATOMIC);
}

static bool cats_flow_has_id(const struct cats_flow *flow,
			     const struct nlattr *id)
{
	return !id || !memcmp(nla_data(id), &flow->instance->id, 16);
}

/*
 * Flows that differ in the cats device only are rare enough to be looked for one
 * device after the other.
 */
static struct cats_flow *cats_flow_wanted(struct cats_net *cn,
					  struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct cats_flow_key key = {
		.saddr = nla_get_in6_addr(attrs[CATS_A_FLOW_SADDR]),
		.daddr = nla_get_in6_addr(attrs[CATS_A_FLOW_DADDR]),
		.protocol = nla_get_u8(attrs[CATS_A_FLOW_PROTOCOL]),
	};
	struct net_device *dev;
	struct cats_flow *flow;

	if (attrs[CATS_A_FLOW_SPORT])
		key.sport = nla_get_be16(attrs[CATS_A_FLOW_SPORT]);
	if (attrs[CATS_A_FLOW_DPORT])
		key.dport = nla_get_be16(attrs[CATS_A_FLOW_DPORT]);
	for_each_netdev_rcu(cn->net, dev) {
		key.ifindex = dev->ifindex;
		flow = cats_flow_find(cn, &key);
		if (flow && cats_flow_has_id(flow, attrs[CATS_A_FLOW_INSTANCE]))
			return flow;
	}
	return NULL;
}

int cats_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_message msg;
	struct cats_flow *flow;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, CATS_A_FLOW_SADDR) ||
	    GENL_REQ_ATTR_CHECK(info, CATS_A_FLOW_DADDR) ||
	    GENL_REQ_ATTR_CHECK(info, CATS_A_FLOW_PROTOCOL))
		return cats_refuse(info, NULL,
				   "a flow has two addresses and a protocol",
				   -EINVAL);
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	rcu_read_lock();
	flow = cats_flow_wanted(cn, info);
	err = flow ? cats_flow_message(&msg, flow, CATS_CMD_FLOW_GET, 0) :
		     cats_refuse(info, NULL, "there is no such flow", -ENOENT);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

/* A dump follows the table in a walk of its own. */
struct cats_flow_dump {
	struct rhashtable_iter *walk;
};

static struct cats_flow_dump *cats_flow_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct cats_flow_dump) > sizeof(cb->ctx));
	return (struct cats_flow_dump *)cb->ctx;
}

int cats_nl_flow_get_start(struct netlink_callback *cb)
{
	struct cats_net *cn = cats_net(sock_net(cb->skb->sk));
	struct cats_flow_dump *dump = cats_flow_dump(cb);

	dump->walk = kmalloc(sizeof(*dump->walk), GFP_KERNEL);
	if (!dump->walk)
		return -ENOMEM;
	rhashtable_walk_enter(&cn->flows.flows, dump->walk);
	return 0;
}

int cats_nl_flow_get_done(struct netlink_callback *cb)
{
	struct cats_flow_dump *dump = cats_flow_dump(cb);

	rhashtable_walk_exit(dump->walk);
	kfree(dump->walk);
	return 0;
}

/* A resize of the table begins the walk again, and makes it inconsistent. */
int cats_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *id = genl_info_dump(cb)->attrs[CATS_A_FLOW_INSTANCE];
	struct cats_message msg = cats_message_dump(skb, cb);
	struct cats_flow_dump *dump = cats_flow_dump(cb);
	struct cats_flow *flow;
	int err;

	err = cats_dump_only(cb, CATS_A_FLOW_DPORT, BIT(CATS_A_FLOW_INSTANCE));
	if (err)
		return err;
	if (!cb->seq)
		cb->seq = 1;
	if (rhashtable_walk_start_check(dump->walk))
		cb->seq++;
	for (flow = rhashtable_walk_peek(dump->walk); flow;
	     flow = rhashtable_walk_next(dump->walk)) {
		if (IS_ERR(flow)) {
			cb->seq++;
			continue;
		}
		if (cats_flow_has_id(flow, id) &&
		    cats_flow_message(&msg, flow, CATS_CMD_FLOW_GET, 0))
			break;
	}
	rhashtable_walk_stop(dump->walk);
	return skb->len;
}

/* Which attribute is the timeout of a state. */
static const u16 cats_timeout_attr[CATS_FLOW_STATES] = {
	[CATS_FLOW_STATE_SYN] = CATS_A_FLOW_TABLE_TIMEOUT_SYN,
	[CATS_FLOW_STATE_ESTABLISHED] = CATS_A_FLOW_TABLE_TIMEOUT_ESTABLISHED,
	[CATS_FLOW_STATE_CLOSING] = CATS_A_FLOW_TABLE_TIMEOUT_CLOSING,
	[CATS_FLOW_STATE_UDP] = CATS_A_FLOW_TABLE_TIMEOUT_UDP,
	[CATS_FLOW_STATE_OTHER] = CATS_A_FLOW_TABLE_TIMEOUT_OTHER,
};

static int cats_flow_table_put(struct sk_buff *skb,
			       const struct cats_flow_table *table)
{
	int i;

	if (nla_put_u32(skb, CATS_A_FLOW_TABLE_MAX_FLOWS,
			READ_ONCE(table->max)) ||
	    nla_put_u32(skb, CATS_A_FLOW_TABLE_FLOWS,
			max(atomic_read(&table->count), 0)) ||
	    nla_put_u32(skb, CATS_A_FLOW_TABLE_FLOW_SIZE,
			ALIGN(sizeof(struct cats_flow), SMP_CACHE_BYTES)) ||
	    nla_put_u64_64bit(skb, CATS_A_FLOW_TABLE_UNTRACKED,
			      atomic64_read(&table->untracked),
			      CATS_A_FLOW_TABLE_PAD))
		return -EMSGSIZE;
	for (i = 0; i < CATS_FLOW_STATES; i++)
		if (nla_put_u32(skb, cats_timeout_attr[i],
				READ_ONCE(table->timeout[i]) / HZ))
			return -EMSGSIZE;
	return 0;
}

int cats_nl_flow_table_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_message msg;
	void *header;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	header = cats_message_begin(&msg, &cats_genl_family,
				    CATS_CMD_FLOW_TABLE_GET);
	if (!header || cats_message_end(&msg, header,
					cats_flow_table_put(skb, &cn->flows))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	return genlmsg_reply(skb, info);
}

int cats_nl_flow_table_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *max = info->attrs[CATS_A_FLOW_TABLE_MAX_FLOWS];
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct nlattr *timeout;
	int i;

	mutex_lock(&cn->lock);
	if (max)
		WRITE_ONCE(cn->flows.max, nla_get_u32(max));
	for (i = 0; i < CATS_FLOW_STATES; i++) {
		timeout = info->attrs[cats_timeout_attr[i]];
		if (timeout)
			WRITE_ONCE(cn->flows.timeout[i],
				   nla_get_u32(timeout) * HZ);
	}
	mutex_unlock(&cn->lock);
	return 0;
}
