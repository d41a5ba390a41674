// SPDX-License-Identifier: GPL-2.0-or-later
/* A SID, as `cats sid show` and `cats monitor` print it. */
#include "device_name.h"
#include "egress.h"
#include "output.h"

static const char *action_name(uint16_t behavior)
{
	switch (behavior) {
	case CATS_BEHAVIOR_END_DX6:
		return "End.DX6";
	case CATS_BEHAVIOR_END_DX4:
		return "End.DX4";
	case CATS_BEHAVIOR_END_DT6:
		return "End.DT6";
	case CATS_BEHAVIOR_END_DT4:
		return "End.DT4";
	case CATS_BEHAVIOR_END_DT46:
		return "End.DT46";
	default:
		return "?";
	}
}

/* A seg6local SID is a route, and events of cats.ko do not know of any. */
static void show_route(const struct cats_sid *sid)
{
	bool unicast = sid->routed == CATS_SID_ROUTE_UNICAST;
	bool routed = sid->routed != CATS_SID_ROUTE_NONE;

	if (sid->backend == CATS_BACKEND_CATS &&
	    sid->routed == CATS_SID_ROUTE_UNKNOWN)
		return;
	if (options.json)
		out_bool("routed", NULL, routed);
	else if (!routed)
		out_string(HUE_BAD, "routed", " %s", "unrouted");
	if (unicast)
		out_string(HUE_NONE, "route", " route %s", "unicast");
}

void show_sid(const struct cats_sid *sid)
{
	bool cats = sid->backend == CATS_BACKEND_CATS;

	out_string(HUE_ADDRESS, "sid", "%s", cats_sid_name(sid));
	out_string(HUE_NONE, "action", " action %s",
		   action_name(sid->behavior));
	if (sid->behavior == CATS_BEHAVIOR_END_DX4)
		out_address("nh4", " nh4 %s", CATS_FAMILY_IPV4, sid->nh4);
	if (sid->behavior == CATS_BEHAVIOR_END_DX6)
		out_address("nh6", " nh6 %s", CATS_FAMILY_IPV6, sid->nh6);
	if (sid->vrftable)
		out_number("vrftable", " vrftable %llu", sid->vrftable);
	if (sid->oif)
		out_string(HUE_NAME, "oif", " oif %s", device_name(sid->oif));
	if (sid->ifindex)
		out_string(HUE_NAME, "dev", " dev %s",
			   device_name(sid->ifindex));
	if (sid->has_instance)
		out_mapped("instance", " instance %s", sid->instance);
	out_string(cats ? HUE_GOOD : HUE_BAD, "backend", " backend %s",
		   cats ? "cats" : "seg6local");
	show_route(sid);
	out_number("behavior", options.details ? " behavior %llu" : NULL,
		   sid->behavior);
	if (!options.stats)
		return;
	out_line("    ");
	out_number("packets", "packets %llu", sid->packets);
	out_number("bytes", " bytes %llu", sid->bytes);
	out_number("drops", " drops %llu", sid->drops);
}
