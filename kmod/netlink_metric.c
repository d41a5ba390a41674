// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family cats_metric: metrics of instances and thresholds on them.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "cats_metric_nl.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"

static int cats_metric_put(struct sk_buff *skb,
			   const struct cats_instance *instance)
{
	u64 age = ktime_to_us(ktime_get()) - READ_ONCE(instance->rates.time);

	if (nla_put_in6_addr(skb, CATS_METRIC_A_METRIC_INSTANCE, &instance->id) ||
	    nla_put_u32(skb, CATS_METRIC_A_METRIC_FLOWS,
			max(atomic_read(&instance->flows), 0)) ||
	    nla_put_u64_64bit(skb, CATS_METRIC_A_METRIC_FLOW_RATE,
			      cats_rate(instance, CATS_RATE_FLOWS),
			      CATS_METRIC_A_METRIC_PAD) ||
	    nla_put_u64_64bit(skb, CATS_METRIC_A_METRIC_PACKET_RATE,
			      cats_rate(instance, CATS_RATE_PACKETS),
			      CATS_METRIC_A_METRIC_PAD) ||
	    nla_put_u64_64bit(skb, CATS_METRIC_A_METRIC_BYTE_RATE,
			      cats_rate(instance, CATS_RATE_BYTES),
			      CATS_METRIC_A_METRIC_PAD) ||
	    nla_put_u32(skb, CATS_METRIC_A_METRIC_AGE,
			div_u64(age, USEC_PER_MSEC)))
		return -EMSGSIZE;
	if (!atomic_read(&instance->latency))
		return 0;
	return nla_put_u32(skb, CATS_METRIC_A_METRIC_HANDSHAKE_LATENCY,
			   cats_instance_latency_us(instance));
}

static int cats_metric_message(const struct cats_message *msg,
			       const struct cats_instance *instance)
{
	void *header = cats_message_begin(msg, &cats_metric_genl_family,
					  CATS_METRIC_CMD_METRIC_GET);

	if (!header)
		return -EMSGSIZE;
	return cats_message_end(msg, header,
				cats_metric_put(msg->skb, instance));
}

/* The instance of a request; cn->lock or rcu_read_lock() is held. */
static struct cats_instance *cats_metric_instance(struct cats_net *cn,
						  const struct genl_info *info,
						  const struct nlattr *attr)
{
	struct cats_instance *instance;
	struct in6_addr id;

	if (!attr)
		return ERR_PTR(cats_refuse(info, NULL, "which instance?",
					   -EINVAL));
	id = nla_get_in6_addr(attr);
	instance = cats_instance_find(cn, &id);
	if (instance)
		return instance;
	return ERR_PTR(cats_refuse(info, attr, "no instance has this CSCI-ID",
				   -ENOENT));
}

int cats_metric_nl_metric_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[CATS_METRIC_A_METRIC_INSTANCE];
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_instance *instance;
	struct cats_message msg;
	int err;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	rcu_read_lock();
	instance = cats_metric_instance(cn, info, attr);
	err = PTR_ERR_OR_ZERO(instance);
	if (!err)
		err = cats_metric_message(&msg, instance);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

int cats_metric_nl_metric_get_dumpit(struct sk_buff *skb,
				     struct netlink_callback *cb)
{
	struct cats_message msg = cats_message_dump(skb, cb);
	struct cats_net *cn = cats_net(sock_net(skb->sk));
	struct cats_dump *dump = cats_dump(cb);
	struct cats_instance *instance;
	unsigned long index;
	int err;

