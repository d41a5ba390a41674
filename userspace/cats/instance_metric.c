// SPDX-License-Identifier: GPL-2.0-or-later
/* cats instance metric: what is measured of the instances. */
#include "command.h"
#include "egress.h"
#include "metric.h"
#include "output.h"

static void show_metric(const struct cats_metric *metric)
{
	out_open();
	out_mapped("instance", "%s", metric->instance);
	out_number("flows", " flows %llu", metric->flows);
	out_number("flow_rate", " flow-rate %llu/s", metric->flow_rate);
	out_number("packet_rate", " packet-rate %llu/s", metric->packet_rate);
	out_number("byte_rate", " byte-rate %lluB/s", metric->byte_rate);
	if (metric->has_latency)
		out_number("handshake_latency_us", " handshake-latency %lluus",
			   metric->latency_us);
	out_number("age_ms", " age %llums", metric->age_ms);
	out_close();
}

int instance_metric(struct args *args)
{
	struct cats_metric metric;
	struct cats_dump dump = {};
	struct cats_genl *genl;
	struct nlmsghdr *nlh;
	uint8_t id[16];
	bool has;
	int ret;

	ret = args_one_instance(args, id, &has);
	if (!ret)
		ret = egress_metrics(&genl);
	if (!ret)
		ret = cats_metric_dump(genl, has ? id : NULL, &dump);
	if (!ret) {
		out_begin();
		while ((nlh = cats_dump_next(&dump)))
			if (!cats_metric_decode(nlh, &metric))
				show_metric(&metric);
		out_end();
	}
	cats_dump_free(&dump);
	return ret;
}
