// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "fib.h"

static uint8_t address_size(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

struct nl_msg *cats_fib_request(int type, int flags, uint8_t family,
				const struct cats_fib_route *route)
{
	bool del = type == RTM_DELROUTE;
	struct rtmsg rtm = {
		.rtm_family = family, .rtm_dst_len = route->len,
		.rtm_table = route->table, .rtm_protocol = CATS_RTPROT,
		.rtm_scope = del ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE,
		.rtm_type = del ? RTN_UNSPEC : route->type,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg || nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) ||
	    nla_put(msg, RTA_DST, address_size(family), route->dst) ||
	    (route->oif && nla_put_u32(msg, RTA_OIF, route->oif))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int cats_fib_decode(struct nlmsghdr *nlh, struct cats_fib_route *route)
{
	struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg *rtm = nlmsg_data(nlh);

	memset(route, 0, sizeof(*route));
	if (nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return cats_error(EBADMSG, "a route of the kernel is not understood");
	route->len = rtm->rtm_dst_len;
	route->type = rtm->rtm_type;
	route->table = rtm->rtm_table;
	route->protocol = rtm->rtm_protocol;
	cats_attr_read(tb[RTA_DST], route->dst, address_size(rtm->rtm_family));
	cats_attr_read(tb[RTA_OIF], &route->oif, sizeof(route->oif));
	cats_attr_read(tb[RTA_PRIORITY], &route->metric, sizeof(route->metric));
	route->has_gateway = tb[RTA_GATEWAY] || tb[RTA_VIA];
	cats_attr_read(tb[RTA_ENCAP_TYPE], &route->encap_type,
		       sizeof(route->encap_type));
	route->encap = tb[RTA_ENCAP];
	return 0;
}

static int take_one(struct nlmsghdr *nlh, void *arg)
{
	struct cats_fib_route *route = arg;
	int ret = cats_fib_decode(nlh, route);

	route->encap = NULL;
	return ret;
}

int cats_fib_lookup(struct cats_netlink *nl, uint8_t family,
		    const uint8_t *dst, struct cats_fib_route *route)
{
	struct rtmsg rtm = {
		.rtm_family = family, .rtm_dst_len = 8 * address_size(family),
		.rtm_flags = RTM_F_FIB_MATCH,
	};
	struct cats_request request = {
		.what = "looking up a route", .item = take_one, .arg = route,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	int ret;

	if (msg && (nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) ||
		    nla_put(msg, RTA_DST, address_size(family), dst))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = cats_netlink_ask(nl, msg, &request);
	/* what no route, a blackhole and their like are answered with */
	if (ret == -EHOSTUNREACH || ret == -EACCES || ret == -EIO)
		return -ENETUNREACH;
	return ret;
}

int cats_fib_dump(struct cats_netlink *nl, uint8_t table, uint8_t protocol,
		  struct cats_dump *dump)
{
	struct rtmsg rtm = {
		.rtm_family = AF_INET6, .rtm_table = table,
		.rtm_protocol = protocol,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP);

	if (msg && nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_dump_ask(nl, msg, "reading routes", dump);
}

static bool is_to(const struct cats_fib_route *route, const uint8_t *dst,
		  uint8_t len)
{
	return route->len == len && !memcmp(route->dst, dst, 16);
}

static int find_ours(struct cats_netlink *nl, uint8_t table,
		     const uint8_t *dst, uint8_t len,
		     struct cats_fib_route *route)
{
	struct cats_dump dump;
	struct nlmsghdr *nlh;
	int ret;

	ret = cats_fib_dump(nl, table, CATS_RTPROT, &dump);
	while (!ret && (nlh = cats_dump_next(&dump))) {
		ret = take_one(nlh, route);
		if (!ret && is_to(route, dst, len))
			break;
	}
	if (!ret && !nlh)
		ret = -ENOENT;
	cats_dump_free(&dump);
	return ret;
}

/*
 * A lookup costs the same however many routes there are, but a longer prefix
 * may stand in front of the one that is looked for.
 */
int cats_fib_exact(struct cats_netlink *nl, const uint8_t *dst, uint8_t len,
		   struct cats_fib_route *route)
{
	int ret = cats_fib_lookup(nl, AF_INET6, dst, route);

	if (ret && ret != -ENETUNREACH)
		return ret;
	if (!ret && is_to(route, dst, len))
		return 0;
	if (ret || route->len <= len)
		return -ENOENT;
	ret = find_ours(nl, RT_TABLE_LOCAL, dst, len, route);
	return ret != -ENOENT ? ret :
	       find_ours(nl, RT_TABLE_MAIN, dst, len, route);
}

int cats_fib_del(struct cats_netlink *nl, uint8_t family,
		 const struct cats_fib_route *route)
{
	static const struct cats_request request = {
		.what = "deleting a route",
	};
	int ret = cats_netlink_ask(nl, cats_fib_request(RTM_DELROUTE, 0, family,
							route), &request);

	return ret == -ESRCH ? 0 : ret;
}
