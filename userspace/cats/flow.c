// SPDX-License-Identifier: GPL-2.0-or-later
/* cats flow: the flow-affinity table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "flow.h"
#include "output.h"
#include "route.h"

static const char help[] =
	"Usage: cats flow [ show | count | flush ] [ CSID[/LEN] ] [ vrf VRFID ]\n";

/* Does @selector mean the route this flow belongs to? */
static struct cats_service *route_of(struct cats_forwarder *f,
				     const struct selector *selector,
				     const struct cats_flow *flow)
{
	struct cats_service *service = cats_table_at(&f->service,
						     flow->key->service);

	if (selector->has_key &&
	    memcmp(&service->key, &selector->key, sizeof(service->key)))
		return NULL;
	if (selector->has_vrf && service->key.vrf != selector->key.vrf)
		return NULL;
	return service;
}

static void show_flow(struct cats_forwarder *f,
		      const struct cats_service *service,
		      const struct cats_flow *flow)
{
	const struct cats_flow_key *key = flow->key;

	out_open();
	show_key(&service->key);
	out_address("src", " from %s", key->family, key->saddr);
	if (service->key.len != (key->family == CATS_FAMILY_IPV4 ? 32 : 128))
		out_address("dst", " to %s", key->family, key->daddr);
	if (key->proto)
		show_proto(key->proto);
	if (key->flags & CATS_FLOW_FRAGMENT) {
		out_number("fragment", " fragment %llu",
			   (uint32_t)key->dport << 16 | key->sport);
	} else if (key->sport || key->dport) {
		out_number("sport", " sport %llu", key->sport);
		out_number("dport", " dport %llu", key->dport);
	}
	show_nexthop_names(f, cats_table_at(&f->nexthop, flow->nexthop),
			   service->sel & 1);
	out_bool("pinned", " pinned", key->flags & CATS_FLOW_PINNED);
	out_real("age", " age %.1f", flow->age_ms / 1000.0);
	out_number("timeout", options.details ? " timeout %llu" : NULL,
		   service->conf[service->sel & 1].timeout_s);
	out_close();
}

/* Both show and flush; the latter forgets what the former would print. */
static void walk_flows(struct cats_forwarder *f,
		       const struct selector *selector, bool flush)
{
	struct cats_service *service;
	struct cats_flow flow;
	uint32_t at = 0;

	while (cats_flow_each(f, 0, &at, &flow)) {
		service = route_of(f, selector, &flow);
		if (!service)
			continue;
		if (flush)
			cats_flow_remove(&flow);
		else
			show_flow(f, service, &flow);
	}
}

static void count_one(struct cats_forwarder *f,
		      const struct cats_service *service,
		      const uint32_t *by_nexthop)
{
	struct cats_nexthop *nexthop;
	struct cats_walk walk;
	uint64_t sum = 0;

	cats_walk_start(&walk, f, service);
	while (cats_walk_next(&walk))
		sum += by_nexthop[walk.id];
	out_open();
	show_key(&service->key);
	out_number("flows", " flows %llu", sum);
	out_array("nexthops");
	cats_walk_start(&walk, f, service);
	while ((nexthop = cats_walk_next(&walk))) {
		out_line("    ");
		out_open();
		out_text("nexthop");
		show_nexthop_names(f, nexthop, walk.sel);
		out_number("flows", " flows %llu", by_nexthop[walk.id]);
		if (options.json)
			out_close();
	}
	out_array_end();
	out_close();
}

static int count_flows(struct cats_forwarder *f,
		       const struct selector *selector)
{
	uint32_t *by_nexthop = calloc(cats_table_limit(&f->nexthop),
				      sizeof(*by_nexthop));
	struct cats_service *service;
	uint32_t id = UINT32_MAX, at = 0;
	struct cats_flow flow;

	if (!by_nexthop)
		return cats_error_kernel(ENOMEM, "flows");
	while (cats_flow_each(f, 0, &at, &flow))
		if (!(flow.key->flags & CATS_FLOW_FRAGMENT))
			by_nexthop[flow.nexthop]++;
	out_begin();
	while ((service = selector_each(f, selector, &id)))
		if (service->conf[service->sel & 1].nexthops)
			count_one(f, service, by_nexthop);
	out_end();
	free(by_nexthop);
	return 0;
}

static int flow_show(struct args *args)
{
	struct selector selector;
	struct cats_forwarder *f;
	int ret;

	ret = session_select(args, &selector, &f);
	if (ret)
		return ret;
	out_begin();
	if (f)
		walk_flows(f, &selector, false);
	out_end();
	if (f)
		session_end(f);
	return 0;
}

static int flow_count(struct args *args)
{
	struct selector selector;
	struct cats_forwarder *f;
	int ret;

	ret = session_select(args, &selector, &f);
	if (ret)
		return ret;
	if (f) {
		ret = count_flows(f, &selector);
		session_end(f);
	} else {
		out_begin();
		out_end();
	}
	return ret;
}

static int flow_flush(struct args *args)
{
	struct selector selector;
	struct cats_forwarder *f;
	int ret;

	ret = session_select(args, &selector, &f);
	if (ret || !f)
		return ret;
	walk_flows(f, &selector, true);
	session_end(f);
	return 0;
}

static const struct command commands[] = {
	{ "show", flow_show },	 { "list", flow_show },
	{ "count", flow_count }, { "flush", flow_flush },
	{ NULL, NULL },
};

const struct object object_flow = { "flow", help, commands };
