// SPDX-License-Identifier: GPL-2.0-or-later
/* cats sid: the SIDs of an egress forwarder. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "command.h"
#include "egress.h"
#include "error.h"
#include "output.h"
#include "seg6local.h"
#include "sid_route.h"

static const char help[] =
	"Usage: cats sid { add | replace } SID[/LEN] action { End.DX4 nh4 ADDR |\n"
	"                End.DX6 nh6 ADDR | End.DT4 | End.DT6 | End.DT46 }\n"
	"                [ vrftable ID ] [ oif DEV ] [ dev CATSDEV ] [ instance CSCI-ID ]\n"
	"       cats sid del SID[/LEN]\n"
	"       cats sid [ show [ SID[/LEN] ] [ dev CATSDEV ] [ instance CSCI-ID ] ]\n"
	"       cats sid flush [ dev CATSDEV ]\n"
	"Without cats.ko the kernel's seg6local is used, which knows neither dev nor instance.\n";

static const struct {
	const char *name;
	uint16_t behavior;
} actions[] = {
	{ "End.DX4", CATS_BEHAVIOR_END_DX4 },
	{ "End.DX6", CATS_BEHAVIOR_END_DX6 },
	{ "End.DT4", CATS_BEHAVIOR_END_DT4 },
	{ "End.DT6", CATS_BEHAVIOR_END_DT6 },
	{ "End.DT46", CATS_BEHAVIOR_END_DT46 },
};

/*
 * struct sid_request - a SID as it is being parsed
 */
struct sid_request {
	struct cats_sid sid;
	const char *dev;
	bool has_nh4;
	bool has_nh6;
};

static int parse_action(struct args *args, struct cats_sid *sid)
{
	const char *text = args_value(args, "action");
	unsigned int i;

	if (!text)
		return -EINVAL;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(text, actions[i].name))
			sid->behavior = actions[i].behavior;
	return sid->behavior ? 0 :
	       args_wrong(text, "action is one of End.DX4 End.DX6 End.DT4 End.DT6 End.DT46");
}

static int parse_nh4(struct args *args, struct sid_request *request)
{
	const char *text = args_value(args, "nh4");

	if (!text)
		return -EINVAL;
	request->has_nh4 = true;
	if (inet_pton(AF_INET, text, request->sid.nh4) != 1 ||
	    !memcmp(request->sid.nh4, (uint8_t[4]){ 0 }, 4))
		return args_wrong(text, "nh4 is the IPv4 address of the next hop");
	return 0;
}

static int parse_nh6(struct args *args, struct sid_request *request)
{
	const char *text = args_value(args, "nh6");

	if (!text)
		return -EINVAL;
	request->has_nh6 = true;
	if (inet_pton(AF_INET6, text, request->sid.nh6) != 1 ||
	    !memcmp(request->sid.nh6, (uint8_t[16]){ 0 }, 16))
		return args_wrong(text, "nh6 is the IPv6 address of the next hop");
	return 0;
}

static int parse_option(struct args *args, struct sid_request *request)
{
	struct cats_sid *sid = &request->sid;

	if (args_is(args, "action"))
		return parse_action(args, sid);
	if (args_is(args, "nh4"))
		return parse_nh4(args, request);
	if (args_is(args, "nh6"))
		return parse_nh6(args, request);
	if (args_is(args, "vrftable"))
		return args_number(args, "vrftable", 1, UINT32_MAX,
				   &sid->vrftable);
	if (args_is(args, "oif"))
		return args_dev(args, "oif", &sid->oif);
	if (args_is(args, "dev")) {
		request->dev = args_value(args, "dev");
		return request->dev ? 0 : -EINVAL;
	}
	if (args_is(args, "instance")) {
		sid->has_instance = true;
		return parse_instance(args_value(args, "instance"),
				      sid->instance);
	}
	return args_unknown(args);
}

/* What the action needs, and what only another one can use. */
static int check_request(const struct sid_request *request)
{
	uint16_t behavior = request->sid.behavior;
	bool dx4 = behavior == CATS_BEHAVIOR_END_DX4;
	bool dx6 = behavior == CATS_BEHAVIOR_END_DX6;

	if (!behavior)
		return cats_error(EINVAL, "a SID needs an action");
	if (dx4 && !request->has_nh4)
		return cats_error(EINVAL, "End.DX4 needs nh4");
	if (dx6 && !request->has_nh6)
		return cats_error(EINVAL, "End.DX6 needs nh6");
	if (!dx4 && request->has_nh4)
		return cats_error(EINVAL, "nh4 is for End.DX4");
	if (!dx6 && request->has_nh6)
		return cats_error(EINVAL, "nh6 is for End.DX6");
	if ((dx4 || dx6) && request->sid.vrftable)
		return cats_error(EINVAL, "vrftable is for End.DT4, End.DT6 and End.DT46");
	return 0;
}

static int parse_request(struct args *args, struct sid_request *request)
{
	struct args_seen seen = {};
	int ret;

	memset(request, 0, sizeof(*request));
	ret = args_sid(args, request->sid.sid, &request->sid.len);
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (!ret)
			ret = parse_option(args, request);
	}
	return ret ? ret : check_request(request);
}

