// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <string.h>
#include <sys/socket.h>

#include "seg6local.h"

/*
 * struct action - of seg6local, for a behavior
 */
static const struct {
	uint16_t behavior;
	uint32_t action;
} actions[] = {
	{ CATS_BEHAVIOR_END_DX4, SEG6_LOCAL_ACTION_END_DX4 },
	{ CATS_BEHAVIOR_END_DX6, SEG6_LOCAL_ACTION_END_DX6 },
	{ CATS_BEHAVIOR_END_DT4, SEG6_LOCAL_ACTION_END_DT4 },
	{ CATS_BEHAVIOR_END_DT6, SEG6_LOCAL_ACTION_END_DT6 },
	{ CATS_BEHAVIOR_END_DT46, SEG6_LOCAL_ACTION_END_DT46 },
};

#define ACTIONS	(sizeof(actions) / sizeof(actions[0]))

static uint32_t action_of(uint16_t behavior)
{
	unsigned int i;

	for (i = 0; i < ACTIONS; i++)
		if (actions[i].behavior == behavior)
			return actions[i].action;
	return SEG6_LOCAL_ACTION_UNSPEC;
}

/* Counters are kept only by those that are created with some. */
static int put_counters(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, SEG6_LOCAL_COUNTERS);

	if (!nest || nla_put_u64(msg, SEG6_LOCAL_CNT_PACKETS, 0) ||
	    nla_put_u64(msg, SEG6_LOCAL_CNT_BYTES, 0) ||
	    nla_put_u64(msg, SEG6_LOCAL_CNT_ERRORS, 0))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_action(struct nl_msg *msg, const struct cats_sid *sid)
{
	int ret = nla_put_u32(msg, SEG6_LOCAL_ACTION, action_of(sid->behavior));

	if (ret)
		return ret;
	if (sid->behavior == CATS_BEHAVIOR_END_DX4)
		return nla_put(msg, SEG6_LOCAL_NH4, 4, sid->nh4);
	if (sid->behavior == CATS_BEHAVIOR_END_DX6)
		return nla_put(msg, SEG6_LOCAL_NH6, 16, sid->nh6);
	if (sid->vrftable)
		return nla_put_u32(msg, SEG6_LOCAL_VRFTABLE, sid->vrftable);
	return nla_put_u32(msg, SEG6_LOCAL_TABLE, RT_TABLE_MAIN);
}

static int put_encap(struct nl_msg *msg, const struct cats_sid *sid)
{
	struct nlattr *nest;

	if (nla_put_u16(msg, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6_LOCAL))
		return -ENOMEM;
	nest = nla_nest_start(msg, RTA_ENCAP);
	if (!nest || put_action(msg, sid) || put_counters(msg))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

int cats_seg6local_route(struct cats_netlink *nl, const struct cats_sid *sid,
			 uint32_t ifindex, bool replace)
{
	static const struct cats_request request = {
		.what = "adding a seg6local route",
	};
	int flags = NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL);
	struct cats_fib_route route = {
		.len = sid->len, .type = RTN_UNICAST, .table = RT_TABLE_MAIN,
		.oif = ifindex,
	};
	struct nl_msg *msg;

	memcpy(route.dst, sid->sid, 16);
	msg = cats_fib_request(RTM_NEWROUTE, flags, AF_INET6, &route);
	if (msg && put_encap(msg, sid)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_netlink_ask(nl, msg, &request);
}

int cats_seg6local_del(struct cats_netlink *nl, const struct cats_sid *sid)
{
	struct cats_fib_route route = {
		.len = sid->len, .table = RT_TABLE_MAIN,
	};

	memcpy(route.dst, sid->sid, 16);
	return cats_fib_del(nl, AF_INET6, &route);
}

int cats_seg6local_dump(struct cats_netlink *nl, struct cats_dump *dump)
{
	return cats_fib_dump(nl, RT_TABLE_MAIN, CATS_RTPROT, dump);
}

static void read_counters(struct nlattr *nest, struct cats_sid *sid)
{
	struct nlattr *tb[SEG6_LOCAL_CNT_MAX + 1];

	if (!nest || nla_parse_nested(tb, SEG6_LOCAL_CNT_MAX, nest, NULL))
		return;
	cats_attr_read(tb[SEG6_LOCAL_CNT_PACKETS], &sid->packets, 8);
	cats_attr_read(tb[SEG6_LOCAL_CNT_BYTES], &sid->bytes, 8);
	cats_attr_read(tb[SEG6_LOCAL_CNT_ERRORS], &sid->drops, 8);
}

bool cats_seg6local_decode(const struct cats_fib_route *route,
			   struct cats_sid *sid)
{
	struct nlattr *tb[SEG6_LOCAL_MAX + 1];
	uint32_t action = SEG6_LOCAL_ACTION_UNSPEC;
	unsigned int i;

	memset(sid, 0, sizeof(*sid));
	if (route->encap_type != LWTUNNEL_ENCAP_SEG6_LOCAL || !route->encap ||
	    nla_parse_nested(tb, SEG6_LOCAL_MAX, route->encap, NULL))
		return false;
	memcpy(sid->sid, route->dst, 16);
	sid->len = route->len;
	sid->backend = CATS_BACKEND_SEG6LOCAL;
	cats_attr_read(tb[SEG6_LOCAL_ACTION], &action, sizeof(action));
	for (i = 0; i < ACTIONS; i++)
		if (actions[i].action == action)
			sid->behavior = actions[i].behavior;
	cats_attr_read(tb[SEG6_LOCAL_NH4], sid->nh4, 4);
	cats_attr_read(tb[SEG6_LOCAL_NH6], sid->nh6, 16);
	cats_attr_read(tb[SEG6_LOCAL_VRFTABLE], &sid->vrftable, 4);
	/* with a VRF the kernel's device is that of the VRF */
	sid->oif = sid->vrftable ? 0 : route->oif;
	read_counters(tb[SEG6_LOCAL_COUNTERS], sid);
	return true;
}

bool cats_seg6local_next(struct cats_dump *dump, struct cats_sid *sid)
{
	struct cats_fib_route route;
	struct nlmsghdr *nlh;

	while ((nlh = cats_dump_next(dump)))
		if (!cats_fib_decode(nlh, &route) &&
		    cats_seg6local_decode(&route, sid))
			return true;
	return false;
}
