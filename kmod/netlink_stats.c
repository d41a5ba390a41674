// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family cats: how packets ended, by device and verdict.
 */
#include <net/sock.h>

#include <cats/verdict.h>

#include "cats_nl.h"
#include "dev.h"
#include "net.h"
#include "netlink.h"

static const char *const cats_reason_names[CATS_REASONS_EGRESS] = {
	CATS_REASONS_OF_EGRESS(CATS_REASON_EGRESS_NAME)
};

static int cats_reason_put(struct sk_buff *skb, u32 i, u64 packets)
{
	struct nlattr *nest = nla_nest_start(skb, CATS_A_STATS_REASON);

	if (!nest ||
	    nla_put_u32(skb, CATS_A_REASON_NUMBER, CATS_REASON_EGRESS + i) ||
	    nla_put_string(skb, CATS_A_REASON_NAME, cats_reason_names[i]) ||
	    nla_put_u64_64bit(skb, CATS_A_REASON_PACKETS, packets,
			      CATS_A_REASON_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int cats_stats_message(const struct cats_message *msg,
			      const struct net_device *dev)
{
	void *header = cats_message_begin(msg, &cats_genl_family,
					  CATS_CMD_STATS_GET);
	u64 sum[CATS_REASONS_EGRESS];
	int err, i;

	if (!header)
		return -EMSGSIZE;
	cats_dev_counts_sum(dev, sum);
	err = nla_put_u32(msg->skb, CATS_A_STATS_IFINDEX, dev->ifindex);
	for (i = 0; !err && i < CATS_REASONS_EGRESS; i++)
		if (cats_reason_names[i])
			err = cats_reason_put(msg->skb, i, sum[i]);
	return cats_message_end(msg, header, err);
}

int cats_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *ifindex = info->attrs[CATS_A_STATS_IFINDEX];
	struct net_device *dev;
	struct cats_message msg;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, CATS_A_STATS_IFINDEX))
		return cats_refuse(info, NULL, "which cats device?", -EINVAL);
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	rcu_read_lock();
	dev = dev_get_by_index_rcu(genl_info_net(info), nla_get_u32(ifindex));
	err = dev && cats_dev_is(dev) ? cats_stats_message(&msg, dev) :
	      cats_refuse(info, ifindex, "no cats device has this index",
			  -ENODEV);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

int cats_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cats_message msg = cats_message_dump(skb, cb);
	struct cats_dump *dump = cats_dump(cb);
	struct net *net = sock_net(skb->sk);
	struct net_device *dev;
	unsigned long i = 0;
	int err;

	err = cats_dump_only(cb, CATS_A_STATS_IFINDEX, 0);
	if (err)
		return err;
	cb->seq = net->dev_base_seq ? : 1;
	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		if (i++ < dump->next)
			continue;
		if (cats_dev_is(dev) && cats_stats_message(&msg, dev))
			break;
		dump->next = i;
	}
	rcu_read_unlock();
	return skb->len;
}
