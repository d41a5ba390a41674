// SPDX-License-Identifier: GPL-2.0-or-later
/* cats instance threshold: levels of a metric, whose crossing is an event. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "egress.h"
#include "error.h"
#include "output.h"

const char *const metric_kinds[] = {
	[CATS_METRIC_KIND_FLOWS] = "flows",
	[CATS_METRIC_KIND_FLOW_RATE] = "flow-rate",
	[CATS_METRIC_KIND_PACKET_RATE] = "packet-rate",
	[CATS_METRIC_KIND_BYTE_RATE] = "byte-rate",
	[CATS_METRIC_KIND_HANDSHAKE_LATENCY] = "handshake-latency",
	NULL,
};

static const char *kind_name(uint32_t kind)
{
	return kind <= CATS_METRIC_KIND_HANDSHAKE_LATENCY ?
		       metric_kinds[kind] : "?";
}

static bool is_number(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* RISE[/FALL] */
static int parse_level(const char *text, struct cats_threshold *threshold)
{
	struct cats_level *level;
	char *end;

	if (threshold->levels == CATS_METRIC_LEVELS_MAX)
		return args_wrong(text, "a threshold has at most 16 levels");
	level = &threshold->level[threshold->levels++];
	errno = 0;
	level->rise = strtoull(text, &end, 0);
	level->fall = level->rise;
	if (*end == '/' && is_number(end + 1))
		level->fall = strtoull(end + 1, &end, 0);
	if (!is_number(text) || *end || errno || !level->rise)
		return args_wrong(text, "a level is RISE[/FALL], numbers, RISE from 1");
	if (level->fall > level->rise)
		return args_wrong(text, "a level is left below FALL, which cannot be above RISE");
	return 0;
}

static int parse_levels(struct args *args, struct cats_threshold *threshold)
{
	const char *text = args_value(args, "level");
	int ret = text ? parse_level(text, threshold) : -EINVAL;

	while (!ret && args_more(args) && is_number(args->argv[0]))
		ret = parse_level(args_take(args), threshold);
	return ret;
}

static int parse_threshold(struct args *args, struct cats_threshold *threshold,
			   bool levels)
{
	bool has_kind = false;
	uint8_t kind = 0;
	int ret;

	memset(threshold, 0, sizeof(*threshold));
	if (!args_more(args))
		return cats_error(EINVAL, "a CSCI-ID is expected");
	ret = parse_instance(args_take(args), threshold->instance);
	while (!ret && args_more(args)) {
		if (!has_kind && args_is(args, "metric")) {
			ret = args_choice(args, "metric", metric_kinds, &kind);
			has_kind = true;
		} else if (levels && args_is(args, "level")) {
			ret = parse_levels(args, threshold);
		} else {
			ret = args_unknown(args);
		}
	}
	threshold->kind = kind;
	if (!ret && !has_kind)
		return cats_error(EINVAL, "a metric is expected");
	if (!ret && levels && !threshold->levels)
		return cats_error(EINVAL, "a level is expected");
	return ret;
}

static int threshold_set(struct args *args, bool set)
{
	struct cats_threshold threshold;
	struct cats_genl *genl;
	int ret;

	ret = parse_threshold(args, &threshold, set);
	if (!ret)
		ret = egress_metrics(&genl);
	if (ret)
		return ret;
	return set ? cats_threshold_set(genl, &threshold) :
		     cats_threshold_del(genl, &threshold);
}

static void show_levels(const struct cats_threshold *threshold)
{
	const struct cats_level *level = threshold->level;
	uint32_t i;

	out_text(threshold->levels ? " level" : "");
	out_array("levels");
	for (i = 0; i < threshold->levels; i++) {
		out_open();
		out_number("rise", " %llu", level[i].rise);
		out_number("fall", level[i].fall != level[i].rise ||
				   options.details ? "/%llu" : NULL,
			   level[i].fall);
		if (options.json)
			out_close();
	}
	out_array_end();
}

void show_threshold(const struct cats_threshold *threshold)
{
	out_mapped("instance", "%s", threshold->instance);
	out_string(HUE_NAME, "metric", " metric %s",
		   kind_name(threshold->kind));
	if (threshold->levels)
		show_levels(threshold);
	out_number("current", " current %llu", threshold->current);
	if (threshold->time_ns)
		out_number("previous", " previous %llu", threshold->previous);
	out_number("value", " value %llu", threshold->value);
	out_number("crossings", " crossings %llu", threshold->crossings);
	if (threshold->time_ns)
		out_number("time_ns", options.details ? " time %lluns" : NULL,
			   threshold->time_ns);
}

static int threshold_show(struct args *args)
{
	struct cats_threshold threshold;
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
		ret = cats_threshold_dump(genl, has ? id : NULL, &dump);
	if (!ret) {
		out_begin();
		while ((nlh = cats_dump_next(&dump))) {
			if (cats_threshold_decode(nlh, &threshold))
				continue;
			out_open();
			show_threshold(&threshold);
			out_close();
		}
		out_end();
	}
	cats_dump_free(&dump);
	return ret;
}

int instance_threshold(struct args *args)
{
	if (args_is(args, "set"))
		return threshold_set(args, true);
	if (args_is(args, "del") || args_is(args, "delete"))
		return threshold_set(args, false);
	if (!args_is(args, "show"))
		args_is(args, "list");
	return threshold_show(args);
}
