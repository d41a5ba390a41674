// SPDX-License-Identifier: GPL-2.0-or-later
/* cats stats: what became of the packets. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "counters.h"
#include "error.h"
#include "output.h"
#include "policy.h"
#include "route.h"
#include "stats_egress.h"

static const char help[] =
	"Usage: cats stats [ show | reset ]\n"
	"With -d, verdicts that never happened and what they mean; with -s or -j, routes too.\n"
	"reset leaves the counters of cats devices, which the kernel keeps, as they are.\n";

static const struct {
	const char *name;
	uint32_t what;
} extras[] = {
	{ "flow-new", CATS_EXTRA_FLOW_NEW },
	{ "flow-evicted", CATS_EXTRA_FLOW_EVICTED },
	{ "flow-busy", CATS_EXTRA_FLOW_BUSY },
	{ "event-lost", CATS_EXTRA_EVENT_LOST },
	{ "ask-nobody", CATS_EXTRA_ASK_NOBODY },
	{ "ask-full", CATS_EXTRA_ASK_FULL },
	{ "ask-long", CATS_EXTRA_ASK_LONG },
	{ "end-full", CATS_EXTRA_END_FULL },
};

static void show_verdict(struct cats_forwarder *f, uint32_t reason)
{
	const struct cats_reason_name *name = cats_reason_name(reason);
	struct cats_counter count = cats_count_total(f, reason);

	if (!name->name || (!count.packets && !options.details))
		return;
	out_open();
	out_string(HUE_NONE, "disposition", "%-8s",
		   cats_disposition_name(name->disposition));
	out_string(HUE_NAME, "reason", " %-20s", name->name);
	out_number("packets", " packets %llu", count.packets);
	out_number("bytes", " bytes %llu", count.bytes);
	if (options.details)
		out_string(HUE_NONE, "meaning", "  (%s)", name->text);
	out_close();
}

static void show_verdicts(struct cats_forwarder *f)
{
	uint32_t i;

	out_array("verdicts");
	for (i = 0; i < CATS_DELIVERED; i++)
		show_verdict(f, i);
	out_array_end();
	out_array("flow_table");
	for (i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
		struct cats_counter count = cats_count_total(f, extras[i].what);

		if (!count.packets && !options.details)
			continue;
		out_open();
		out_string(HUE_NAME, "event", "table    %-20s", extras[i].name);
		out_number("count", " count %llu", count.packets);
		out_close();
	}
	out_array_end();
}

static int show_policies(struct cats_forwarder *f)
{
	struct cats_policy_use *uses = cats_policy_uses(f);
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	if (!uses)
		return cats_error_kernel(ENOMEM, "policies");
	out_array("policies");
	while ((policy = cats_table_each(&f->policy, &id))) {
		if (!policy->used)
			continue;
		out_open();
		out_string(HUE_NAME, "policy", "policy   %-20s", policy->name);
		out_number("packets", " packets %llu",
			   policy->gone_packets + uses[id].packets);
		out_number("bytes", " bytes %llu",
			   policy->gone_bytes + uses[id].bytes);
		out_close();
	}
	out_array_end();
	free(uses);
	return 0;
}

static int show_ingress(struct cats_forwarder *f)
{
	struct cats_service *service;
	uint32_t id = UINT32_MAX;
	int ret;

	show_verdicts(f);
	ret = show_policies(f);
	out_array("routes");
	while ((options.stats || options.json) &&
	       (service = cats_route_each(f, &id)))
		route_show(f, service);
	out_array_end();
	return ret;
}

static int stats_show(struct args *args)
{
	struct cats_dump egress = {};
	struct cats_forwarder *f;
	bool none;
	int ret;

	if (args_more(args))
		return args_unknown(args);
	ret = stats_egress_read(&egress);
	if (ret)
		return ret;
	ret = session_read(&f);
	none = ret == -ENOENT;
	if (!ret || none) {
		out_begin();
		if (options.json && (!none || egress.len))
			out_open();
		if (!none)
			ret = show_ingress(f);
		stats_egress_show(&egress);
		if (options.json && (!none || egress.len))
			out_close();
		out_end();
		if (!none)
			session_end(f);
	}
	cats_dump_free(&egress);
	return none ? 0 : ret;
}

static int stats_reset(struct args *args)
{
	struct cats_forwarder *f;
	int ret;

	if (args_more(args))
		return args_unknown(args);
	ret = session_write(&f);
	if (ret)
		return ret;
	cats_counters_reset(f);
	session_end(f);
	return 0;
}

static const struct command commands[] = {
	{ "show", stats_show }, { "list", stats_show },
	{ "reset", stats_reset }, { NULL, NULL },
};

const struct object object_stats = { "stats", help, commands };