	err = cats_dump_only(cb, CATS_METRIC_A_METRIC_INSTANCE, 0);
	if (err)
		return err;
	cb->seq = READ_ONCE(cn->generation);
	rcu_read_lock();
	xa_for_each_start(&cn->instance_index, index, instance, dump->next) {
		if (cats_metric_message(&msg, instance))
			break;
		dump->next = index + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

static int cats_level_put(struct sk_buff *skb, const struct cats_level *level)
{
	struct nlattr *nest = nla_nest_start(skb, CATS_METRIC_A_THRESHOLD_LEVEL);

	if (!nest ||
	    nla_put_u64_64bit(skb, CATS_METRIC_A_LEVEL_RISE, level->rise,
			      CATS_METRIC_A_LEVEL_PAD) ||
	    nla_put_u64_64bit(skb, CATS_METRIC_A_LEVEL_FALL, level->fall,
			      CATS_METRIC_A_LEVEL_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int cats_threshold_put(struct sk_buff *skb,
			      const struct cats_instance *instance, u32 kind,
			      u32 current_level, u64 value, u64 crossings)
{
	return nla_put_in6_addr(skb, CATS_METRIC_A_THRESHOLD_INSTANCE,
				&instance->id) ||
	       nla_put_u32(skb, CATS_METRIC_A_THRESHOLD_KIND, kind) ||
	       nla_put_u32(skb, CATS_METRIC_A_THRESHOLD_CURRENT,
			   current_level) ||
	       nla_put_u64_64bit(skb, CATS_METRIC_A_THRESHOLD_VALUE, value,
				 CATS_METRIC_A_THRESHOLD_PAD) ||
	       nla_put_u64_64bit(skb, CATS_METRIC_A_THRESHOLD_CROSSINGS,
				 crossings, CATS_METRIC_A_THRESHOLD_PAD) ?
	       -EMSGSIZE : 0;
}

static int cats_threshold_message(const struct cats_message *msg,
				  const struct cats_instance *instance, u32 kind,
				  struct cats_threshold *threshold)
{
	void *header = cats_message_begin(msg, &cats_metric_genl_family,
					  CATS_METRIC_CMD_THRESHOLD_GET);
	int err;
	u32 i;

	if (!header)
		return -EMSGSIZE;
	spin_lock_bh(&threshold->lock);
	err = cats_threshold_put(msg->skb, instance, kind,
				 threshold->current_level, threshold->value,
				 threshold->crossings);
	spin_unlock_bh(&threshold->lock);
	for (i = 0; !err && i < threshold->levels; i++)
		err = cats_level_put(msg->skb, &threshold->level[i]);
	return cats_message_end(msg, header, err);
}

/**
 * cats_notify_crossing() - tell who listens that a level was crossed
 * @instance: whose metric
 * @crossing: what happened; the threshold's lock is held
 */
void cats_notify_crossing(const struct cats_instance *instance,
			  const struct cats_crossing *crossing)
{
	struct cats_net *cn = instance->cn;
	struct cats_message msg;
	struct sk_buff *skb;
	void *header;
	int err;

	skb = cats_event_alloc(&cats_metric_genl_family, cn->net,
			       CATS_METRIC_NLGRP_METRIC, &msg, GFP_ATOMIC);
	if (!skb)
		return;
	header = cats_message_begin(&msg, &cats_metric_genl_family,
				    CATS_METRIC_CMD_THRESHOLD_NTF);
	err = header ? cats_threshold_put(skb, instance, crossing->kind,
					  crossing->current_level,
					  crossing->value, crossing->crossings) :
		       -EMSGSIZE;
	if (!err && (nla_put_u32(skb, CATS_METRIC_A_THRESHOLD_PREVIOUS,
				 crossing->previous) ||
		     nla_put_u64_64bit(skb, CATS_METRIC_A_THRESHOLD_TIME,
				       crossing->time,
				       CATS_METRIC_A_THRESHOLD_PAD)))
		err = -EMSGSIZE;
	if (header)
		cats_message_end(&msg, header, err);
	cats_event_send(&cats_metric_genl_family, cn->net,
			CATS_METRIC_NLGRP_METRIC, skb, err, GFP_ATOMIC);
}

static int cats_kind_parse(struct genl_info *info, u32 *kind)
{
	struct nlattr *attr = info->attrs[CATS_METRIC_A_THRESHOLD_KIND];

	if (GENL_REQ_ATTR_CHECK(info, CATS_METRIC_A_THRESHOLD_KIND))
		return cats_refuse(info, NULL, "which metric?", -EINVAL);
	*kind = nla_get_u32(attr);
	return 0;
}

int cats_metric_nl_threshold_get_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	struct nlattr *attr = info->attrs[CATS_METRIC_A_THRESHOLD_INSTANCE];
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_threshold *threshold = NULL;
	struct cats_instance *instance;
	struct cats_message msg;
	u32 kind;
	int err;

	err = cats_kind_parse(info, &kind);
	if (err)
		return err;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	rcu_read_lock();
	instance = cats_metric_instance(cn, info, attr);
	err = PTR_ERR_OR_ZERO(instance);
	if (!err)
		threshold = rcu_dereference(instance->threshold[kind]);
	if (threshold)
		err = cats_threshold_message(&msg, instance, kind, threshold);
	else if (!err)
		err = cats_refuse(info, NULL, "the metric has no levels",
				  -ENOENT);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

/* Position: instance by creation, and metric. */
int cats_metric_nl_threshold_get_dumpit(struct sk_buff *skb,
					struct netlink_callback *cb)
{
	struct nlattr *id =
		genl_info_dump(cb)->attrs[CATS_METRIC_A_THRESHOLD_INSTANCE];
	struct cats_message msg = cats_message_dump(skb, cb);
	struct cats_net *cn = cats_net(sock_net(skb->sk));
	struct cats_dump *dump = cats_dump(cb);
	unsigned long index = dump->next / CATS_METRIC_KINDS;
	u32 kind = dump->next % CATS_METRIC_KINDS;
	struct cats_threshold *threshold;
	struct cats_instance *instance;
	int err;

	err = cats_dump_only(cb, CATS_METRIC_A_THRESHOLD_KIND,
			     BIT(CATS_METRIC_A_THRESHOLD_INSTANCE));
	if (err)
		return err;
	cb->seq = READ_ONCE(cn->generation);
	rcu_read_lock();
	xa_for_each_start(&cn->instance_index, index, instance, index) {
		if (index != dump->next / CATS_METRIC_KINDS)
			kind = 0;
		for (; kind < CATS_METRIC_KINDS; kind++) {
			dump->next = index * CATS_METRIC_KINDS + kind;
			threshold = rcu_dereference(instance->threshold[kind]);
			if (threshold &&
			    (!id || !memcmp(nla_data(id), &instance->id, 16)) &&
			    cats_threshold_message(&msg, instance, kind,
						   threshold))
				goto full;
		}
		dump->next = (index + 1) * CATS_METRIC_KINDS;
		kind = 0;
	}
full:
	rcu_read_unlock();
	return skb->len;
}

/* Levels ascend, and do not overlap in a way that value could be in two. */
static int cats_level_parse(const struct genl_info *info,
			    const struct nlattr *attr, struct cats_level *level,
			    const struct cats_level *below)
{
	struct nlattr *tb[CATS_METRIC_A_LEVEL_FALL + 1];
	int err;

	err = nla_parse_nested(tb, CATS_METRIC_A_LEVEL_FALL, attr,
			       cats_metric_level_nl_policy, info->extack);
	if (err)
		return err;
	if (!tb[CATS_METRIC_A_LEVEL_RISE])
		return cats_refuse(info, attr, "a level needs a rise", -EINVAL);
	level->rise = nla_get_u64(tb[CATS_METRIC_A_LEVEL_RISE]);
	level->fall = tb[CATS_METRIC_A_LEVEL_FALL] ?
		      nla_get_u64(tb[CATS_METRIC_A_LEVEL_FALL]) : level->rise;
	if (!level->fall || level->fall > level->rise)
		return cats_refuse(info, attr,
				   "the fall of a level is from 1 to its rise",
				   -EINVAL);
	if (below && (level->rise <= below->rise || level->fall < below->fall))
		return cats_refuse(info, attr,
				   "levels must be in ascending order", -EINVAL);
	return 0;
}

static struct cats_threshold *
cats_threshold_parse(const struct genl_info *info)
{
	int rem = genlmsg_len(info->genlhdr), err;
	struct cats_threshold *threshold;
	const struct nlattr *attr;
	u32 i = 0;

	threshold = kzalloc(struct_size(threshold, level, CATS_METRIC_LEVELS_MAX),
			    GFP_KERNEL_ACCOUNT);
	if (!threshold)
		return ERR_PTR(-ENOMEM);
	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), rem, rem) {
		if (nla_type(attr) != CATS_METRIC_A_THRESHOLD_LEVEL)
			continue;
		if (i == CATS_METRIC_LEVELS_MAX)
			err = cats_refuse(info, attr, "too many levels", -E2BIG);
		else
			err = cats_level_parse(info, attr, &threshold->level[i],
					       i ? &threshold->level[i - 1] :
						   NULL);
		if (err)
			goto err_free;
		i++;
	}
	err = -EINVAL;
	if (!i) {
		cats_refuse(info, NULL, "a threshold needs levels", err);
		goto err_free;
	}
	threshold->levels = i;
	return threshold;

err_free:
	kfree(threshold);
	return ERR_PTR(err);
}

int cats_metric_nl_threshold_set_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	struct nlattr *attr = info->attrs[CATS_METRIC_A_THRESHOLD_INSTANCE];
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_threshold *threshold;
	struct cats_instance *instance;
	u32 kind;
	int err;

	err = cats_kind_parse(info, &kind);
	if (err)
		return err;
	threshold = cats_threshold_parse(info);
	if (IS_ERR(threshold))
		return PTR_ERR(threshold);
	mutex_lock(&cn->lock);
	instance = cats_metric_instance(cn, info, attr);
	err = PTR_ERR_OR_ZERO(instance);
	if (err)
		kfree(threshold);
	else
		cats_threshold_set(instance, kind, threshold);
	mutex_unlock(&cn->lock);
	return err;
}

int cats_metric_nl_threshold_del_doit(struct sk_buff *skb,
				      struct genl_info *info)
{
	struct nlattr *attr = info->attrs[CATS_METRIC_A_THRESHOLD_INSTANCE];
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_instance *instance;
	u32 kind;
	int err;

	err = cats_kind_parse(info, &kind);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	instance = cats_metric_instance(cn, info, attr);
	err = PTR_ERR_OR_ZERO(instance);
	if (!err && !rcu_access_pointer(instance->threshold[kind]))
		err = cats_refuse(info, NULL, "the metric has no levels",
				  -ENOENT);
	if (!err)
		cats_threshold_set(instance, kind, NULL);
	mutex_unlock(&cn->lock);
	return err;
}
