// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family cats: operations on SIDs.
 */
#include <net/ipv6.h>
#include <net/sock.h>

#include "behavior.h"
#include "cats_nl.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"
#include "sid.h"
#include "sid_conf.h"

static int cats_sid_put_conf(struct sk_buff *skb,
			     const struct cats_sid_conf *conf)
{
	return nla_put_in6_addr(skb, CATS_A_SID_SID, &conf->key.sid) ||
	       nla_put_u8(skb, CATS_A_SID_PREFIX_LEN, conf->key.len) ||
	       nla_put_u16(skb, CATS_A_SID_BEHAVIOR, conf->behavior->number) ||
	       nla_put_u32(skb, CATS_A_SID_IFINDEX, conf->ifindex) ||
	       (conf->nh4 && nla_put_in_addr(skb, CATS_A_SID_NH4, conf->nh4)) ||
	       (!ipv6_addr_any(&conf->nh6) &&
		nla_put_in6_addr(skb, CATS_A_SID_NH6, &conf->nh6)) ||
	       (conf->oif && nla_put_u32(skb, CATS_A_SID_OIF, conf->oif)) ||
	       (conf->vrftable &&
		nla_put_u32(skb, CATS_A_SID_VRFTABLE, conf->vrftable)) ||
	       (conf->instance &&
		nla_put_in6_addr(skb, CATS_A_SID_INSTANCE, &conf->instance->id)) ?
	       -EMSGSIZE : 0;
}

static int cats_sid_put(const struct cats_message *msg,
			const struct cats_sid *sid, u8 cmd)
{
	void *header = cats_message_begin(msg, &cats_genl_family, cmd);
	struct sk_buff *skb = msg->skb;
	u64 sum[CATS_SID_COUNTS];
	int err;

	if (!header)
		return -EMSGSIZE;
	cats_counts_sum(sid->counts, CATS_SID_COUNTS, sum);
	err = cats_sid_put_conf(skb, &sid->conf);
	if (nla_put_u64_64bit(skb, CATS_A_SID_PACKETS, sum[CATS_COUNT_PACKETS],
			      CATS_A_SID_PAD) ||
	    nla_put_u64_64bit(skb, CATS_A_SID_BYTES, sum[CATS_COUNT_BYTES],
			      CATS_A_SID_PAD) ||
	    nla_put_u64_64bit(skb, CATS_A_SID_DROPS, sum[CATS_SID_DROPS],
			      CATS_A_SID_PAD))
		err = -EMSGSIZE;
	return cats_message_end(msg, header, err);
}

/** cats_notify_sid() - tell who listens; cn->lock is held */
void cats_notify_sid(struct cats_net *cn, const struct cats_sid *sid, u8 cmd)
{
	struct cats_message msg;
	struct sk_buff *skb;

	skb = cats_event_alloc(&cats_genl_family, cn->net, CATS_NLGRP_CONFIG,
			       &msg, GFP_KERNEL);
	if (skb)
		cats_event_send(&cats_genl_family, cn->net, CATS_NLGRP_CONFIG,
				skb, cats_sid_put(&msg, sid, cmd), GFP_KERNEL);
}

int cats_nl_sid_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_sid_key key;
	struct cats_message msg;
	struct cats_sid *sid;
	int err;

	err = cats_sid_key_parse(info, &key);
	if (err)
		return err;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	rcu_read_lock();
	sid = cats_sid_find(cn, &key);
	err = sid ? cats_sid_put(&msg, sid, CATS_CMD_SID_GET) :
		    cats_refuse(info, info->attrs[CATS_A_SID_SID],
				"there is no such SID", -ENOENT);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

static bool cats_sid_wanted(const struct cats_sid *sid,
			    struct nlattr *const *attrs)
{
	const struct nlattr *ifindex = attrs[CATS_A_SID_IFINDEX];
	const struct nlattr *instance = attrs[CATS_A_SID_INSTANCE];

