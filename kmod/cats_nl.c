// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cats.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "cats_nl.h"

#include <uapi/linux/cats.h>

/* Integer value ranges */
static const struct netlink_range_validation cats_a_sid_ifindex_range = {
	.min	= 1ULL,
	.max	= S32_MAX,
};

static const struct netlink_range_validation cats_a_sid_oif_range = {
	.min	= 1ULL,
	.max	= S32_MAX,
};

static const struct netlink_range_validation cats_a_flow_table_max_flows_range = {
	.max	= 16777216ULL,
};

static const struct netlink_range_validation cats_a_flow_table_timeout_syn_range = {
	.min	= 1ULL,
	.max	= 86400ULL,
};

static const struct netlink_range_validation cats_a_flow_table_timeout_established_range = {
	.min	= 1ULL,
	.max	= 864000ULL,
};

static const struct netlink_range_validation cats_a_flow_table_timeout_closing_range = {
	.min	= 1ULL,
	.max	= 86400ULL,
};

static const struct netlink_range_validation cats_a_flow_table_timeout_udp_range = {
	.min	= 1ULL,
	.max	= 86400ULL,
};

static const struct netlink_range_validation cats_a_flow_table_timeout_other_range = {
	.min	= 1ULL,
	.max	= 86400ULL,
};

static const struct netlink_range_validation cats_a_stats_ifindex_range = {
	.min	= 1ULL,
	.max	= S32_MAX,
};

/* Common nested types */
const struct nla_policy cats_prefix_nl_policy[CATS_A_PREFIX_LEN + 1] = {
	[CATS_A_PREFIX_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
};

/* CATS_CMD_SID_GET - do */
const struct nla_policy cats_sid_get_nl_policy[CATS_A_SID_INSTANCE + 1] = {
	[CATS_A_SID_SID] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_SID_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U8, 1, 128),
	[CATS_A_SID_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_sid_ifindex_range),
	[CATS_A_SID_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
};

/* CATS_CMD_SID_NEW - do */
const struct nla_policy cats_sid_new_nl_policy[CATS_A_SID_INSTANCE + 1] = {
	[CATS_A_SID_SID] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_SID_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U8, 1, 128),
	[CATS_A_SID_BEHAVIOR] = NLA_POLICY_RANGE(NLA_U16, 16, 20),
	[CATS_A_SID_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_sid_ifindex_range),
	[CATS_A_SID_NH4] = { .type = NLA_U32, },
	[CATS_A_SID_NH6] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_SID_OIF] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_sid_oif_range),
	[CATS_A_SID_VRFTABLE] = NLA_POLICY_MIN(NLA_U32, 1),
	[CATS_A_SID_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
};

/* CATS_CMD_SID_SET - do */
const struct nla_policy cats_sid_set_nl_policy[CATS_A_SID_INSTANCE + 1] = {
	[CATS_A_SID_SID] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_SID_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U8, 1, 128),
	[CATS_A_SID_BEHAVIOR] = NLA_POLICY_RANGE(NLA_U16, 16, 20),
	[CATS_A_SID_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_sid_ifindex_range),
	[CATS_A_SID_NH4] = { .type = NLA_U32, },
	[CATS_A_SID_NH6] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_SID_OIF] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_sid_oif_range),
	[CATS_A_SID_VRFTABLE] = NLA_POLICY_MIN(NLA_U32, 1),
	[CATS_A_SID_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
};

/* CATS_CMD_SID_DEL - do */
const struct nla_policy cats_sid_del_nl_policy[CATS_A_SID_PREFIX_LEN + 1] = {
	[CATS_A_SID_SID] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_SID_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U8, 1, 128),
};

/* CATS_CMD_SID_FLUSH - do */
const struct nla_policy cats_sid_flush_nl_policy[CATS_A_SID_IFINDEX + 1] = {
	[CATS_A_SID_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_sid_ifindex_range),
};

/* CATS_CMD_INSTANCE_GET - do */
const struct nla_policy cats_instance_get_nl_policy[CATS_A_INSTANCE_ID + 1] = {
	[CATS_A_INSTANCE_ID] = NLA_POLICY_EXACT_LEN(16),
};

/* CATS_CMD_INSTANCE_NEW - do */
const struct nla_policy cats_instance_new_nl_policy[CATS_A_INSTANCE_FLOW_LIMIT + 1] = {
	[CATS_A_INSTANCE_ID] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_INSTANCE_CS_ID] = NLA_POLICY_NESTED(cats_prefix_nl_policy),
	[CATS_A_INSTANCE_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[CATS_A_INSTANCE_FLOW_LIMIT] = { .type = NLA_U32, },
};

/* CATS_CMD_INSTANCE_SET - do */
const struct nla_policy cats_instance_set_nl_policy[CATS_A_INSTANCE_FLOW_LIMIT + 1] = {
	[CATS_A_INSTANCE_ID] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_INSTANCE_CS_ID] = NLA_POLICY_NESTED(cats_prefix_nl_policy),
	[CATS_A_INSTANCE_ANY_CS_ID] = { .type = NLA_FLAG, },
	[CATS_A_INSTANCE_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[CATS_A_INSTANCE_FLOW_LIMIT] = { .type = NLA_U32, },
};

/* CATS_CMD_INSTANCE_DEL - do */
const struct nla_policy cats_instance_del_nl_policy[CATS_A_INSTANCE_ID + 1] = {
	[CATS_A_INSTANCE_ID] = NLA_POLICY_EXACT_LEN(16),
};

