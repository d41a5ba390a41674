/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_NETLINK_H
#define CATS_NETLINK_H

#include <linux/types.h>
#include <net/genetlink.h>
#include <uapi/linux/cats.h>
#include <uapi/linux/cats_metric.h>

struct cats_crossing;
struct cats_flow;
struct cats_instance;
struct cats_net;
struct cats_sid;

extern struct genl_family cats_genl_family;
extern struct genl_family cats_metric_genl_family;

/** struct cats_dump - position of a dump by creation, in netlink_callback.ctx */
struct cats_dump {
	unsigned long next;
};

static inline struct cats_dump *cats_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct cats_dump) > sizeof(cb->ctx));
	return (struct cats_dump *)cb->ctx;
}

/**
 * struct cats_message - a message being filled
 * @skb: it is part of
 * @cb: of the dump, or NULL
 * @portid: receiver
 * @seq: sequence number
 * @flags: NLM_F_*
 */
struct cats_message {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	u32 portid;
	u32 seq;
	int flags;
};

struct cats_message cats_message_dump(struct sk_buff *skb,
				      struct netlink_callback *cb);
struct cats_message cats_message_reply(struct sk_buff *skb,
				       const struct genl_info *info);
void *cats_message_begin(const struct cats_message *msg,
			 const struct genl_family *family, u8 cmd);
int cats_message_end(const struct cats_message *msg, void *header, int err);

struct sk_buff *cats_event_alloc(const struct genl_family *family,
				 const struct net *net, unsigned int group,
				 struct cats_message *msg, gfp_t gfp);
void cats_event_send(const struct genl_family *family, struct net *net,
		     unsigned int group, struct sk_buff *skb, int err,
		     gfp_t gfp);

int cats_refuse(const struct genl_info *info, const struct nlattr *attr,
		const char *why, int err);

int cats_dump_only(struct netlink_callback *cb, unsigned int max, u32 may);

int cats_netlink_init(void);
void cats_netlink_exit(void);

void cats_notify_sid(struct cats_net *cn, const struct cats_sid *sid, u8 cmd);
void cats_notify_instance(struct cats_net *cn,
			  const struct cats_instance *instance, u8 cmd);
void cats_notify_flow(struct cats_net *cn, const struct cats_flow *flow, u8 cmd,
		      u32 why);
void cats_notify_crossing(const struct cats_instance *instance,
			  const struct cats_crossing *crossing);

int cats_nl_flow_get_start(struct netlink_callback *cb);
int cats_nl_flow_get_done(struct netlink_callback *cb);

#endif /* CATS_NETLINK_H */
