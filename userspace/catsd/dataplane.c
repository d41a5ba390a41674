// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "counters.h"
#include "dataplane.h"
#include "forwarder.h"
#include "mapped.h"
#include "policy.h"
#include "route.h"

static const struct {
	const char *name;
	uint32_t what;
} flow_events[] = {
	{ "new", CATS_EXTRA_FLOW_NEW },
	{ "evicted", CATS_EXTRA_FLOW_EVICTED },
	{ "busy", CATS_EXTRA_FLOW_BUSY },
	{ "ask-nobody", CATS_EXTRA_ASK_NOBODY },
	{ "ask-full", CATS_EXTRA_ASK_FULL },
	{ "ask-long", CATS_EXTRA_ASK_LONG },
	{ "end-full", CATS_EXTRA_END_FULL },
};

static void measure_verdicts(struct openmetrics *om, struct cats_forwarder *f)
{
	const struct cats_reason_name *name;
	struct cats_counter count;
	uint32_t i;

	for (i = 0; i < CATS_REASON_EGRESS; i++) {
		name = cats_reason_name(i);
		if (!name->name)
			continue;
		count = cats_count_total(f, i);
		om_counter(om, "cats_ingress_packets",
			   "Packets of the ingress forwarder, by verdict.",
			   OM_LABELS({ "disposition",
				       cats_disposition_name(name->disposition) },
				     { "reason", name->name }),
			   count.packets);
	}
	for (i = 0; i < sizeof(flow_events) / sizeof(flow_events[0]); i++)
		om_counter(om, "cats_flow_entries",
			   "What happened to entries of the flow table.",
			   OM_LABELS({ "event", flow_events[i].name }),
			   cats_count_total(f, flow_events[i].what).packets);
}

static void measure_policies(struct openmetrics *om, struct cats_forwarder *f)
{
	struct cats_policy_use *uses = cats_policy_uses(f);
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	while (uses && (policy = cats_table_each(&f->policy, &id))) {
		if (!policy->used)
			continue;
		om_counter(om, "cats_policy_packets",
			   "Packets steered over an SR policy.",
			   OM_LABELS({ "policy", policy->name }),
			   policy->gone_packets + uses[id].packets);
		om_counter(om, "cats_policy_bytes",
			   "Bytes steered over an SR policy, inner packets.",
			   OM_LABELS({ "policy", policy->name }),
			   policy->gone_bytes + uses[id].bytes);
	}
	free(uses);
}

static void measure_nexthops(struct openmetrics *om, struct cats_forwarder *f,
			     const struct cats_service *service)
{
	char csid[INET6_ADDRSTRLEN], sid[INET6_ADDRSTRLEN], prefix[64], vrf[16];
	bool ipv4 = service->key.family == CATS_FAMILY_IPV4;
	struct cats_nexthop *nexthop;
	struct cats_counter total;
	struct cats_walk walk;

	inet_ntop(ipv4 ? AF_INET : AF_INET6, service->key.addr, csid,
		  sizeof(csid));
	snprintf(prefix, sizeof(prefix), "%s/%u", csid, service->key.len);
	snprintf(vrf, sizeof(vrf), "%u", service->key.vrf);
	cats_walk_start(&walk, f, service);
	while ((nexthop = cats_walk_next(&walk))) {
		const struct om_label *labels;

		mapped_text(nexthop->sid, sid);
		labels = OM_LABELS({ "csid", prefix }, { "vrf", vrf },
				   { "sid", sid });
		cats_nexthop_total(f, walk.id, &total);
		om_counter(om, "cats_nexthop_packets",
			   "Packets steered to a next hop of a route.", labels,
			   total.packets);
		om_counter(om, "cats_nexthop_bytes",
			   "Bytes steered to a next hop of a route, inner packets.",
			   labels, total.bytes);
		om_gauge(om, "cats_nexthop_weight",
			 "Load sharing ratio of a next hop.", labels,
			 nexthop->link[walk.sel].weight);
	}
}

static void readable(struct openmetrics *om, const char *half, bool is)
{
	om_gauge(om, "cats_dataplane_readable",
		 "1 if this half of the data plane was read just now.",
		 OM_LABELS({ "half", half }), is);
}

static void measure_ingress(struct openmetrics *om)
{
	struct cats_service *service;
	struct cats_forwarder f = {};
	uint32_t id = UINT32_MAX;
	int ret;

	ret = cats_forwarder_open(&f, false);
	if (ret == -ENOENT)
		return;
	if (!ret) {
		ret = cats_read_begin(&f);
		if (!ret) {
			measure_verdicts(om, &f);
			measure_policies(om, &f);
			while ((service = cats_route_each(&f, &id)))
				measure_nexthops(om, &f, service);
			cats_end(&f);
		}
		cats_forwarder_close(&f);
	}
	readable(om, "ingress", !ret);
}

void dataplane_measure(struct openmetrics *om)
{
	int ret;

	measure_ingress(om);
	ret = dataplane_measure_egress(om);
	if (ret != -ENOENT)
		readable(om, "egress", !ret);
}
