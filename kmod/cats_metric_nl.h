/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cats_metric.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_CATS_METRIC_GEN_H
#define _LINUX_CATS_METRIC_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/cats_metric.h>

/* Common nested types */
extern const struct nla_policy cats_metric_level_nl_policy[CATS_METRIC_A_LEVEL_FALL + 1];

extern const struct nla_policy cats_metric_metric_get_nl_policy[CATS_METRIC_A_METRIC_INSTANCE + 1];

extern const struct nla_policy cats_metric_threshold_get_nl_policy[CATS_METRIC_A_THRESHOLD_KIND + 1];

extern const struct nla_policy cats_metric_threshold_set_nl_policy[CATS_METRIC_A_THRESHOLD_LEVEL + 1];

extern const struct nla_policy cats_metric_threshold_del_nl_policy[CATS_METRIC_A_THRESHOLD_KIND + 1];

/* Ops table for cats_metric */
extern const struct genl_ops cats_metric_nl_ops[4];

int cats_metric_nl_metric_get_doit(struct sk_buff *skb, struct genl_info *info);
int cats_metric_nl_metric_get_dumpit(struct sk_buff *skb,
				     struct netlink_callback *cb);
int cats_metric_nl_threshold_get_doit(struct sk_buff *skb,
				      struct genl_info *info);
int cats_metric_nl_threshold_get_dumpit(struct sk_buff *skb,
					struct netlink_callback *cb);
int cats_metric_nl_threshold_set_doit(struct sk_buff *skb,
				      struct genl_info *info);
int cats_metric_nl_threshold_del_doit(struct sk_buff *skb,
				      struct genl_info *info);

enum {
	CATS_METRIC_NLGRP_METRIC,
};

#endif /* _LINUX_CATS_METRIC_GEN_H */
