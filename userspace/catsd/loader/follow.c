// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "loader/follow.h"

#define NEIGHBOUR_VALID	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | \
			 NUD_PROBE | NUD_STALE | NUD_DELAY)
#define RECEIVE_BUFFER	(1 << 20)

/**
 * struct neighbour - as it was last told
 * @ifindex: device
 * @addr: of it
 * @mac: of it
 */
struct neighbour {
	uint32_t ifindex;
	struct in6_addr addr;
	uint8_t mac[6];
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct neighbour, mac));
}

/* Is this news?  Without an address that can be used, it is forgotten. */
static bool note(struct follow *follow, const struct neighbour *now,
		 bool usable)
{
	struct neighbour **found = tfind(now, &follow->neighbours, compare);
	struct neighbour *known = found ? *found : NULL;
	bool same = known && !memcmp(known->mac, now->mac, sizeof(now->mac));

	if (!usable) {
		if (!known)
			return false;
		tdelete(now, &follow->neighbours, compare);
		free(known);
		return true;
	}
	if (known) {
		memcpy(known->mac, now->mac, sizeof(known->mac));
		return !same;
	}
	known = malloc(sizeof(*known));
	if (!known)
		return true;
	*known = *now;
	if (!tsearch(known, &follow->neighbours, compare))
		free(known);
	return true;
}

static bool is_news_of_neighbour(struct follow *follow, struct nlmsghdr *nlh)
{
	struct ndmsg *ndm = nlmsg_data(nlh);
	struct nlattr *tb[NDA_MAX + 1];
	struct neighbour now;
	bool usable;

	memset(&now, 0, sizeof(now));
	if (ndm->ndm_family != AF_INET6 ||
	    nlmsg_parse(nlh, sizeof(*ndm), tb, NDA_MAX, NULL) < 0 ||
	    !cats_attr_read(tb[NDA_DST], &now.addr, sizeof(now.addr)))
		return false;
	now.ifindex = ndm->ndm_ifindex;
	usable = nlh->nlmsg_type == RTM_NEWNEIGH &&
		 ndm->ndm_state & NEIGHBOUR_VALID &&
		 cats_attr_read(tb[NDA_LLADDR], now.mac, sizeof(now.mac));
	return note(follow, &now, usable);
}

static bool is_news(struct follow *follow, struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = nlmsg_data(nlh);

	switch (nlh->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return is_news_of_neighbour(follow, nlh);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return rtm->rtm_family == AF_INET6 &&
		       !(rtm->rtm_flags & RTM_F_CLONED);
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return true;
	default:
		return false;
	}
}

static void later(struct follow *follow)
{
	const struct timeval delay = {
		.tv_sec = follow->delay_ms / 1000,
		.tv_usec = follow->delay_ms % 1000 * 1000,
	};

	/* not from the last of many, which may never end */
	if (!event_pending(follow->timer, EV_TIMEOUT, NULL))
		event_add(follow->timer, &delay);
}

static int on_message(struct nl_msg *msg, void *ctx)
{
	struct follow *follow = ctx;

	if (is_news(follow, nlmsg_hdr(msg))) {
		follow->events++;
		later(follow);
	}
	return NL_OK;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct follow *follow = ctx;
	int ret;

	(void)fd, (void)what;
	ret = nl_recvmsgs_default(follow->nl.sk);
	if (ret == -NLE_NOMEM) {
		/* what was lost may have been anything */
		follow->overruns++;
		later(follow);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct follow *follow = ctx;

	(void)fd, (void)what;
	follow->changed(follow->ctx);
}

static int subscribe(struct follow *follow)
{
	struct nl_sock *sk = follow->nl.sk;
	int ret;

	nl_socket_disable_seq_check(sk);
	nl_socket_set_nonblocking(sk);
	nl_socket_set_buffer_size(sk, RECEIVE_BUFFER, 0);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_message, follow);
	ret = nl_socket_add_memberships(sk, RTNLGRP_NEIGH, RTNLGRP_LINK,
					RTNLGRP_IPV6_ROUTE, 0);
	return ret ? cats_error(EIO, "loader: rtnetlink: %s",
				nl_geterror(ret)) : 0;
}

int follow_open(struct follow *follow, struct event_base *base)
{
	int ret = cats_netlink_open(&follow->nl, NETLINK_ROUTE);

	if (!ret)
		ret = subscribe(follow);
	if (ret)
		return ret;
	follow->event = event_new(base, nl_socket_get_fd(follow->nl.sk),
				  EV_READ | EV_PERSIST, on_readable, follow);
	follow->timer = event_new(base, -1, 0, on_timer, follow);
	if (!follow->event || !follow->timer ||
	    event_add(follow->event, NULL))
		return cats_error_kernel(ENOMEM, "loader");
	return 0;
}

void follow_close(struct follow *follow)
{
	if (follow->event)
		event_free(follow->event);
	if (follow->timer)
		event_free(follow->timer);
	cats_netlink_close(&follow->nl);
	tdestroy(follow->neighbours, free);
}
