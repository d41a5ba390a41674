// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "genl.h"
#include "xdp_xmit.h"

/*
 * Documentation/netlink/specs/netdev.yaml of Linux; Debian 12's headers are
 * older than the family.
 */
#define NETDEV_FAMILY		"netdev"
#define NETDEV_DEV_GET		1
#define NETDEV_DEV_IFINDEX	1
#define NETDEV_DEV_XDP_FEATURES	3
#define NETDEV_DEV_MAX		3
#define NETDEV_XDP_NDO_XMIT	(1u << 2)

/* The answer to DEV_GET: @arg becomes 1 or 0. */
static int on_dev(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[NETDEV_DEV_MAX + 1];
	uint64_t features;

	if (!cats_genl_parse(nlh, tb, NETDEV_DEV_MAX) &&
	    cats_attr_read(tb[NETDEV_DEV_XDP_FEATURES], &features,
			   sizeof(features)))
		*(int *)arg = !!(features & NETDEV_XDP_NDO_XMIT);
	return 0;
}

/* 1 or 0 as the kernel says, -1 if it does not. */
static int ask_kernel(uint32_t ifindex)
{
	struct cats_genl genl;
	struct nl_msg *msg;
	int answer = -1;
	struct cats_request request = {
		.what = "features", .item = on_dev, .arg = &answer,
	};

	if (cats_genl_open(&genl, NETDEV_FAMILY, true))
		return -1;
	msg = cats_genl_request(&genl, NETDEV_DEV_GET, 0);
	if (msg && nla_put_u32(msg, NETDEV_DEV_IFINDEX, ifindex)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	cats_genl_ask(&genl, msg, &request);
	cats_genl_close(&genl);
	return answer;
}

bool cats_xdp_xmit(uint32_t ifindex, const char *kind)
{
	static const char *const able[] = { "", "veth", "tun", "bond" };
	int answer = ask_kernel(ifindex);
	unsigned int i;

	if (answer >= 0)
		return answer;
	for (i = 0; i < sizeof(able) / sizeof(able[0]); i++)
		if (!strcmp(kind, able[i]))
			return true;
	return false;
}
