/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cats.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_CATS_GEN_H
#define _LINUX_CATS_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/cats.h>

/* Common nested types */
extern const struct nla_policy cats_prefix_nl_policy[CATS_A_PREFIX_LEN + 1];

extern const struct nla_policy cats_sid_get_nl_policy[CATS_A_SID_INSTANCE + 1];

extern const struct nla_policy cats_sid_new_nl_policy[CATS_A_SID_INSTANCE + 1];

extern const struct nla_policy cats_sid_set_nl_policy[CATS_A_SID_INSTANCE + 1];

extern const struct nla_policy cats_sid_del_nl_policy[CATS_A_SID_PREFIX_LEN + 1];

extern const struct nla_policy cats_sid_flush_nl_policy[CATS_A_SID_IFINDEX + 1];

extern const struct nla_policy cats_instance_get_nl_policy[CATS_A_INSTANCE_ID + 1];

extern const struct nla_policy cats_instance_new_nl_policy[CATS_A_INSTANCE_FLOW_LIMIT + 1];

extern const struct nla_policy cats_instance_set_nl_policy[CATS_A_INSTANCE_FLOW_LIMIT + 1];

extern const struct nla_policy cats_instance_del_nl_policy[CATS_A_INSTANCE_ID + 1];

extern const struct nla_policy cats_instance_flush_nl_policy[CATS_A_INSTANCE_STATE + 1];

extern const struct nla_policy cats_flow_get_nl_policy[CATS_A_FLOW_DPORT + 1];

extern const struct nla_policy cats_flow_table_get_nl_policy[CATS_A_FLOW_TABLE_PAD + 1];

extern const struct nla_policy cats_flow_table_set_nl_policy[CATS_A_FLOW_TABLE_TIMEOUT_OTHER + 1];

extern const struct nla_policy cats_stats_get_nl_policy[CATS_A_STATS_IFINDEX + 1];

/* Ops table for cats */
extern const struct genl_ops cats_nl_ops[14];

int cats_nl_sid_get_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_sid_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cats_nl_sid_new_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_sid_set_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_sid_del_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_sid_flush_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_instance_get_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_instance_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int cats_nl_instance_new_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_instance_set_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_instance_del_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_instance_flush_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cats_nl_flow_table_get_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_flow_table_set_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int cats_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

enum {
	CATS_NLGRP_CONFIG,
	CATS_NLGRP_FLOW,
};

#endif /* _LINUX_CATS_GEN_H */
