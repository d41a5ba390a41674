// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic-netlink families and what their messages have in common.
 * Policies and operations are generated from Documentation/netlink/specs/.
 */
#include <linux/module.h>

#include "cats_metric_nl.h"
#include "cats_nl.h"
#include "net.h"
#include "netlink.h"

/* The generator makes groups without flags: flows say who talks to whom. */
static const struct genl_multicast_group cats_mcgrps[] = {
	[CATS_NLGRP_CONFIG] = { .name = CATS_MCGRP_CONFIG },
	[CATS_NLGRP_FLOW] = { .name = CATS_MCGRP_FLOW,
			      .flags = GENL_MCAST_CAP_NET_ADMIN },
};

static const struct genl_multicast_group cats_metric_mcgrps[] = {
	[CATS_METRIC_NLGRP_METRIC] = { .name = CATS_METRIC_MCGRP_METRIC },
};

/* The generated operations, to which it cannot add start and done. */
static struct genl_ops cats_ops[ARRAY_SIZE(cats_nl_ops)] __ro_after_init;

struct genl_family cats_genl_family __ro_after_init = {
	.name = CATS_GENL_NAME,
	.version = CATS_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	/*
	 * From here on generic netlink refuses NLM_F_CREATE, EXCL and REPLACE,
	 * which new honours as rtnetlink does.  Nothing else depends on it:
	 * every operation has a policy, and none asks for lax validation.
	 */
	.resv_start_op = __CATS_CMD_MAX,
	.ops = cats_ops,
	.n_ops = ARRAY_SIZE(cats_ops),
	.mcgrps = cats_mcgrps,
	.n_mcgrps = ARRAY_SIZE(cats_mcgrps),
};

struct genl_family cats_metric_genl_family __ro_after_init = {
	.name = CATS_METRIC_GENL_NAME,
	.version = CATS_METRIC_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = cats_metric_nl_ops,
	.n_ops = ARRAY_SIZE(cats_metric_nl_ops),
	.mcgrps = cats_metric_mcgrps,
	.n_mcgrps = ARRAY_SIZE(cats_metric_mcgrps),
};

/** cats_message_dump() - a message of a dump */
struct cats_message cats_message_dump(struct sk_buff *skb,
				      struct netlink_callback *cb)
{
	return (struct cats_message) {
		.skb = skb,
		.cb = cb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI,
	};
}

/** cats_message_reply() - the answer to a request */
struct cats_message cats_message_reply(struct sk_buff *skb,
				       const struct genl_info *info)
{
	return (struct cats_message) {
		.skb = skb,
		.portid = info->snd_portid,
		.seq = info->snd_seq,
	};
}

/** cats_message_begin() - add the headers. Return: for cats_message_end() */
void *cats_message_begin(const struct cats_message *msg,
			 const struct genl_family *family, u8 cmd)
{
	void *header = genlmsg_put(msg->skb, msg->portid, msg->seq, family,
				   msg->flags, cmd);

	if (header && msg->cb)
		genl_dump_check_consistent(msg->cb, header);
	return header;
}

/** cats_message_end() - finish a message, or undo it. Return: @err */
int cats_message_end(const struct cats_message *msg, void *header, int err)
{
	if (err)
		genlmsg_cancel(msg->skb, header);
	else
		genlmsg_end(msg->skb, header);
	return err;
}

/**
 * cats_event_alloc() - begin an event
 * @family: family
 * @net: where it happened
 * @group: index of the multicast group
 * @msg: gets the buffer
 * @gfp: how to allocate
 *
 * Return: the buffer, or NULL when nobody listens or there is no memory
 */
struct sk_buff *cats_event_alloc(const struct genl_family *family,
				 const struct net *net, unsigned int group,
				 struct cats_message *msg, gfp_t gfp)
{
	*msg = (struct cats_message) {};
	if (genl_has_listeners(family, (struct net *)net, group))
		msg->skb = genlmsg_new(NLMSG_GOODSIZE, gfp);
	return msg->skb;
}

/** cats_event_send() - send the event, or free it after an error */
void cats_event_send(const struct genl_family *family, struct net *net,
		     unsigned int group, struct sk_buff *skb, int err,
		     gfp_t gfp)
{
	if (err)
		nlmsg_free(skb);
	else
		genlmsg_multicast_netns(family, net, skb, 0, group, gfp);
}

/**
 * cats_refuse() - say why a request fails
 * @info: request
 * @attr: attribute that is wrong, or NULL
 * @why: what the user reads; static
 * @err: -errno
 *
 * Return: @err
 */
int cats_refuse(const struct genl_info *info, const struct nlattr *attr,
		const char *why, int err)
{
	if (!info->extack)
		return err;
	do_trace_netlink_extack(why);
	info->extack->_msg = why;
	NL_SET_BAD_ATTR(info->extack, attr);
	return err;
}

/**
 * cats_dump_only() - refuse what a dump would not restrict itself to
 * @cb: dump; one policy is for it and for the request of a single object
 * @max: highest attribute of that policy
 * @may: bits of the attributes that restrict the dump
 *
 * Return: 0 or -EINVAL
 */
int cats_dump_only(struct netlink_callback *cb, unsigned int max, u32 may)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	unsigned int i;

	for (i = 1; i <= max; i++) {
		if (!attrs[i] || may & BIT(i))
			continue;
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[i],
				    "a dump cannot be restricted by this");
		return -EINVAL;
	}
	return 0;
}

static void __init cats_ops_init(void)
{
	int i;

	memcpy(cats_ops, cats_nl_ops, sizeof(cats_ops));
	for (i = 0; i < ARRAY_SIZE(cats_ops); i++) {
		if (cats_ops[i].cmd != CATS_CMD_FLOW_GET)
			continue;
		cats_ops[i].start = cats_nl_flow_get_start;
		cats_ops[i].done = cats_nl_flow_get_done;
	}
}

/** cats_netlink_init() - register the families. Return: 0 or -errno */
int __init cats_netlink_init(void)
{
	int err;

	cats_ops_init();
	err = genl_register_family(&cats_genl_family);
	if (err)
		return err;
	err = genl_register_family(&cats_metric_genl_family);
	if (err)
		genl_unregister_family(&cats_genl_family);
	return err;
}

/** cats_netlink_exit() - unregister them */
void cats_netlink_exit(void)
{
	genl_unregister_family(&cats_metric_genl_family);
	genl_unregister_family(&cats_genl_family);
}
