// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cats_metric.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "cats_metric_nl.h"

#include <uapi/linux/cats_metric.h>

/* Common nested types */
const struct nla_policy cats_metric_level_nl_policy[CATS_METRIC_A_LEVEL_FALL + 1] = {
	[CATS_METRIC_A_LEVEL_RISE] = NLA_POLICY_MIN(NLA_U64, 1),
	[CATS_METRIC_A_LEVEL_FALL] = { .type = NLA_U64, },
};

/* CATS_METRIC_CMD_METRIC_GET - do */
const struct nla_policy cats_metric_metric_get_nl_policy[CATS_METRIC_A_METRIC_INSTANCE + 1] = {
	[CATS_METRIC_A_METRIC_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
};

/* CATS_METRIC_CMD_THRESHOLD_GET - do */
const struct nla_policy cats_metric_threshold_get_nl_policy[CATS_METRIC_A_THRESHOLD_KIND + 1] = {
	[CATS_METRIC_A_THRESHOLD_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
	[CATS_METRIC_A_THRESHOLD_KIND] = NLA_POLICY_MAX(NLA_U32, 4),
};

/* CATS_METRIC_CMD_THRESHOLD_SET - do */
const struct nla_policy cats_metric_threshold_set_nl_policy[CATS_METRIC_A_THRESHOLD_LEVEL + 1] = {
	[CATS_METRIC_A_THRESHOLD_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
	[CATS_METRIC_A_THRESHOLD_KIND] = NLA_POLICY_MAX(NLA_U32, 4),
	[CATS_METRIC_A_THRESHOLD_LEVEL] = NLA_POLICY_NESTED(cats_metric_level_nl_policy),
};

/* CATS_METRIC_CMD_THRESHOLD_DEL - do */
const struct nla_policy cats_metric_threshold_del_nl_policy[CATS_METRIC_A_THRESHOLD_KIND + 1] = {
	[CATS_METRIC_A_THRESHOLD_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
	[CATS_METRIC_A_THRESHOLD_KIND] = NLA_POLICY_MAX(NLA_U32, 4),
};

/* Ops table for cats_metric */
const struct genl_ops cats_metric_nl_ops[4] = {
	{
		.cmd		= CATS_METRIC_CMD_METRIC_GET,
		.doit		= cats_metric_nl_metric_get_doit,
		.dumpit		= cats_metric_nl_metric_get_dumpit,
		.policy		= cats_metric_metric_get_nl_policy,
		.maxattr	= CATS_METRIC_A_METRIC_INSTANCE,
	},
	{
		.cmd		= CATS_METRIC_CMD_THRESHOLD_GET,
		.doit		= cats_metric_nl_threshold_get_doit,
		.dumpit		= cats_metric_nl_threshold_get_dumpit,
		.policy		= cats_metric_threshold_get_nl_policy,
		.maxattr	= CATS_METRIC_A_THRESHOLD_KIND,
	},
	{
		.cmd		= CATS_METRIC_CMD_THRESHOLD_SET,
		.doit		= cats_metric_nl_threshold_set_doit,
		.policy		= cats_metric_threshold_set_nl_policy,
		.maxattr	= CATS_METRIC_A_THRESHOLD_LEVEL,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_METRIC_CMD_THRESHOLD_DEL,
		.doit		= cats_metric_nl_threshold_del_doit,
		.policy		= cats_metric_threshold_del_nl_policy,
		.maxattr	= CATS_METRIC_A_THRESHOLD_KIND,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group cats_metric_nl_mcgrps[] = {
	[CATS_METRIC_NLGRP_METRIC] = { "metric", },
};
