// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "egress_stats.h"

#define REASONS	(sizeof(((struct cats_egress_stats *)0)->reason) / \
		 sizeof(struct cats_egress_reason))

static void read_reason(struct nlattr *nest, struct cats_egress_stats *stats)
{
	struct nlattr *tb[CATS_A_REASON_MAX + 1];
	struct cats_egress_reason *reason;

	if (stats->reasons == REASONS ||
	    nla_parse_nested(tb, CATS_A_REASON_MAX, nest, NULL))
		return;
	reason = &stats->reason[stats->reasons++];
	cats_attr_read(tb[CATS_A_REASON_NUMBER], &reason->number, 4);
	cats_attr_read(tb[CATS_A_REASON_PACKETS], &reason->packets, 8);
	if (tb[CATS_A_REASON_NAME])
		nla_strlcpy(reason->name, tb[CATS_A_REASON_NAME],
			    sizeof(reason->name));
}

int cats_egress_stats_decode(struct nlmsghdr *nlh,
			     struct cats_egress_stats *stats)
{
	struct nlattr *tb[CATS_A_STATS_MAX + 1], *attr;
	int ret = cats_genl_parse(nlh, tb, CATS_A_STATS_MAX), rest;

	memset(stats, 0, sizeof(*stats));
	if (ret)
		return ret;
	cats_attr_read(tb[CATS_A_STATS_IFINDEX], &stats->ifindex, 4);
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest)
		if (nla_type(attr) == CATS_A_STATS_REASON)
			read_reason(attr, stats);
	return 0;
}

int cats_egress_stats_dump(struct cats_genl *genl, struct cats_dump *dump)
{
	return cats_dump_ask(&genl->nl,
			     cats_genl_request(genl, CATS_CMD_STATS_GET,
					       NLM_F_DUMP),
			     "reading statistics", dump);
}
