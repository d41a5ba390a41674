// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "threshold.h"

static const char *const names[] = {
	[CATS_METRIC_A_THRESHOLD_INSTANCE] = "CSCI-ID",
	[CATS_METRIC_A_THRESHOLD_KIND] = "metric",
	[CATS_METRIC_A_THRESHOLD_LEVEL] = "level",
};

static const struct cats_attr_names attr_names = {
	names, sizeof(names) / sizeof(names[0]),
};

static void read_level(struct nlattr *nest, struct cats_threshold *threshold)
{
	struct nlattr *tb[CATS_METRIC_A_LEVEL_MAX + 1];
	struct cats_level *level;

	if (threshold->levels == CATS_METRIC_LEVELS_MAX ||
	    nla_parse_nested(tb, CATS_METRIC_A_LEVEL_MAX, nest, NULL))
		return;
	level = &threshold->level[threshold->levels++];
	cats_attr_read(tb[CATS_METRIC_A_LEVEL_RISE], &level->rise, 8);
	level->fall = level->rise;
	cats_attr_read(tb[CATS_METRIC_A_LEVEL_FALL], &level->fall, 8);
}

int cats_threshold_decode(struct nlmsghdr *nlh,
			  struct cats_threshold *threshold)
{
	struct nlattr *tb[CATS_METRIC_A_THRESHOLD_MAX + 1], *attr;
	int ret = cats_genl_parse(nlh, tb, CATS_METRIC_A_THRESHOLD_MAX), rest;

	memset(threshold, 0, sizeof(*threshold));
	if (ret)
		return ret;
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_INSTANCE],
		       threshold->instance, 16);
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_KIND], &threshold->kind, 4);
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_CURRENT],
		       &threshold->current, 4);
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_PREVIOUS],
		       &threshold->previous, 4);
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_VALUE], &threshold->value, 8);
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_CROSSINGS],
		       &threshold->crossings, 8);
	cats_attr_read(tb[CATS_METRIC_A_THRESHOLD_TIME], &threshold->time_ns,
		       8);
	/* there may be several, the table of types has the last one only */
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest)
		if (nla_type(attr) == CATS_METRIC_A_THRESHOLD_LEVEL)
			read_level(attr, threshold);
	return 0;
}

static struct nl_msg *start(struct cats_genl *genl, uint8_t command, int flags,
			    const uint8_t *instance)
{
	struct nl_msg *msg = cats_genl_request(genl, command, flags);

	if (!msg || (instance &&
		     nla_put(msg, CATS_METRIC_A_THRESHOLD_INSTANCE, 16,
			     instance))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int put_level(struct nl_msg *msg, const struct cats_level *level)
{
	struct nlattr *nest = nla_nest_start(msg,
					     CATS_METRIC_A_THRESHOLD_LEVEL);

	if (!nest || nla_put_u64(msg, CATS_METRIC_A_LEVEL_RISE, level->rise) ||
	    nla_put_u64(msg, CATS_METRIC_A_LEVEL_FALL, level->fall))
		return -ENOMEM;
	nest->nla_type |= NLA_F_NESTED;
	nla_nest_end(msg, nest);
	return 0;
}

static int change(struct cats_genl *genl, uint8_t command, const char *what,
		  const struct cats_threshold *threshold, uint32_t levels)
{
	struct cats_request request = { .what = what, .names = &attr_names };
	struct nl_msg *msg = start(genl, command, 0, threshold->instance);
	uint32_t i;
	int ret = 0;

	if (msg)
		ret = nla_put_u32(msg, CATS_METRIC_A_THRESHOLD_KIND,
				  threshold->kind);
	for (i = 0; msg && !ret && i < levels; i++)
		ret = put_level(msg, &threshold->level[i]);
	if (ret) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return cats_genl_ask(genl, msg, &request);
}

int cats_threshold_set(struct cats_genl *genl,
		       const struct cats_threshold *threshold)
{
	return change(genl, CATS_METRIC_CMD_THRESHOLD_SET,
		      "setting the threshold", threshold, threshold->levels);
}

int cats_threshold_del(struct cats_genl *genl,
		       const struct cats_threshold *threshold)
{
	return change(genl, CATS_METRIC_CMD_THRESHOLD_DEL,
		      "deleting the threshold", threshold, 0);
}

int cats_threshold_dump(struct cats_genl *genl, const uint8_t *instance,
			struct cats_dump *dump)
{
	return cats_dump_ask(&genl->nl,
			     start(genl, CATS_METRIC_CMD_THRESHOLD_GET,
				   NLM_F_DUMP, instance),
			     "reading thresholds", dump);
}
