// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "flow_table.h"

/* The timeouts stand in the order of their enum. */
#define TIMEOUT(which)	(CATS_A_FLOW_TABLE_TIMEOUT_SYN + (which))

static int read_table(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[CATS_A_FLOW_TABLE_MAX + 1];
	struct cats_flow_table *table = arg;
	int ret = cats_genl_parse(nlh, tb, CATS_A_FLOW_TABLE_MAX), i;

	if (ret)
		return ret;
	table->has_max = cats_attr_read(tb[CATS_A_FLOW_TABLE_MAX_FLOWS],
					&table->max, 4);
	cats_attr_read(tb[CATS_A_FLOW_TABLE_FLOWS], &table->flows, 4);
	cats_attr_read(tb[CATS_A_FLOW_TABLE_FLOW_SIZE], &table->flow_size, 4);
	cats_attr_read(tb[CATS_A_FLOW_TABLE_UNTRACKED], &table->untracked, 8);
	for (i = 0; i < CATS_FLOW_TIMEOUTS; i++)
		cats_attr_read(tb[TIMEOUT(i)], &table->timeout_s[i], 4);
	return 0;
}

int cats_flow_table_get(struct cats_genl *genl, struct cats_flow_table *table)
{
	struct cats_request request = {
		.what = "reading the flow table", .item = read_table,
		.arg = table,
	};

	memset(table, 0, sizeof(*table));
	return cats_genl_ask(genl,
			     cats_genl_request(genl, CATS_CMD_FLOW_TABLE_GET,
					       0), &request);
}

static int put_config(struct nl_msg *msg, const struct cats_flow_table *table)
{
	int i, ret = 0;

	if (table->has_max)
		ret = nla_put_u32(msg, CATS_A_FLOW_TABLE_MAX_FLOWS, table->max);
	for (i = 0; !ret && i < CATS_FLOW_TIMEOUTS; i++)
		if (table->timeout_s[i])
			ret = nla_put_u32(msg, TIMEOUT(i),
					  table->timeout_s[i]);
	return ret;
}

int cats_flow_table_set(struct cats_genl *genl,
			const struct cats_flow_table *table)
{
	static const struct cats_request request = {
		.what = "setting the flow table",
	};
	struct nl_msg *msg = cats_genl_request(genl, CATS_CMD_FLOW_TABLE_SET,
					       0);

	if (msg && put_config(msg, table)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_genl_ask(genl, msg, &request);
}
