// SPDX-License-Identifier: GPL-2.0-or-later
/* cats route: the CATS routing table (draft-fu-cats-flow-lb, Figure 2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "load.h"
#include "output.h"
#include "route.h"
#include "route_parse.h"
#include "service_index.h"

static const char help[] =
	"Usage: cats route { add | replace | append } [ blackhole ] CSID[/LEN] [ vrf VRFID ]\n"
	"                  [ table { maglev | exact } ] [ size N ]\n"
	"                  [ affinity { 5tuple | 3tuple | 2tuple | src } ] [ timeout SECONDS ]\n"
	"                  [ track flows ] [ mode { table | control } ] [ proto NAME ]\n"
	"                  { nexthop policy NAME sid SID [ weight N ] [ instance CSCI-ID ] }...\n"
	"       cats route del CSID[/LEN] [ vrf VRFID ]\n"
	"       cats route get CSID [ vrf VRFID ] [ from ADDR sport N dport N proto P ]\n"
	"       cats route flush [ vrf VRFID ] [ proto NAME ]\n"
	"       cats route [ show [ CSID[/LEN] ] [ vrf VRFID ] ]\n";

/* Names become ids under the lock: nobody can delete the policy meanwhile. */
static int resolve_policies(struct cats_forwarder *f,
			    struct route_request *request)
{
	uint32_t i, id = 0;

	for (i = 0; i < request->spec.nexthops; i++) {
		/* most routes name the same one again and again */
		if (!i || strcmp(request->policy[i], request->policy[i - 1]))
			id = cats_policy_find(f, request->policy[i]);
		if (!id)
			return cats_error(ENOENT, "policy %s does not exist",
					  request->policy[i]);
		request->spec.nexthop[i].policy = id;
	}
	return 0;
}

static int change_route(struct args *args, enum cats_route_change change)
{
	struct route_request *request = calloc(1, sizeof(*request));
	struct cats_forwarder *f;
	int ret;

	if (!request)
		return cats_error_kernel(ENOMEM, "route");
	ret = route_parse(args, request);
	if (!ret && change == CATS_ROUTE_APPEND && request->option)
		ret = args_wrong(request->option,
				 "append takes next hops, all else stays");
	if (!ret)
		ret = session_write(&f);
	if (ret)
		goto out;
	ret = resolve_policies(f, request);
	if (!ret)
		ret = cats_route_set(f, &request->spec, change);
	session_end(f);
out:
	free(request);
	return ret;
}

static int route_add(struct args *args)
{
	return change_route(args, CATS_ROUTE_ADD);
}

static int route_replace(struct args *args)
{
	return change_route(args, CATS_ROUTE_REPLACE);
}

static int route_append(struct args *args)
{
	return change_route(args, CATS_ROUTE_APPEND);
}

static int route_del(struct args *args)
{
	struct selector selector;
	struct cats_forwarder *f;
	int ret;

	ret = args_selector(args, &selector);
	if (!ret && !selector.has_key)
		ret = cats_error(EINVAL, "a CS-ID is expected");
	if (!ret)
		ret = session_write(&f);
	if (ret)
		return ret;
	ret = cats_route_del(f, &selector.key);
	session_end(f);
	return ret;
}

static int flush_routes(struct cats_forwarder *f, bool has_vrf, uint32_t vrf,
			const char *proto)
{
	struct cats_service *service;
	uint32_t id = UINT32_MAX;
	int ret = 0;

	while (!ret && (service = cats_route_each(f, &id))) {
		if (has_vrf && service->key.vrf != vrf)
			continue;
		if (proto && strcmp(service->conf[service->sel & 1].proto,
				    proto))
			continue;
		ret = cats_route_del(f, &service->key);
	}
	return ret;
}

static int route_flush(struct args *args)
{
	struct cats_forwarder *f;
	struct args_seen seen = {};
	const char *proto = NULL;
	bool has_vrf = false;
	uint32_t vrf = 0;
	int ret = 0;

	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (ret)
			break;
		if (args_is(args, "vrf")) {
			ret = args_number(args, "vrf", 0, UINT32_MAX, &vrf);
			has_vrf = true;
		} else if (args_is(args, "proto")) {
			proto = args_value(args, "proto");
			ret = proto ? 0 : -EINVAL;
		} else {
			ret = args_unknown(args);
		}
	}
	if (!ret)
		ret = session_write(&f);
	if (ret)
		return ret;
	ret = flush_routes(f, has_vrf, vrf, proto);
	session_end(f);
	return ret;
}

