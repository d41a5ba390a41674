// SPDX-License-Identifier: GPL-2.0-or-later
/* cats nexthop: the next hops of the routes, and their states. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "error.h"
#include "output.h"
#include "route.h"

static const char help[] =
	"Usage: cats nexthop set CSID[/LEN] [ vrf VRFID ] sid SID\n"
	"                    { state { up | drain | down } | weight N }...\n"
	"       cats nexthop [ show [ CSID[/LEN] ] [ vrf VRFID ] ]\n";

/**
 * struct request - what set is asked to do
 * @key: route
 * @sid: service SID
 * @has_sid: it was given
 * @state: enum cats_nexthop_state, or -1
 * @weight: or -1
 */
struct request {
	struct cats_service_key key;
	uint8_t sid[16];
	bool has_sid;
	int state;
	int weight;
};

static int parse_change(struct args *args, struct request *request)
{
	uint32_t weight = 0;
	uint8_t state = 0;
	int ret;

	if (args_is(args, "vrf"))
		return args_number(args, "vrf", 0, UINT32_MAX,
				   &request->key.vrf);
	if (args_is(args, "sid")) {
		request->has_sid = true;
		return args_in6(args, "sid", request->sid);
	}
	if (args_is(args, "state")) {
		ret = args_choice(args, "state", state_names, &state);
		request->state = state;
		return ret;
	}
	if (args_is(args, "weight")) {
		ret = args_number(args, "weight", 0, CATS_WEIGHT_MAX, &weight);
		request->weight = weight;
		return ret;
	}
	return args_unknown(args);
}

static int nexthop_set(struct args *args)
{
	struct request request = { .state = -1, .weight = -1 };
	struct args_seen seen = {};
	struct cats_forwarder *f;
	int ret;

	ret = args_prefix(args, &request.key);
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (!ret)
			ret = parse_change(args, &request);
	}
	if (!ret && !request.has_sid)
		ret = cats_error(EINVAL, "a sid is expected");
	if (!ret && request.state < 0 && request.weight < 0)
		ret = cats_error(EINVAL, "a state or a weight is expected");
	if (!ret)
		ret = session_write(&f);
	if (ret)
		return ret;
	ret = cats_nexthop_set(f, &request.key, request.sid, request.state,
			       request.weight);
	session_end(f);
	return ret;
}

/* Slots that refer to each next hop of a route, in one pass over its table. */
static uint32_t *count_slots(struct cats_forwarder *f,
			     const struct cats_service *service)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	uint32_t ids[CATS_NEXTHOPS_MAX], n = 0, i, at, last = 0, id;
	uint32_t *slots = calloc(CATS_NEXTHOPS_MAX, sizeof(*slots));
	struct cats_walk walk;

	cats_walk_start(&walk, f, service);
	while (cats_walk_next(&walk))
		ids[n++] = walk.id;
	for (at = 0; slots && n && at < conf->size; at++) {
		id = cats_slot_at(f, conf->base + at);
		for (i = 0; i < n && ids[last] != id; i++)
			last = (last + 1) % n;
		if (ids[last] == id)
			slots[last]++;
	}
	return slots;
}

static void show_out(struct cats_forwarder *f,
		     const struct cats_nexthop *nexthop, uint32_t sel)
{
	struct cats_path *path = cats_table_at(&f->path,
					       nexthop->link[sel].path);
	struct cats_encap *encap;

	if (!path)
		return;
	encap = &path->encap[path->sel & 1];
	show_path_liveness(f, path->state);
	show_way_out(encap, options.details);
}

static void show_one(struct cats_forwarder *f,
		     const struct cats_service *service,
		     const struct cats_nexthop *nexthop,
		     const struct cats_walk *walk, uint32_t slots)
{
	const struct cats_service_conf *conf = &service->conf[walk->sel];
	const struct cats_nexthop_link *link = &nexthop->link[walk->sel];
	struct cats_counter total;

	out_open();
	show_key(&service->key);
	show_nexthop_names(f, nexthop, walk->sel);
	out_number("weight", " weight %llu", link->weight);
	out_string(link->state ? HUE_BAD : HUE_GOOD, "state", " state %s",
		   state_names[link->state]);
	out_number("slots", " slots %llu", slots);
	out_real("share", " share %.2f%%",
		 conf->size ? 100.0 * slots / conf->size : 0.0);
	show_out(f, nexthop, walk->sel);
	if (options.stats) {
		cats_nexthop_total(f, walk->id, &total);
		out_line("    ");
		out_number("packets", "packets %llu", total.packets);
		out_number("bytes", " bytes %llu", total.bytes);
	}
	out_close();
}

static int show_route(struct cats_forwarder *f,
		      const struct cats_service *service)
{
	uint32_t *slots = count_slots(f, service), n = 0;
	struct cats_nexthop *nexthop;
	struct cats_walk walk;

	if (!slots)
		return cats_error_kernel(ENOMEM, "next hops");
	cats_walk_start(&walk, f, service);
	while ((nexthop = cats_walk_next(&walk)))
		show_one(f, service, nexthop, &walk, slots[n++]);
	free(slots);
	return 0;
}

static int nexthop_show(struct args *args)
{
	return show_routes(args, show_route);
}

static const struct command commands[] = {
	{ "show", nexthop_show }, { "list", nexthop_show },
	{ "set", nexthop_set },	  { NULL, NULL },
};

const struct object object_nexthop = { "nexthop", help, commands };
