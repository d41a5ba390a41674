// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family cats: operations on service contact instances.
 */
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "cats_nl.h"
#include "instance.h"
#include "net.h"
#include "netlink.h"

static int cats_instance_put_prefix(struct sk_buff *skb,
				    const struct cats_prefix *prefix)
{
	struct nlattr *nest = nla_nest_start(skb, CATS_A_INSTANCE_CS_ID);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_in6_addr(skb, CATS_A_PREFIX_ADDRESS, &prefix->address) ||
	    nla_put_u8(skb, CATS_A_PREFIX_LEN, prefix->len))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int cats_instance_put_conf(struct sk_buff *skb,
				  const struct cats_instance *instance)
{
	const struct cats_instance_conf *conf;
	u32 i;

	/* readers are in RCU, notifiers hold the lock */
	conf = rcu_dereference_check(instance->conf,
				     lockdep_is_held(&instance->cn->lock));
	if (nla_put_in6_addr(skb, CATS_A_INSTANCE_ID, &instance->id) ||
	    nla_put_u32(skb, CATS_A_INSTANCE_STATE, conf->state) ||
	    nla_put_u32(skb, CATS_A_INSTANCE_FLOW_LIMIT, conf->flow_limit) ||
	    nla_put_u32(skb, CATS_A_INSTANCE_SIDS, READ_ONCE(instance->sids)))
		return -EMSGSIZE;
	for (i = 0; i < conf->cs_ids; i++)
		if (cats_instance_put_prefix(skb, &conf->cs_id[i]))
			return -EMSGSIZE;
	return 0;
}

static int cats_instance_put_counts(struct sk_buff *skb,
				    const struct cats_instance *instance)
{
	static const u16 attr[CATS_COUNTS] = {
		[CATS_COUNT_PACKETS] = CATS_A_INSTANCE_PACKETS,
		[CATS_COUNT_BYTES] = CATS_A_INSTANCE_BYTES,
		[CATS_COUNT_STARTED] = CATS_A_INSTANCE_FLOWS_STARTED,
		[CATS_COUNT_ENDED] = CATS_A_INSTANCE_FLOWS_ENDED,
		[CATS_COUNT_HANDSHAKES] = CATS_A_INSTANCE_HANDSHAKES,
		[CATS_COUNT_DROP_CS_ID] = CATS_A_INSTANCE_DROP_CS_ID,
		[CATS_COUNT_DROP_DOWN] = CATS_A_INSTANCE_DROP_DOWN,
		[CATS_COUNT_DROP_DRAIN] = CATS_A_INSTANCE_DROP_DRAIN,
		[CATS_COUNT_DROP_LIMIT] = CATS_A_INSTANCE_DROP_LIMIT,
	};
	u64 sum[CATS_COUNTS];
	int i;

	cats_counts_sum(instance->counts, CATS_COUNTS, sum);
	for (i = 0; i < CATS_COUNTS; i++)
		if (nla_put_u64_64bit(skb, attr[i], sum[i], CATS_A_INSTANCE_PAD))
			return -EMSGSIZE;
	if (nla_put_u32(skb, CATS_A_INSTANCE_FLOWS,
			max(atomic_read(&instance->flows), 0)))
		return -EMSGSIZE;
	if (atomic_read(&instance->latency) &&
	    nla_put_u32(skb, CATS_A_INSTANCE_HANDSHAKE_LATENCY,
			cats_instance_latency_us(instance)))
		return -EMSGSIZE;
	return 0;
}

static int cats_instance_message(const struct cats_message *msg,
				 const struct cats_instance *instance, u8 cmd)
{
	void *header = cats_message_begin(msg, &cats_genl_family, cmd);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = cats_instance_put_conf(msg->skb, instance);
	if (!err)
		err = cats_instance_put_counts(msg->skb, instance);
	return cats_message_end(msg, header, err);
}

/** cats_notify_instance() - tell who listens; cn->lock is held */
void cats_notify_instance(struct cats_net *cn,
			  const struct cats_instance *instance, u8 cmd)
{
	struct cats_message msg;
	struct sk_buff *skb;

	skb = cats_event_alloc(&cats_genl_family, cn->net, CATS_NLGRP_CONFIG,
			       &msg, GFP_KERNEL);
	if (skb)
		cats_event_send(&cats_genl_family, cn->net, CATS_NLGRP_CONFIG,
				skb, cats_instance_message(&msg, instance, cmd),
				GFP_KERNEL);
}

static int cats_instance_id_parse(struct genl_info *info,
				  struct in6_addr *id)
{
	if (GENL_REQ_ATTR_CHECK(info, CATS_A_INSTANCE_ID))
		return cats_refuse(info, NULL, "a CSCI-ID is needed", -EINVAL);
	*id = nla_get_in6_addr(info->attrs[CATS_A_INSTANCE_ID]);
	if (ipv6_addr_any(id))
		return cats_refuse(info, info->attrs[CATS_A_INSTANCE_ID],
				   "a CSCI-ID cannot be ::", -EINVAL);
	return 0;
}

