// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "instance.h"
#include "sid_install.h"

/*
 * struct before - what there was, to go back to
 */
struct before {
	struct cats_sid sid;
	bool had_sid;
	bool had_route;
	bool made_instance;
};

/* The route to the SID, if there is one, has to be ours. */
static int find_route(struct cats_egress *e, const struct cats_sid *sid,
		      struct cats_fib_route *route, bool *ours)
{
	int ret = cats_fib_exact(e->route, sid->sid, sid->len, route);

	*ours = !ret && route->protocol == CATS_RTPROT;
	if (ret == -ENOENT || *ours)
		return 0;
	if (ret)
		return ret;
	if (route->type == RTN_LOCAL && route->protocol == RTPROT_KERNEL)
		return cats_error(EEXIST, "%s is an address of this host: packets to it would not reach the SID",
				  cats_sid_name(sid));
	return cats_error(EEXIST, "a route to %s exists already that is not of cats (proto %u)",
			  cats_sid_name(sid), route->protocol);
}

static int route_exists(const struct cats_sid *sid, int ret)
{
	if (ret != -EEXIST)
		return ret;
	return cats_error(EEXIST, "a route to %s exists already that is not of cats",
			  cats_sid_name(sid));
}

/*
 * The SID is local, so that its packets are delivered and not forwarded.  Where
 * the device is in a VRF it is an address of the underlay all the same.
 */
static int add_route(struct cats_egress *e, const struct cats_sid *sid,
		     bool replace)
{
	static const struct cats_request request = {
		.what = "adding the route to the SID",
	};
	int flags = NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL);
	struct cats_fib_route route = {
		.len = sid->len, .type = RTN_LOCAL, .table = RT_TABLE_LOCAL,
		.oif = sid->ifindex,
	};

	memcpy(route.dst, sid->sid, 16);
	return cats_netlink_ask(e->route,
				cats_fib_request(RTM_NEWROUTE, flags, AF_INET6,
						 &route), &request);
}

static int make_instance(struct cats_egress *e, const struct cats_sid *sid,
			 struct before *before)
{
	struct cats_instance instance = {};
	int ret;

	if (!sid->has_instance)
		return 0;
	memcpy(instance.id, sid->instance, 16);
	ret = cats_instance_new(e->genl, &instance);
	before->made_instance = !ret;
	return ret == -EEXIST ? 0 : ret;
}

/* Go back, and keep the message of what failed. */
static int undo(struct cats_egress *e, const struct cats_sid *sid,
		const struct before *before, bool made_sid, int ret)
{
	char why[512];

	snprintf(why, sizeof(why), "%s", cats_error_message());
	if (made_sid && before->had_sid)
		cats_sid_new(e->genl, &before->sid, true);
	else if (made_sid)
		cats_sid_del(e->genl, sid);
	if (before->made_instance)
		cats_instance_del(e->genl, sid->instance);
	return cats_error(-ret, "%s", why);
}

static int make_sid(struct cats_egress *e, const struct cats_sid *wanted,
		    bool replace, struct before *before)
{
	struct cats_sid sid = *wanted;
	bool made = false;
	int ret;

	if (before->had_sid && !sid.ifindex)
		sid.ifindex = before->sid.ifindex;
	ret = make_instance(e, &sid, before);
	if (!ret) {
		ret = cats_sid_new(e->genl, &sid, replace);
		made = !ret;
	}
	/* the kernel chose the device */
	if (!ret && !sid.ifindex)
		ret = cats_sid_get(e->genl, &sid);
	if (!ret)
		ret = route_exists(&sid, add_route(e, &sid,
						   before->had_route));
	return ret ? undo(e, &sid, before, made, ret) : 0;
}

static int install_cats(struct cats_egress *e, const struct cats_sid *sid,
			bool replace, const struct cats_fib_route *route,
			bool ours)
{
	bool stock = ours && route->encap_type;
	struct before before = {
		.sid = *sid, .had_route = ours && !stock,
	};
	int ret;

	if (stock && !replace)
		return cats_error(EEXIST, "SID %s exists already, of the kernel's seg6local",
				  cats_sid_name(sid));
	if (replace) {
		ret = cats_sid_get(e->genl, &before.sid);
		if (ret && ret != -ENOENT)
			return ret;
		before.had_sid = !ret;
	}
	ret = make_sid(e, sid, replace, &before);
	/* the local route has precedence: nothing uses the other any more */
	if (!ret && stock)
		ret = cats_sid_stock_uninstall(e, sid);
	return ret;
}

int cats_sid_install(struct cats_egress *e, const struct cats_sid *sid,
		     bool replace)
{
	struct cats_fib_route route;
	bool ours;
	int ret;

	ret = find_route(e, sid, &route, &ours);
	if (ret)
		return ret;
	if (e->genl)
		return install_cats(e, sid, replace, &route, ours);
	if (ours && !replace)
		return cats_error(EEXIST, "SID %s exists already",
				  cats_sid_name(sid));
	return route_exists(sid, cats_sid_stock_install(e, sid, ours));
}

/* The route goes first: it can be put back without losing counters. */
static int uninstall_cats(struct cats_egress *e, const struct cats_sid *sid)
{
	struct cats_sid found = *sid;
	struct cats_fib_route route;
	char why[512];
	bool ours;
	int ret;

	ret = cats_sid_get(e->genl, &found);
	if (ret)
		return ret;
	ours = !cats_fib_exact(e->route, sid->sid, sid->len, &route) &&
	       route.protocol == CATS_RTPROT && !route.encap_type;
	if (ours)
		ret = cats_fib_del(e->route, AF_INET6, &route);
	if (ret)
		return ret;
	ret = cats_sid_del(e->genl, sid);
	if (!ret || !ours)
		return ret;
	snprintf(why, sizeof(why), "%s", cats_error_message());
	add_route(e, &found, false);
	return cats_error(-ret, "%s", why);
}

int cats_sid_uninstall(struct cats_egress *e, const struct cats_sid *sid)
{
	int ret = e->genl ? uninstall_cats(e, sid) : -ENOENT;

	return ret == -ENOENT ? cats_sid_stock_uninstall(e, sid) : ret;
}

/* Routes of SIDs of cats.ko, which went with a flush. */
static int flush_routes(struct cats_egress *e, uint32_t ifindex)
{
	struct cats_fib_route route;
	struct cats_dump dump;
	struct nlmsghdr *nlh;
	int ret;

	ret = cats_fib_dump(e->route, RT_TABLE_LOCAL, CATS_RTPROT, &dump);
	while (!ret && (nlh = cats_dump_next(&dump))) {
		ret = cats_fib_decode(nlh, &route);
		if (!ret && (!ifindex || route.oif == ifindex))
			ret = cats_fib_del(e->route, AF_INET6, &route);
	}
	cats_dump_free(&dump);
	return ret;
}

int cats_sid_uninstall_all(struct cats_egress *e,
			   const struct cats_sid_filter *filter)
{
	int ret = 0;

	if (e->genl)
		ret = cats_sid_flush(e->genl, filter);
	if (!ret && e->genl)
		ret = flush_routes(e, filter->ifindex);
	if (ret || filter->ifindex)
		return ret;
	return cats_sid_stock_uninstall_all(e);
}
