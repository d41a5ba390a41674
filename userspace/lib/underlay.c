// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "netlink.h"
#include "underlay.h"
#include "xdp_xmit.h"

#define NEIGHBOUR_WAIT_MS	250
#define NEIGHBOUR_POLL_MS	5

/* States in which the kernel itself would use the address. */
#define NEIGHBOUR_VALID	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | \
			 NUD_PROBE | NUD_STALE | NUD_DELAY)

/**
 * struct cats_underlay - rtnetlink socket
 * @nl: socket
 * @hurry: nobody waits
 * @waited: neighbours that did not answer
 * @waited_n: how many
 * @xmit_ifindex: device that @xmit is about
 * @xmit: frames can be redirected to it
 */
struct cats_underlay {
	struct cats_netlink nl;
	bool hurry;
	struct in6_addr waited[64];
	uint32_t waited_n;
	uint32_t xmit_ifindex;
	bool xmit;
};

/* What one answer says. */
struct answer {
	struct in6_addr gateway;
	struct in6_addr src;
	uint32_t ifindex;
	uint32_t mtu;
	uint16_t state;
	uint16_t device_type;
	uint8_t route_type;
	bool has_gateway;
	uint8_t mac[6];
	bool has_mac;
	char kind[16];
};

struct cats_underlay *cats_underlay_open(void)
{
	struct cats_underlay *u = calloc(1, sizeof(*u));

	if (!u) {
		cats_error_kernel(ENOMEM, "rtnetlink");
		return NULL;
	}
	if (cats_netlink_open(&u->nl, NETLINK_ROUTE)) {
		free(u);
		return NULL;
	}
	return u;
}

void cats_underlay_hurry(struct cats_underlay *u)
{
	u->hurry = true;
}

void cats_underlay_close(struct cats_underlay *u)
{
	if (!u)
		return;
	cats_netlink_close(&u->nl);
	free(u);
}

static void parse_route(struct nlmsghdr *nlh, struct answer *answer)
{
	struct nlattr *tb[RTA_MAX + 1], *mx[RTAX_MAX + 1];
	struct rtmsg *rtm = nlmsg_data(nlh);

	if (nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return;
	answer->route_type = rtm->rtm_type;
	cats_attr_read(tb[RTA_OIF], &answer->ifindex, sizeof(answer->ifindex));
	cats_attr_read(tb[RTA_PREFSRC], &answer->src, sizeof(answer->src));
	cats_attr_read(tb[RTA_GATEWAY], &answer->gateway, sizeof(answer->gateway));
	answer->has_gateway = !!tb[RTA_GATEWAY];
	if (tb[RTA_METRICS] &&
	    !nla_parse_nested(mx, RTAX_MAX, tb[RTA_METRICS], NULL))
		cats_attr_read(mx[RTAX_MTU], &answer->mtu, sizeof(answer->mtu));
}

static void parse_link(struct nlmsghdr *nlh, struct answer *answer)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct ifinfomsg *ifi = nlmsg_data(nlh);

	if (nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0)
		return;
	answer->device_type = ifi->ifi_type;
	cats_attr_read(tb[IFLA_MTU], &answer->mtu, sizeof(answer->mtu));
	answer->has_mac = tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == 6;
	cats_attr_read(tb[IFLA_ADDRESS], answer->mac, sizeof(answer->mac));
	if (tb[IFLA_LINKINFO] &&
	    !nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) &&
	    info[IFLA_INFO_KIND])
		nla_strlcpy(answer->kind, info[IFLA_INFO_KIND],
			    sizeof(answer->kind));
}

static void parse_neighbour(struct nlmsghdr *nlh, struct answer *answer)
{
	struct ndmsg *ndm = nlmsg_data(nlh);
	struct nlattr *tb[NDA_MAX + 1];

	if (nlmsg_parse(nlh, sizeof(*ndm), tb, NDA_MAX, NULL) < 0)
		return;
	answer->state = ndm->ndm_state;
	answer->has_mac = tb[NDA_LLADDR] && nla_len(tb[NDA_LLADDR]) == 6;
	cats_attr_read(tb[NDA_LLADDR], answer->mac, sizeof(answer->mac));
}

static int on_answer(struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWROUTE)
		parse_route(nlh, arg);
	else if (nlh->nlmsg_type == RTM_NEWLINK)
		parse_link(nlh, arg);
	else if (nlh->nlmsg_type == RTM_NEWNEIGH)
		parse_neighbour(nlh, arg);
	return 0;
}

static int ask(struct cats_underlay *u, struct nl_msg *msg,
	       struct answer *answer)
{
	struct cats_request request = {
		.what = "rtnetlink", .item = on_answer, .arg = answer,
	};

	memset(answer, 0, sizeof(*answer));
	return cats_netlink_ask(&u->nl, msg, &request);
}

