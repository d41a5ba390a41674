// SPDX-License-Identifier: GPL-2.0-or-later
/* cats instance table: how many flows are tracked, and for how long. */
#include <errno.h>
#include <stdio.h>

#include "command.h"
#include "egress.h"
#include "error.h"
#include "flow_table.h"
#include "output.h"

#define MAX_FLOWS	16777216

/*
 * struct timeout - one of them; the kernel has the same bounds
 */
static const struct {
	const char *name;
	uint32_t max_s;
} timeouts[CATS_FLOW_TIMEOUTS] = {
	[CATS_FLOW_TIMEOUT_SYN] = { "syn", 86400 },
	[CATS_FLOW_TIMEOUT_ESTABLISHED] = { "established", 864000 },
	[CATS_FLOW_TIMEOUT_CLOSING] = { "closing", 86400 },
	[CATS_FLOW_TIMEOUT_UDP] = { "udp", 86400 },
	[CATS_FLOW_TIMEOUT_OTHER] = { "other", 86400 },
};

static int parse_option(struct args *args, struct cats_flow_table *table)
{
	int i;

	if (args_is(args, "max")) {
		table->has_max = true;
		return args_number(args, "max", 0, MAX_FLOWS, &table->max);
	}
	for (i = 0; i < CATS_FLOW_TIMEOUTS; i++)
		if (args_is(args, timeouts[i].name))
			return args_number(args, timeouts[i].name, 1,
					   timeouts[i].max_s,
					   &table->timeout_s[i]);
	return args_unknown(args);
}

static int table_set(struct args *args)
{
	struct cats_flow_table table = {};
	struct args_seen seen = {};
	struct cats_genl *genl;
	int ret = 0;

	if (!args_more(args))
		return cats_error(EINVAL, "a size or a timeout is expected");
	while (!ret && args_more(args)) {
		ret = args_once(args, &seen);
		if (!ret)
			ret = parse_option(args, &table);
	}
	if (!ret)
		ret = egress_family(true, &genl);
	return ret ? ret : cats_flow_table_set(genl, &table);
}

static int table_show(void)
{
	struct cats_flow_table table;
	struct cats_genl *genl;
	char text[32];
	int ret, i;

	ret = egress_family(true, &genl);
	if (!ret)
		ret = cats_flow_table_get(genl, &table);
	if (ret)
		return ret;
	out_begin();
	out_open();
	out_number("max", "max %llu", table.max);
	out_number("flows", " flows %llu", table.flows);
	out_number("flow_size", " flow-size %lluB", table.flow_size);
	out_number("untracked", " untracked %llu", table.untracked);
	out_line("    ");
	for (i = 0; i < CATS_FLOW_TIMEOUTS; i++) {
		snprintf(text, sizeof(text), "%s%s %%llus", i ? " " : "",
			 timeouts[i].name);
		out_number(timeouts[i].name, text, table.timeout_s[i]);
	}
	out_close();
	out_end();
	return 0;
}

int instance_table(struct args *args)
{
	if (args_is(args, "set"))
		return table_set(args);
	if (!args_is(args, "show"))
		args_is(args, "list");
	return args_more(args) ? args_unknown(args) : table_show();
}