/* CATS_CMD_INSTANCE_FLUSH - do */
const struct nla_policy cats_instance_flush_nl_policy[CATS_A_INSTANCE_STATE + 1] = {
	[CATS_A_INSTANCE_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
};

/* CATS_CMD_FLOW_GET - do */
const struct nla_policy cats_flow_get_nl_policy[CATS_A_FLOW_DPORT + 1] = {
	[CATS_A_FLOW_INSTANCE] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_FLOW_SADDR] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_FLOW_DADDR] = NLA_POLICY_EXACT_LEN(16),
	[CATS_A_FLOW_PROTOCOL] = { .type = NLA_U8, },
	[CATS_A_FLOW_SPORT] = { .type = NLA_U16, },
	[CATS_A_FLOW_DPORT] = { .type = NLA_U16, },
};

/* CATS_CMD_FLOW_TABLE_GET - do */
const struct nla_policy cats_flow_table_get_nl_policy[CATS_A_FLOW_TABLE_PAD + 1] = {
};

/* CATS_CMD_FLOW_TABLE_SET - do */
const struct nla_policy cats_flow_table_set_nl_policy[CATS_A_FLOW_TABLE_TIMEOUT_OTHER + 1] = {
	[CATS_A_FLOW_TABLE_MAX_FLOWS] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_flow_table_max_flows_range),
	[CATS_A_FLOW_TABLE_TIMEOUT_SYN] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_flow_table_timeout_syn_range),
	[CATS_A_FLOW_TABLE_TIMEOUT_ESTABLISHED] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_flow_table_timeout_established_range),
	[CATS_A_FLOW_TABLE_TIMEOUT_CLOSING] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_flow_table_timeout_closing_range),
	[CATS_A_FLOW_TABLE_TIMEOUT_UDP] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_flow_table_timeout_udp_range),
	[CATS_A_FLOW_TABLE_TIMEOUT_OTHER] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_flow_table_timeout_other_range),
};

/* CATS_CMD_STATS_GET - do */
const struct nla_policy cats_stats_get_nl_policy[CATS_A_STATS_IFINDEX + 1] = {
	[CATS_A_STATS_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &cats_a_stats_ifindex_range),
};

/* Ops table for cats */
const struct genl_ops cats_nl_ops[14] = {
	{
		.cmd		= CATS_CMD_SID_GET,
		.doit		= cats_nl_sid_get_doit,
		.dumpit		= cats_nl_sid_get_dumpit,
		.policy		= cats_sid_get_nl_policy,
		.maxattr	= CATS_A_SID_INSTANCE,
	},
	{
		.cmd		= CATS_CMD_SID_NEW,
		.doit		= cats_nl_sid_new_doit,
		.policy		= cats_sid_new_nl_policy,
		.maxattr	= CATS_A_SID_INSTANCE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_SID_SET,
		.doit		= cats_nl_sid_set_doit,
		.policy		= cats_sid_set_nl_policy,
		.maxattr	= CATS_A_SID_INSTANCE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_SID_DEL,
		.doit		= cats_nl_sid_del_doit,
		.policy		= cats_sid_del_nl_policy,
		.maxattr	= CATS_A_SID_PREFIX_LEN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_SID_FLUSH,
		.doit		= cats_nl_sid_flush_doit,
		.policy		= cats_sid_flush_nl_policy,
		.maxattr	= CATS_A_SID_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_INSTANCE_GET,
		.doit		= cats_nl_instance_get_doit,
		.dumpit		= cats_nl_instance_get_dumpit,
		.policy		= cats_instance_get_nl_policy,
		.maxattr	= CATS_A_INSTANCE_ID,
	},
	{
		.cmd		= CATS_CMD_INSTANCE_NEW,
		.doit		= cats_nl_instance_new_doit,
		.policy		= cats_instance_new_nl_policy,
		.maxattr	= CATS_A_INSTANCE_FLOW_LIMIT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_INSTANCE_SET,
		.doit		= cats_nl_instance_set_doit,
		.policy		= cats_instance_set_nl_policy,
		.maxattr	= CATS_A_INSTANCE_FLOW_LIMIT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_INSTANCE_DEL,
		.doit		= cats_nl_instance_del_doit,
		.policy		= cats_instance_del_nl_policy,
		.maxattr	= CATS_A_INSTANCE_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_INSTANCE_FLUSH,
		.doit		= cats_nl_instance_flush_doit,
		.policy		= cats_instance_flush_nl_policy,
		.maxattr	= CATS_A_INSTANCE_STATE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_FLOW_GET,
		.doit		= cats_nl_flow_get_doit,
		.dumpit		= cats_nl_flow_get_dumpit,
		.policy		= cats_flow_get_nl_policy,
		.maxattr	= CATS_A_FLOW_DPORT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_FLOW_TABLE_GET,
		.doit		= cats_nl_flow_table_get_doit,
		.policy		= cats_flow_table_get_nl_policy,
		.maxattr	= CATS_A_FLOW_TABLE_PAD,
	},
	{
		.cmd		= CATS_CMD_FLOW_TABLE_SET,
		.doit		= cats_nl_flow_table_set_doit,
		.policy		= cats_flow_table_set_nl_policy,
		.maxattr	= CATS_A_FLOW_TABLE_TIMEOUT_OTHER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= CATS_CMD_STATS_GET,
		.doit		= cats_nl_stats_get_doit,
		.dumpit		= cats_nl_stats_get_dumpit,
		.policy		= cats_stats_get_nl_policy,
		.maxattr	= CATS_A_STATS_IFINDEX,
	},
};

static const struct genl_multicast_group cats_nl_mcgrps[] = {
	[CATS_NLGRP_CONFIG] = { "config", },
	[CATS_NLGRP_FLOW] = { "flow", },
};