static int get_route(struct cats_underlay *u, const struct in6_addr *dst,
		     uint32_t oif, struct answer *answer)
{
	struct rtmsg rtm = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);

	if (!msg || nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) ||
	    nla_put(msg, RTA_DST, sizeof(*dst), dst) ||
	    (oif && nla_put_u32(msg, RTA_OIF, oif))) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return ask(u, msg, answer);
}

static int get_link(struct cats_underlay *u, uint32_t ifindex,
		    struct answer *answer)
{
	struct ifinfomsg ifi = { .ifi_index = ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, 0);

	if (!msg || nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return ask(u, msg, answer);
}

static int neighbour(struct cats_underlay *u, int type, int flags,
		     uint8_t ndm_flags, const struct in6_addr *addr,
		     uint32_t ifindex, struct answer *answer)
{
	struct ndmsg ndm = { .ndm_family = AF_INET6, .ndm_flags = ndm_flags };
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	ndm.ndm_ifindex = ifindex;
	if (!msg || nlmsg_append(msg, &ndm, sizeof(ndm), NLMSG_ALIGNTO) ||
	    nla_put(msg, NDA_DST, sizeof(*addr), addr)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return ask(u, msg, answer);
}

static bool known(struct cats_underlay *u, const struct in6_addr *addr,
		  uint32_t ifindex, struct cats_hop *hop)
{
	struct answer answer;

	if (neighbour(u, RTM_GETNEIGH, 0, 0, addr, ifindex, &answer) ||
	    !(answer.state & NEIGHBOUR_VALID) || !answer.has_mac)
		return false;
	memcpy(hop->dmac, answer.mac, sizeof(hop->dmac));
	return true;
}

static bool waited_for(const struct cats_underlay *u,
		       const struct in6_addr *addr)
{
	uint32_t i;

	for (i = 0; i < u->waited_n; i++)
		if (!memcmp(&u->waited[i], addr, sizeof(*addr)))
			return true;
	return u->waited_n == sizeof(u->waited) / sizeof(u->waited[0]);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* NTF_USE has the kernel ask for the neighbour, as a packet would. */
static bool resolve(struct cats_underlay *u, const struct in6_addr *addr,
		    uint32_t ifindex, struct cats_hop *hop)
{
	int64_t end = now_ms() + NEIGHBOUR_WAIT_MS;
	struct answer answer;

	if (known(u, addr, ifindex, hop))
		return true;
	if (waited_for(u, addr) ||
	    neighbour(u, RTM_NEWNEIGH, NLM_F_CREATE, NTF_USE, addr, ifindex,
		      &answer) || u->hurry)
		return false;
	while (now_ms() < end) {
		if (known(u, addr, ifindex, hop))
			return true;
		poll(NULL, 0, NEIGHBOUR_POLL_MS);
	}
	u->waited[u->waited_n++] = *addr;
	return false;
}

/* Asked once per device in a row: a batch has one route after the other. */
static bool can_xmit(struct cats_underlay *u, uint32_t ifindex,
		     const char *kind)
{
	if (u->xmit_ifindex != ifindex) {
		u->xmit_ifindex = ifindex;
		u->xmit = cats_xdp_xmit(ifindex, kind);
	}
	return u->xmit;
}

static int no_route(const struct in6_addr *dst, int err)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, dst, text, sizeof(text));
	if (err == -ENETUNREACH || err == -EHOSTUNREACH || !err)
		return cats_error(ENETUNREACH, "no route to %s", text);
	return cats_error_kernel(-err, text);
}

int cats_underlay_hop(struct cats_underlay *u, const struct in6_addr *dst,
		      const struct in6_addr *via, uint32_t oif,
		      struct cats_hop *hop)
{
	const struct in6_addr *target = via ? via : dst;
	struct answer route, link;
	int err;

	memset(hop, 0, sizeof(*hop));
	err = get_route(u, target, oif, &route);
	if (err || route.route_type != RTN_UNICAST || !route.ifindex)
		return no_route(target, err);
	hop->ifindex = route.ifindex;
	hop->src = route.src;
	hop->mtu = route.mtu;
	err = get_link(u, route.ifindex, &link);
	if (err)
		return cats_error_kernel(-err, "reading the device");
	if (!hop->mtu || hop->mtu > link.mtu)
		hop->mtu = link.mtu;
	/* only an Ethernet device can be sent from directly */
	if (link.device_type != ARPHRD_ETHER || !link.has_mac)
		return 0;
	memcpy(hop->smac, link.mac, sizeof(hop->smac));
	if (route.has_gateway)
		target = &route.gateway;
	hop->resolved = resolve(u, target, route.ifindex, hop);
	hop->xmit = can_xmit(u, route.ifindex, link.kind);
	return 0;
}