/* The instance of a request; cn->lock or rcu_read_lock() is held. */
static struct cats_instance *cats_instance_wanted(struct cats_net *cn,
						  const struct genl_info *info,
						  const struct in6_addr *id)
{
	struct cats_instance *instance = cats_instance_find(cn, id);

	if (instance)
		return instance;
	return ERR_PTR(cats_refuse(info, info->attrs[CATS_A_INSTANCE_ID],
				   "no instance has this CSCI-ID", -ENOENT));
}

int cats_nl_instance_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_instance *instance;
	struct cats_message msg;
	struct in6_addr id;
	int err;

	err = cats_instance_id_parse(info, &id);
	if (err)
		return err;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	msg = cats_message_reply(skb, info);
	rcu_read_lock();
	instance = cats_instance_wanted(cn, info, &id);
	err = PTR_ERR_OR_ZERO(instance);
	if (!err)
		err = cats_instance_message(&msg, instance,
					    CATS_CMD_INSTANCE_GET);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

int cats_nl_instance_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct cats_message msg = cats_message_dump(skb, cb);
	struct cats_net *cn = cats_net(sock_net(skb->sk));
	struct cats_dump *dump = cats_dump(cb);
	struct cats_instance *instance;
	unsigned long index;
	int err;

	err = cats_dump_only(cb, CATS_A_INSTANCE_ID, 0);
	if (err)
		return err;
	cb->seq = READ_ONCE(cn->generation);
	rcu_read_lock();
	xa_for_each_start(&cn->instance_index, index, instance, dump->next) {
		if (cats_instance_message(&msg, instance, CATS_CMD_INSTANCE_GET))
			break;
		dump->next = index + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

static int cats_prefix_parse(const struct genl_info *info,
			     const struct nlattr *attr,
			     struct cats_prefix *prefix)
{
	struct nlattr *tb[CATS_A_PREFIX_LEN + 1];
	struct in6_addr address;
	int err;

	err = nla_parse_nested(tb, CATS_A_PREFIX_LEN, attr, cats_prefix_nl_policy,
			       info->extack);
	if (err)
		return err;
	if (!tb[CATS_A_PREFIX_ADDRESS])
		return cats_refuse(info, attr, "a CS-ID needs an address",
				   -EINVAL);
	address = nla_get_in6_addr(tb[CATS_A_PREFIX_ADDRESS]);
	prefix->len = tb[CATS_A_PREFIX_LEN] ?
		      nla_get_u8(tb[CATS_A_PREFIX_LEN]) : 128;
	ipv6_addr_prefix(&prefix->address, &address, prefix->len);
	if (!ipv6_addr_equal(&prefix->address, &address))
		return cats_refuse(info, attr,
				   "bits of the CS-ID behind its prefix must be 0",
				   -EINVAL);
	return 0;
}

static const struct nlattr *cats_cs_id_next(const struct nlattr *attr, int *rem)
{
	for (; nla_ok(attr, *rem); attr = nla_next(attr, rem))
		if (nla_type(attr) == CATS_A_INSTANCE_CS_ID)
			return attr;
	return NULL;
}

static u32 cats_cs_ids_count(const struct genl_info *info)
{
	int rem = genlmsg_len(info->genlhdr);
	const struct nlattr *attr;
	u32 count = 0;

	for (attr = cats_cs_id_next(genlmsg_data(info->genlhdr), &rem); attr;
	     attr = cats_cs_id_next(nla_next(attr, &rem), &rem))
		count++;
	return count;
}

static int cats_cs_ids_parse(const struct genl_info *info,
			     struct cats_instance_conf *conf)
{
	int rem = genlmsg_len(info->genlhdr), err;
	const struct nlattr *attr;
	u32 i = 0;

	for (attr = cats_cs_id_next(genlmsg_data(info->genlhdr), &rem); attr;
	     attr = cats_cs_id_next(nla_next(attr, &rem), &rem)) {
		err = cats_prefix_parse(info, attr, &conf->cs_id[i++]);
		if (err)
			return err;
	}
	return 0;
}

/*
 * The configuration a request asks for.  What it does not mention is as in @old,
 * or as the specification says without.
 */
static struct cats_instance_conf *
cats_instance_conf_parse(const struct genl_info *info,
			 const struct cats_instance_conf *old)
{
	struct nlattr *limit = info->attrs[CATS_A_INSTANCE_FLOW_LIMIT];
	struct nlattr *state = info->attrs[CATS_A_INSTANCE_STATE];
	struct nlattr *cs_id = info->attrs[CATS_A_INSTANCE_CS_ID];
	bool any = old && info->attrs[CATS_A_INSTANCE_ANY_CS_ID];
	u32 cs_ids = cats_cs_ids_count(info);
	bool keep = old && !cs_id && !any;
	struct cats_instance_conf *conf;
	int err = -ENOMEM;

	if (any && cs_id)
		return ERR_PTR(cats_refuse(info, cs_id,
					   "either CS-IDs or any", -EINVAL));
	if (cs_ids > CATS_CS_IDS_MAX)
		return ERR_PTR(cats_refuse(info, cs_id,
					   "more CS-IDs than an instance may have",
					   -E2BIG));
	conf = cats_instance_conf_alloc(keep ? old->cs_ids : cs_ids);
	if (!conf)
		return ERR_PTR(-ENOMEM);
	if (keep)
		memcpy(conf->cs_id, old->cs_id,
		       flex_array_size(conf, cs_id, conf->cs_ids));
	err = cats_cs_ids_parse(info, conf);
	if (err) {
		kfree(conf);
		return ERR_PTR(err);
	}
	conf->state = state ? nla_get_u32(state) : old ? old->state : 0;
	conf->flow_limit = limit ? nla_get_u32(limit) :
			   old ? old->flow_limit : 0;
	return conf;
}

static int cats_instance_create(struct cats_net *cn,
				const struct genl_info *info,
				const struct in6_addr *id)
{
	struct cats_instance_conf *conf = cats_instance_conf_parse(info, NULL);
	struct cats_instance *instance;

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	instance = cats_instance_add(cn, id, conf);
	if (IS_ERR(instance)) {
		kfree(conf);
		return PTR_ERR(instance);
	}
	cats_notify_instance(cn, instance, CATS_CMD_INSTANCE_NEW_NTF);
	return 0;
}

/* @old: what stays as it is unless mentioned, or NULL to replace everything */
static int cats_instance_change(struct cats_net *cn,
				const struct genl_info *info,
				struct cats_instance *instance,
				const struct cats_instance_conf *old)
{
	struct cats_instance_conf *conf = cats_instance_conf_parse(info, old);

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	cats_instance_configure(instance, conf);
	cats_notify_instance(cn, instance, CATS_CMD_INSTANCE_SET_NTF);
	return 0;
}

int cats_nl_instance_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	u16 flags = info->nlhdr->nlmsg_flags;
	struct cats_instance *instance;
	struct in6_addr id;
	int err;

	err = cats_instance_id_parse(info, &id);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	instance = cats_instance_find(cn, &id);
	if (instance && (flags & NLM_F_EXCL || !(flags & NLM_F_REPLACE)))
		err = cats_refuse(info, info->attrs[CATS_A_INSTANCE_ID],
				  "an instance has this CSCI-ID", -EEXIST);
	else if (instance)
		err = cats_instance_change(cn, info, instance, NULL);
	else if (flags & NLM_F_REPLACE && !(flags & NLM_F_CREATE))
		err = PTR_ERR(cats_instance_wanted(cn, info, &id));
	else
		err = cats_instance_create(cn, info, &id);
	mutex_unlock(&cn->lock);
	return err;
}

