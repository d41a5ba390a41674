// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stddef.h>

#include "dataplane.h"
#include "egress_stats.h"
#include "flow_table.h"
#include "instance.h"
#include "mapped.h"
#include "sid.h"

static void measure_instance(struct openmetrics *om,
			     const struct cats_instance *instance)
{
	static const struct {
		const char *reason;
		size_t offset;
	} drops[] = {
		{ "not-its-cs-id", offsetof(struct cats_instance, drop_cs_id) },
		{ "instance-down", offsetof(struct cats_instance, drop_down) },
		{ "instance-drain", offsetof(struct cats_instance, drop_drain) },
		{ "flow-limit", offsetof(struct cats_instance, drop_limit) },
	};
	char id[INET6_ADDRSTRLEN];
	const struct om_label *labels = OM_LABELS({ "instance", id });
	size_t i;

	mapped_text(instance->id, id);
	om_counter(om, "cats_instance_packets", "Packets sent to an instance.",
		   labels, instance->packets);
	om_counter(om, "cats_instance_bytes",
		   "Bytes sent to an instance, inner packets.", labels,
		   instance->bytes);
	om_counter(om, "cats_instance_flows_started",
		   "Flows an instance got.", labels, instance->started);
	om_gauge(om, "cats_instance_flows", "Active flows of an instance.",
		 labels, instance->flows);
	if (instance->has_latency)
		om_gauge(om, "cats_instance_handshake_seconds",
			 "Moving average of the TCP handshake, as the egress sees it.",
			 labels, instance->latency_us / 1e6);
	for (i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
		om_counter(om, "cats_instance_drops",
			   "Packets an instance did not get, by reason.",
			   OM_LABELS({ "instance", id },
				     { "reason", drops[i].reason }),
			   *(const uint64_t *)((const char *)instance +
					       drops[i].offset));
}

static void measure_device(struct openmetrics *om,
			   const struct cats_egress_stats *stats)
{
	char name[IF_NAMESIZE] = "?";
	uint32_t i;

	if_indextoname(stats->ifindex, name);
	for (i = 0; i < stats->reasons; i++)
		om_counter(om, "cats_egress_packets",
			   "Packets to a cats device, by verdict.",
			   OM_LABELS({ "device", name },
				     { "reason", stats->reason[i].name }),
			   stats->reason[i].packets);
}

static void measure_sid(struct openmetrics *om, const struct cats_sid *sid)
{
	const struct om_label *labels = OM_LABELS({ "sid", cats_sid_name(sid) });

	om_counter(om, "cats_sid_packets",
		   "Packets decapsulated at a SID and sent on.", labels,
		   sid->packets);
	om_counter(om, "cats_sid_bytes", "Bytes of these, inner packets.",
		   labels, sid->bytes);
	om_counter(om, "cats_sid_drops", "Packets to a SID that went no further.",
		   labels, sid->drops);
}

static int measure_instances(struct openmetrics *om, struct cats_genl *genl)
{
	struct cats_instance instance;
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	int ret = cats_instance_dump(genl, NULL, &dump);

	while (!ret && (nlh = cats_dump_next(&dump)))
		if (!cats_instance_decode(nlh, &instance))
			measure_instance(om, &instance);
	cats_dump_free(&dump);
	return ret;
}

static int measure_sids(struct openmetrics *om, struct cats_genl *genl)
{
	const struct cats_sid_filter all = {};
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	struct cats_sid sid;
	int ret = cats_sid_dump(genl, &all, &dump);

	while (!ret && (nlh = cats_dump_next(&dump)))
		if (!cats_sid_decode(nlh, &sid))
			measure_sid(om, &sid);
	cats_dump_free(&dump);
	return ret;
}

static int measure_devices(struct openmetrics *om, struct cats_genl *genl)
{
	struct cats_egress_stats stats;
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	int ret = cats_egress_stats_dump(genl, &dump);

	while (!ret && (nlh = cats_dump_next(&dump)))
		if (!cats_egress_stats_decode(nlh, &stats))
			measure_device(om, &stats);
	cats_dump_free(&dump);
	return ret;
}

static int measure_flow_table(struct openmetrics *om, struct cats_genl *genl)
{
	struct cats_flow_table table;
	int ret = cats_flow_table_get(genl, &table);

	if (ret)
		return ret;
	om_gauge(om, "cats_egress_flows", "Flows the egress tracks.", NULL,
		 table.flows);
	om_counter(om, "cats_egress_untracked",
		   "Packets of flows the egress had no room for.", NULL,
		   table.untracked);
	return 0;
}

int dataplane_measure_egress(struct openmetrics *om)
{
	struct cats_genl genl = {};
	int ret;

	ret = cats_genl_open(&genl, CATS_GENL_NAME, false);
	if (ret)
		return ret;
	ret = measure_instances(om, &genl);
	if (!ret)
		ret = measure_sids(om, &genl);
	if (!ret)
		ret = measure_devices(om, &genl);
	if (!ret)
		ret = measure_flow_table(om, &genl);
	cats_genl_close(&genl);
	return ret;
}
