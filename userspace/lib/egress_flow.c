// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "egress_flow.h"

int cats_egress_flow_decode(struct nlmsghdr *nlh,
			    struct cats_egress_flow *flow)
{
	struct nlattr *tb[CATS_A_FLOW_MAX + 1];
	int ret = cats_genl_parse(nlh, tb, CATS_A_FLOW_MAX);

	memset(flow, 0, sizeof(*flow));
	if (ret)
		return ret;
	cats_attr_read(tb[CATS_A_FLOW_INSTANCE], flow->instance, 16);
	cats_attr_read(tb[CATS_A_FLOW_SADDR], flow->saddr, 16);
	cats_attr_read(tb[CATS_A_FLOW_DADDR], flow->daddr, 16);
	cats_attr_read(tb[CATS_A_FLOW_PROTOCOL], &flow->protocol, 1);
	flow->has_ports = cats_attr_read(tb[CATS_A_FLOW_SPORT], &flow->sport,
					 2);
	cats_attr_read(tb[CATS_A_FLOW_DPORT], &flow->dport, 2);
	flow->sport = ntohs(flow->sport);
	flow->dport = ntohs(flow->dport);
	cats_attr_read(tb[CATS_A_FLOW_STATE], &flow->state, 4);
	cats_attr_read(tb[CATS_A_FLOW_IDLE], &flow->idle_ms, 4);
	cats_attr_read(tb[CATS_A_FLOW_DURATION], &flow->duration_ms, 8);
	cats_attr_read(tb[CATS_A_FLOW_PACKETS], &flow->packets, 8);
	cats_attr_read(tb[CATS_A_FLOW_BYTES], &flow->bytes, 8);
	flow->has_end = cats_attr_read(tb[CATS_A_FLOW_END], &flow->end, 4);
	return 0;
}

int cats_egress_flow_each(struct cats_genl *genl, const uint8_t *instance,
			  int (*item)(struct nlmsghdr *nlh, void *arg),
			  void *arg)
{
	struct cats_request request = { .what = "reading flows", .item = item,
					.arg = arg };
	struct nl_msg *msg = cats_genl_request(genl, CATS_CMD_FLOW_GET,
					       NLM_F_DUMP);

	if (msg && instance &&
	    nla_put(msg, CATS_A_FLOW_INSTANCE, 16, instance)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_genl_ask(genl, msg, &request);
}