int cats_nl_instance_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	const struct cats_instance_conf *old;
	struct cats_instance *instance;
	struct in6_addr id;
	int err;

	err = cats_instance_id_parse(info, &id);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	instance = cats_instance_wanted(cn, info, &id);
	err = PTR_ERR_OR_ZERO(instance);
	if (!err) {
		old = rcu_dereference_protected(instance->conf,
						lockdep_is_held(&cn->lock));
		err = cats_instance_change(cn, info, instance, old);
	}
	mutex_unlock(&cn->lock);
	return err;
}

/* Says so first: afterwards it may be freed at any time. */
static void cats_instance_delete(struct cats_net *cn,
				 struct cats_instance *instance)
{
	cats_notify_instance(cn, instance, CATS_CMD_INSTANCE_DEL_NTF);
	cats_instance_remove(instance);
}

int cats_nl_instance_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_instance *instance;
	struct in6_addr id;
	int err;

	err = cats_instance_id_parse(info, &id);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	instance = cats_instance_wanted(cn, info, &id);
	err = PTR_ERR_OR_ZERO(instance);
	if (!err && instance->sids)
		err = cats_refuse(info, info->attrs[CATS_A_INSTANCE_ID],
				  "a SID leads to the instance", -EBUSY);
	if (!err)
		cats_instance_delete(cn, instance);
	mutex_unlock(&cn->lock);
	return err;
}

static bool cats_instance_in_state(const struct cats_net *cn,
				   const struct cats_instance *instance,
				   const struct nlattr *state)
{
	const struct cats_instance_conf *conf;

	conf = rcu_dereference_protected(instance->conf,
					 lockdep_is_held(&cn->lock));
	return !state || conf->state == nla_get_u32(state);
}

int cats_nl_instance_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *state = info->attrs[CATS_A_INSTANCE_STATE];
	struct cats_net *cn = cats_net(genl_info_net(info));
	struct cats_instance *instance;
	unsigned long index;
	int err = 0;

	mutex_lock(&cn->lock);
	xa_for_each(&cn->instance_index, index, instance)
		if (cats_instance_in_state(cn, instance, state) && instance->sids)
			err = -EBUSY;
	if (err)
		cats_refuse(info, state, "SIDs lead to some of the instances",
			    err);
	else
		xa_for_each(&cn->instance_index, index, instance)
			if (cats_instance_in_state(cn, instance, state))
				cats_instance_delete(cn, instance);
	mutex_unlock(&cn->lock);
	return err;
}
