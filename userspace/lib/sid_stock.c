// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "onlink.h"
#include "seg6local.h"
#include "sid_install.h"
#include "vrf.h"

static bool is_dx(const struct cats_sid *sid)
{
	return sid->behavior == CATS_BEHAVIOR_END_DX4 ||
	       sid->behavior == CATS_BEHAVIOR_END_DX6;
}

static int needs_module(const char *what)
{
	return cats_error(EOPNOTSUPP, "%s needs cats.ko, which is not available",
			  what);
}

/* What the stock kernel has no word for. */
static int refuse(const struct cats_sid *sid)
{
	if (sid->has_instance)
		return needs_module("instance");
	if (sid->behavior == CATS_BEHAVIOR_END_DX6 && sid->nh6[0] == 0xfe &&
	    (sid->nh6[1] & 0xc0) == 0x80)
		return needs_module("a link-local nh6");
	if (is_dx(sid) && !sid->oif)
		return cats_error(EOPNOTSUPP, "without cats.ko End.DX4 and End.DX6 need oif");
	if (is_dx(sid) && sid->vrftable)
		return cats_error(EINVAL, "vrftable is for End.DT4, End.DT6 and End.DT46");
	if (is_dx(sid))
		return 0;
	if (sid->vrftable && sid->oif)
		return cats_error(EINVAL, "oif and vrftable exclude each other");
	if (!sid->vrftable && sid->behavior != CATS_BEHAVIOR_END_DT6)
		return cats_error(EOPNOTSUPP, "without cats.ko End.DT4 and End.DT46 need vrftable");
	if (!sid->vrftable && !sid->oif)
		return cats_error(EOPNOTSUPP, "without cats.ko End.DT6 needs vrftable, or oif, any device that is up");
	return 0;
}

/* Device of the route: it goes with it, so that of the next hop or the VRF. */
static int route_device(struct cats_egress *e, const struct cats_sid *sid,
			uint32_t *ifindex)
{
	*ifindex = sid->oif;
	if (sid->oif)
		return 0;
	return cats_vrf_device(e->route, sid->vrftable, ifindex);
}

static int release(struct cats_egress *e, const struct cats_sid *sid)
{
	if (sid->behavior != CATS_BEHAVIOR_END_DX4)
		return 0;
	return cats_onlink_release(e->route, sid->nh4);
}

int cats_sid_stock_get(struct cats_egress *e, const struct cats_sid *sid,
		       struct cats_sid *found)
{
	struct cats_dump dump;
	bool is_it = false;
	int ret;

	ret = cats_seg6local_dump(e->route, &dump);
	while (!ret && !is_it && cats_seg6local_next(&dump, found))
		is_it = found->len == sid->len &&
			!memcmp(found->sid, sid->sid, 16);
	cats_dump_free(&dump);
	if (ret || is_it)
		return ret;
	return cats_error(ENOENT, "SID %s does not exist", cats_sid_name(sid));
}

int cats_sid_stock_install(struct cats_egress *e, const struct cats_sid *sid,
			   bool replace)
{
	struct cats_sid was = {};
	bool onlink = false;
	uint32_t ifindex;
	char why[512];
	int ret;

	ret = refuse(sid);
	if (!ret)
		ret = route_device(e, sid, &ifindex);
	if (!ret && replace)
		ret = cats_sid_stock_get(e, sid, &was);
	if (!ret && sid->behavior == CATS_BEHAVIOR_END_DX4)
		ret = cats_onlink_add(e->route, sid->nh4, ifindex, &onlink);
	if (ret)
		return ret;
	ret = cats_seg6local_route(e->route, sid, ifindex, replace);
	if (!ret)
		return release(e, &was);
	if (onlink) {
		snprintf(why, sizeof(why), "%s", cats_error_message());
		cats_onlink_release(e->route, sid->nh4);
		cats_error(-ret, "%s", why);
	}
	return ret;
}

int cats_sid_stock_uninstall(struct cats_egress *e,
			     const struct cats_sid *sid)
{
	struct cats_sid found;
	int ret;

	ret = cats_sid_stock_get(e, sid, &found);
	if (!ret)
		ret = cats_seg6local_del(e->route, sid);
	return ret ? ret : release(e, &found);
}

/* Next hops of one dump; releasing them one by one would dump for each. */
static int del_all(struct cats_egress *e, struct cats_dump *dump)
{
	struct cats_sid sid;
	int ret = 0;

	while (!ret && cats_seg6local_next(dump, &sid))
		ret = cats_seg6local_del(e->route, &sid);
	dump->at = 0;
	while (!ret && cats_seg6local_next(dump, &sid))
		if (sid.behavior == CATS_BEHAVIOR_END_DX4)
			ret = cats_onlink_del(e->route, sid.nh4);
	return ret;
}

int cats_sid_stock_uninstall_all(struct cats_egress *e)
{
	struct cats_dump dump;
	int ret;

	ret = cats_seg6local_dump(e->route, &dump);
	if (!ret)
		ret = del_all(e, &dump);
	cats_dump_free(&dump);
	return ret;
}
