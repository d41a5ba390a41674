// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "metric.h"

int cats_metric_decode(struct nlmsghdr *nlh, struct cats_metric *metric)
{
	struct nlattr *tb[CATS_METRIC_A_METRIC_MAX + 1];
	int ret = cats_genl_parse(nlh, tb, CATS_METRIC_A_METRIC_MAX);

	memset(metric, 0, sizeof(*metric));
	if (ret)
		return ret;
	cats_attr_read(tb[CATS_METRIC_A_METRIC_INSTANCE], metric->instance, 16);
	cats_attr_read(tb[CATS_METRIC_A_METRIC_FLOWS], &metric->flows, 4);
	cats_attr_read(tb[CATS_METRIC_A_METRIC_FLOW_RATE], &metric->flow_rate,
		       8);
	cats_attr_read(tb[CATS_METRIC_A_METRIC_PACKET_RATE],
		       &metric->packet_rate, 8);
	cats_attr_read(tb[CATS_METRIC_A_METRIC_BYTE_RATE], &metric->byte_rate,
		       8);
	metric->has_latency =
		cats_attr_read(tb[CATS_METRIC_A_METRIC_HANDSHAKE_LATENCY],
			       &metric->latency_us, 4);
	cats_attr_read(tb[CATS_METRIC_A_METRIC_AGE], &metric->age_ms, 4);
	return 0;
}

int cats_metric_dump(struct cats_genl *genl, const uint8_t *instance,
		     struct cats_dump *dump)
{
	struct nl_msg *msg = cats_genl_request(genl, CATS_METRIC_CMD_METRIC_GET,
					       instance ? 0 : NLM_F_DUMP);

	if (msg && instance &&
	    nla_put(msg, CATS_METRIC_A_METRIC_INSTANCE, 16, instance)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_dump_ask(&genl->nl, msg, "reading metrics", dump);
}
