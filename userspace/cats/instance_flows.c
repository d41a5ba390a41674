// SPDX-License-Identifier: GPL-2.0-or-later
/* cats instance flows: the flows that instances serve. */
#include "command.h"
#include "egress.h"
#include "output.h"

static const char *const states[] = {
	[CATS_FLOW_STATE_SYN] = "syn",
	[CATS_FLOW_STATE_ESTABLISHED] = "established",
	[CATS_FLOW_STATE_CLOSING] = "closing",
	[CATS_FLOW_STATE_UDP] = "udp",
	[CATS_FLOW_STATE_OTHER] = "other",
};

static const char *const ends[] = {
	[CATS_FLOW_END_IDLE] = "idle",
	[CATS_FLOW_END_CLOSED] = "closed",
	[CATS_FLOW_END_RESET] = "reset",
	[CATS_FLOW_END_RESTARTED] = "restarted",
	[CATS_FLOW_END_MOVED] = "moved",
	[CATS_FLOW_END_REMOVED] = "removed",
};

#define NAME(names, which) \
	((which) < sizeof(names) / sizeof((names)[0]) ? (names)[which] : "?")

void show_egress_flow(const struct cats_egress_flow *flow)
{
	out_mapped("csid", "%s", flow->daddr);
	out_mapped("src", " from %s", flow->saddr);
	show_proto(flow->protocol);
	if (flow->has_ports) {
		out_number("sport", " sport %llu", flow->sport);
		out_number("dport", " dport %llu", flow->dport);
	}
	out_mapped("instance", " instance %s", flow->instance);
	out_string(HUE_NONE, "state", " state %s", NAME(states, flow->state));
	if (flow->has_end)
		out_string(HUE_NONE, "end", " end %s", NAME(ends, flow->end));
	out_real("idle", " idle %.1fs", flow->idle_ms / 1000.0);
	out_real("duration", " duration %.1fs", flow->duration_ms / 1000.0);
	if (!options.stats)
		return;
	out_number("packets", " packets %llu", flow->packets);
	out_number("bytes", " bytes %llu", flow->bytes);
}

static int show_flow(struct nlmsghdr *nlh, void *arg)
{
	struct cats_egress_flow flow;
	int ret = cats_egress_flow_decode(nlh, &flow);

	(void)arg;
	if (ret)
		return ret;
	out_open();
	show_egress_flow(&flow);
	out_close();
	return 0;
}

int instance_flows(struct args *args)
{
	struct cats_genl *genl;
	uint8_t id[16];
	bool has;
	int ret;

	ret = args_one_instance(args, id, &has);
	if (!ret)
		ret = egress_family(true, &genl);
	if (ret)
		return ret;
	out_begin();
	ret = cats_egress_flow_each(genl, has ? id : NULL, show_flow, NULL);
	out_end();
	return ret;
}