static void show_nexthop(struct cats_forwarder *f,
			 const struct cats_nexthop *nexthop,
			 const struct cats_walk *walk)
{
	const struct cats_nexthop_link *link = &nexthop->link[walk->sel];
	struct cats_counter total;

	out_line("    ");
	out_open();
	out_text("nexthop");
	show_nexthop_names(f, nexthop, walk->sel);
	out_number("weight", " weight %llu", link->weight);
	out_string(link->state ? HUE_BAD : HUE_GOOD, "state",
		   link->state || options.details ? " state %s" : NULL,
		   state_names[link->state]);
	if (options.stats) {
		cats_nexthop_total(f, walk->id, &total);
		out_number("packets", " packets %llu", total.packets);
		out_number("bytes", " bytes %llu", total.bytes);
	}
	if (options.json)
		out_close();
}

static void show_conf(const struct cats_service_conf *conf)
{
	bool asks = conf->flags & CATS_SERVICE_CONTROL;

	out_string(HUE_NONE, "table", " table %s",
		   compiler_names[conf->compiler]);
	out_number("size", " size %llu", conf->size);
	out_string(HUE_NONE, "affinity",
		   conf->affinity || options.details ? " affinity %s" : NULL,
		   affinity_names[conf->affinity]);
	out_number("timeout", conf->timeout_s != CATS_TIMEOUT_DEFAULT ||
		   options.details ? " timeout %llu" : NULL, conf->timeout_s);
	out_string(HUE_NONE, "track", options.details ? " track %s" : NULL,
		   track_names[conf->track]);
	out_string(HUE_NONE, "mode", asks || options.details ? " mode %s" :
							       NULL,
		   mode_names[asks]);
	if (conf->error_ppm)
		out_real("error", options.details ? " error %.4f%%" : NULL,
			 conf->error_ppm / 10000.0);
}

static void show_totals(struct cats_forwarder *f,
			const struct cats_service *service)
{
	struct cats_counter sum = { service->gone_packets,
				    service->gone_bytes }, total;
	struct cats_walk walk;

	cats_walk_start(&walk, f, service);
	while (cats_walk_next(&walk)) {
		cats_nexthop_total(f, walk.id, &total);
		sum.packets += total.packets;
		sum.bytes += total.bytes;
	}
	out_number("packets", " packets %llu", sum.packets);
	out_number("bytes", " bytes %llu", sum.bytes);
}

int route_show(struct cats_forwarder *f, const struct cats_service *service)
{
	const struct cats_service_conf *conf = &service->conf[service->sel & 1];
	bool blackhole = conf->flags & CATS_SERVICE_BLACKHOLE;
	struct cats_nexthop *nexthop;
	struct cats_walk walk;

	out_open();
	if (blackhole)
		out_string(HUE_BAD, "type", "%s ", "blackhole");
	show_key(&service->key);
	if (!blackhole)
		show_conf(conf);
	out_string(HUE_NONE, "proto",
		   strcmp(conf->proto, "static") || options.details ?
			   " proto %s" : NULL, conf->proto);
	if (options.stats && !blackhole)
		show_totals(f, service);
	out_array("nexthops");
	cats_walk_start(&walk, f, service);
	while ((nexthop = cats_walk_next(&walk)))
		show_nexthop(f, nexthop, &walk);
	out_array_end();
	out_close();
	return 0;
}

static int route_list(struct args *args)
{
	return show_routes(args, route_show);
}

static int show_choice(struct cats_forwarder *f,
		       const struct route_question *question)
{
	struct cats_nexthop *nexthop;
	struct cats_service *service;
	bool known = false;
	uint32_t id, nh;

	id = cats_service_match(f, question->vrf, question->family,
				question->tuple.daddr);
	if (!id)
		return cats_error(ENOENT, "no route to this CS-ID");
	service = cats_table_at(&f->service, id);
	if (!question->has_tuple ||
	    service->conf[service->sel & 1].flags & CATS_SERVICE_BLACKHOLE) {
		out_begin();
		route_show(f, service);
		out_end();
		return 0;
	}
	nh = cats_flow_nexthop(f, id, &question->tuple, &known);
	if (!nh)
		return cats_error(EHOSTUNREACH, "no next hop takes this flow");
	nexthop = cats_table_at(&f->nexthop, nh);
	out_begin();
	out_open();
	show_key(&service->key);
	show_nexthop_names(f, nexthop, service->sel & 1);
	out_string(HUE_NONE, "by", " by %s", known ? "flow" : "table");
	out_close();
	out_end();
	return 0;
}

static int route_get(struct args *args)
{
	struct route_question question;
	struct cats_forwarder *f;
	int ret;

	ret = route_parse_question(args, &question);
	if (!ret)
		ret = session_read(&f);
	if (ret)
		return ret;
	ret = show_choice(f, &question);
	session_end(f);
	return ret;
}

static const struct command commands[] = {
	{ "show", route_list },	      { "list", route_list },
	{ "add", route_add },	      { "replace", route_replace },
	{ "append", route_append },   { "del", route_del },
	{ "delete", route_del },      { "get", route_get },
	{ "flush", route_flush },     { NULL, NULL },
};

const struct object object_route = { "route", help, commands };