	if (ifindex && nla_get_u32(ifindex) != sid->conf.ifindex)
		return false;
	return !instance ||
	       (sid->conf.instance &&
		!memcmp(nla_data(instance), &sid->conf.instance->id, 16));
}

int cats_nl_sid_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cats_message msg = cats_message_dump(skb, cb);
	struct cats_net *cn = cats_net(sock_net(skb->sk));
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	struct cats_dump *dump = cats_dump(cb);
	struct cats_sid *sid;
	unsigned long index;
	int err;

	err = cats_dump_only(cb, CATS_A_SID_INSTANCE,
			     BIT(CATS_A_SID_IFINDEX) | BIT(CATS_A_SID_INSTANCE));
	if (err)
		return err;
	cb->seq = READ_ONCE(cn->generation);
	rcu_read_lock();
	xa_for_each_start(&cn->sid_index, index, sid, dump->next) {
		if (cats_sid_wanted(sid, attrs) &&
		    cats_sid_put(&msg, sid, CATS_CMD_SID_GET))
			break;
		dump->next = index + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

/* Adds what is configured, or swings it in for @old. */
static int cats_sid_apply(struct cats_net *cn, const struct genl_info *info,
			  struct cats_sid *old, struct cats_sid_conf *conf)
{
	struct cats_sid *sid;
	int err;

	err = cats_sid_conf_parse(cn, info, conf);
	if (err)
		return err;
	sid = old ? cats_sid_replace(cn, old, conf) : cats_sid_add(cn, conf);
	if (IS_ERR(sid))
		return PTR_ERR(sid);
	cats_notify_sid(cn, sid, old ? CATS_CMD_SID_SET_NTF :
				       CATS_CMD_SID_NEW_NTF);
	return 0;
}

int cats_nl_sid_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	u16 flags = info->nlhdr->nlmsg_flags;
	struct cats_sid_conf conf = {};
	struct cats_sid *old;
	int err;

	err = cats_sid_key_parse(info, &conf.key);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	old = cats_sid_find(cn, &conf.key);
	if (old)
		conf.ifindex = old->conf.ifindex;
	if (old && (flags & NLM_F_EXCL || !(flags & NLM_F_REPLACE)))
		err = cats_refuse(info, info->attrs[CATS_A_SID_SID],
				  "there is such a SID", -EEXIST);
	else if (!old && flags & NLM_F_REPLACE && !(flags & NLM_F_CREATE))
		err = cats_refuse(info, info->attrs[CATS_A_SID_SID],
				  "there is no such SID", -ENOENT);
	else
		err = cats_sid_apply(cn, info, old, &conf);
	mutex_unlock(&cn->lock);
	return err;
}

int cats_nl_sid_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_sid_conf conf;
	struct cats_sid_key key;
	struct cats_sid *old;
	int err;

	err = cats_sid_key_parse(info, &key);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	old = cats_sid_find(cn, &key);
	if (old) {
		conf = old->conf;
		err = cats_sid_apply(cn, info, old, &conf);
	} else {
		err = cats_refuse(info, info->attrs[CATS_A_SID_SID],
				  "there is no such SID", -ENOENT);
	}
	mutex_unlock(&cn->lock);
	return err;
}

int cats_nl_sid_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_sid_key key;
	struct cats_sid *sid;
	int err;

	err = cats_sid_key_parse(info, &key);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	sid = cats_sid_find(cn, &key);
	if (sid)
		cats_sid_remove(cn, sid);
	else
		err = cats_refuse(info, info->attrs[CATS_A_SID_SID],
				  "there is no such SID", -ENOENT);
	mutex_unlock(&cn->lock);
	return err;
}

int cats_nl_sid_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct nlattr *ifindex = info->attrs[CATS_A_SID_IFINDEX];

	mutex_lock(&cn->lock);
	cats_sids_remove(cn, ifindex ? nla_get_u32(ifindex) : 0);
	mutex_unlock(&cn->lock);
	return 0;
}
