// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

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
static int on_dev(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[NETDEV_DEV_MAX + 1];
	uint64_t features;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, tb, NETDEV_DEV_MAX, NULL) ||
	    !tb[NETDEV_DEV_XDP_FEATURES])
		return NL_SKIP;
	features = nla_get_u64(tb[NETDEV_DEV_XDP_FEATURES]);
	*(int *)arg = !!(features & NETDEV_XDP_NDO_XMIT);
	return NL_OK;
}

static int send_get(struct nl_sock *sk, int family, uint32_t ifindex)
{
	struct nl_msg *msg = nlmsg_alloc();
	int ret = -NLE_NOMEM;

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0,
			       NETDEV_DEV_GET, 1) &&
	    !nla_put_u32(msg, NETDEV_DEV_IFINDEX, ifindex))
		ret = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	return ret;
}

/* 1 or 0 as the kernel says, -1 if it does not. */
static int ask_kernel(uint32_t ifindex)
{
	struct nl_sock *sk = nl_socket_alloc();
	int answer = -1, family;

	if (!sk)
		return -1;
	if (genl_connect(sk))
		goto out;
	family = genl_ctrl_resolve(sk, NETDEV_FAMILY);
	if (family < 0)
		goto out;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_dev, &answer);
	if (send_get(sk, family, ifindex) >= 0)
		nl_recvmsgs_default(sk);
out:
	nl_socket_free(sk);
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
