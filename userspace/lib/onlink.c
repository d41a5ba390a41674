// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "error.h"
#include "onlink.h"
#include "seg6local.h"

static int refuse(const uint8_t *nh4, const char *why)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, nh4, text, sizeof(text));
	return cats_error(EADDRNOTAVAIL, "nh4 %s %s", text, why);
}

static struct nl_msg *onlink_route(const uint8_t *nh4, uint32_t ifindex)
{
	struct cats_fib_route route = {
		.len = 32, .type = RTN_UNICAST, .table = RT_TABLE_MAIN,
		.oif = ifindex,
	};
	struct nl_msg *msg;

	memcpy(route.dst, nh4, 4);
	msg = cats_fib_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, AF_INET,
			       &route);
	if (!msg)
		return NULL;
	((struct rtmsg *)nlmsg_data(nlmsg_hdr(msg)))->rtm_flags |=
		RTNH_F_ONLINK;
	if (nla_put(msg, RTA_GATEWAY, 4, nh4)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int cats_onlink_add(struct cats_netlink *nl, const uint8_t *nh4,
		    uint32_t ifindex, bool *added)
{
	static const struct cats_request request = {
		.what = "adding the route to nh4",
	};
	struct cats_fib_route route;
	int ret;

	*added = false;
	ret = cats_fib_lookup(nl, AF_INET, nh4, &route);
	if (ret == -ENETUNREACH)
		return refuse(nh4, "has no route");
	if (ret)
		return ret;
	if (route.type != RTN_UNICAST)
		return refuse(nh4, "is not the address of another host");
	if (route.oif != ifindex)
		return refuse(nh4, "is reached by another device than oif");
	if (route.has_gateway)
		return 0;
	ret = cats_netlink_ask(nl, onlink_route(nh4, ifindex), &request);
	*added = !ret;
	return ret;
}

int cats_onlink_del(struct cats_netlink *nl, const uint8_t *nh4)
{
	struct cats_fib_route route = { .len = 32, .table = RT_TABLE_MAIN };

	memcpy(route.dst, nh4, 4);
	return cats_fib_del(nl, AF_INET, &route);
}

int cats_onlink_release(struct cats_netlink *nl, const uint8_t *nh4)
{
	struct cats_dump dump;
	struct cats_sid sid;
	bool used = false;
	int ret;

	ret = cats_seg6local_dump(nl, &dump);
	while (!ret && !used && cats_seg6local_next(&dump, &sid))
		used = sid.behavior == CATS_BEHAVIOR_END_DX4 &&
		       !memcmp(sid.nh4, nh4, 4);
	cats_dump_free(&dump);
	return ret || used ? ret : cats_onlink_del(nl, nh4);
}