static int sid_set(struct args *args, bool replace)
{
	struct sid_request request;
	struct cats_egress *e;
	int ret;

	ret = parse_request(args, &request);
	if (!ret)
		ret = egress_open(true, &e);
	if (ret)
		return ret;
	if (request.dev && !e->genl)
		return cats_error(EOPNOTSUPP, "dev needs cats.ko, which is not available");
	if (request.dev)
		ret = args_device(request.dev, &request.sid.ifindex);
	return ret ? ret : cats_sid_install(e, &request.sid, replace);
}

static int sid_add(struct args *args)
{
	return sid_set(args, false);
}

static int sid_replace(struct args *args)
{
	return sid_set(args, true);
}

static int sid_del(struct args *args)
{
	struct cats_egress *e;
	struct cats_sid sid = {};
	int ret;

	ret = args_sid(args, sid.sid, &sid.len);
	if (!ret && args_more(args))
		ret = args_unknown(args);
	if (!ret)
		ret = egress_open(false, &e);
	return ret ? ret : cats_sid_uninstall(e, &sid);
}

static int sid_flush(struct args *args)
{
	struct cats_sid_filter filter = {};
	struct cats_egress *e;
	int ret = 0;

	if (args_is(args, "dev"))
		ret = args_dev(args, "dev", &filter.ifindex);
	if (!ret && args_more(args))
		ret = args_unknown(args);
	if (!ret)
		ret = egress_open(false, &e);
	if (!ret && filter.ifindex && !e->genl)
		ret = cats_error(EOPNOTSUPP, "dev needs cats.ko, which is not available");
	return ret ? ret : cats_sid_uninstall_all(e, &filter);
}

static void show_one(const struct cats_sid *sid)
{
	out_open();
	show_sid(sid);
	out_close();
}

/*
 * struct found - the SIDs of both backends, read before anything is printed
 */
struct found {
	struct cats_dump cats;
	struct cats_dump stock;
	struct cats_sid_routes routes;
};

static int find_all(struct cats_egress *e, const struct cats_sid_filter *filter,
		    struct found *found)
{
	bool filtered = filter->ifindex || filter->has_instance;
	int ret = 0;

	if (e->genl)
		ret = cats_sid_dump(e->genl, filter, &found->cats);
	if (!ret && e->genl)
		ret = cats_sid_routes_read(e->route, &found->routes);
	if (!ret && !filtered)
		ret = cats_seg6local_dump(e->route, &found->stock);
	return ret;
}

static void show_found(struct cats_egress *e, struct found *found)
{
	struct nlmsghdr *nlh;
	struct cats_sid sid;

	out_begin();
	while ((nlh = cats_dump_next(&found->cats))) {
		if (cats_sid_decode(nlh, &sid))
			continue;
		cats_sid_find_route(e->route, &found->routes, &sid);
		show_one(&sid);
	}
	while (cats_seg6local_next(&found->stock, &sid))
		show_one(&sid);
	out_end();
}

static int show_all(struct cats_egress *e, const struct cats_sid_filter *filter)
{
	struct found found = {};
	int ret = find_all(e, filter, &found);

	if (!ret)
		show_found(e, &found);
	cats_dump_free(&found.cats);
	cats_dump_free(&found.stock);
	cats_sid_routes_free(&found.routes);
	return ret;
}

static bool is_meant(const struct cats_sid *sid,
		     const struct cats_sid_filter *filter)
{
	if (filter->ifindex && filter->ifindex != sid->ifindex)
		return false;
	return !filter->has_instance ||
	       (sid->has_instance &&
		!memcmp(sid->instance, filter->instance, 16));
}

static int show_named(struct cats_egress *e, const struct cats_sid *named,
		      const struct cats_sid_filter *filter)
{
	static const struct cats_sid_routes none;
	struct cats_sid sid = *named;
	int ret = e->genl ? cats_sid_get(e->genl, &sid) : -ENOENT;

	if (!ret)
		cats_sid_find_route(e->route, &none, &sid);
	if (ret == -ENOENT)
		ret = cats_sid_stock_get(e, named, &sid);
	if (ret)
		return ret;
	out_begin();
	if (is_meant(&sid, filter))
		show_one(&sid);
	out_end();
	return 0;
}

static int parse_filter(struct args *args, struct cats_sid *sid,
			struct cats_sid_filter *filter)
{
	struct args_seen seen = {};
	int ret = 0;

	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (ret)
			break;
		if (args_is(args, "dev")) {
			ret = args_dev(args, "dev", &filter->ifindex);
		} else if (args_is(args, "instance")) {
			filter->has_instance = true;
			ret = parse_instance(args_value(args, "instance"),
					     filter->instance);
		} else if (!sid->len) {
			ret = args_sid(args, sid->sid, &sid->len);
		} else {
			ret = args_unknown(args);
		}
	}
	return ret;
}

static int sid_show(struct args *args)
{
	struct cats_sid_filter filter = {};
	struct cats_egress *e;
	struct cats_sid sid = {};
	int ret;

	ret = parse_filter(args, &sid, &filter);
	if (!ret)
		ret = egress_open(false, &e);
	if (ret)
		return ret;
	return sid.len ? show_named(e, &sid, &filter) : show_all(e, &filter);
}

static const struct command commands[] = {
	{ "show", sid_show }, { "list", sid_show },
	{ "add", sid_add },   { "replace", sid_replace },
	{ "del", sid_del },   { "delete", sid_del },
	{ "flush", sid_flush }, { NULL, NULL },
};

const struct object object_sid = { "sid", help, commands };
