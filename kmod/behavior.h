/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_BEHAVIOR_H
#define CATS_BEHAVIOR_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct cats_packet;
struct cats_sid;

/** enum - what the configuration of a SID consists of */
enum {
	CATS_CONF_NH4 = 1 << 0,
	CATS_CONF_NH6 = 1 << 1,
	CATS_CONF_OIF = 1 << 2,
	CATS_CONF_VRFTABLE = 1 << 3,
};

/**
 * struct cats_endpoint_behavior - an SRv6 endpoint behavior (RFC 8986 4)
 * @name: as in RFC 8986
 * @number: enum cats_behavior, IANA's code point
 * @ipv4: takes upper-layer header type 4
 * @ipv6: takes upper-layer header type 41
 * @required: CATS_CONF_* it cannot do without
 * @optional: CATS_CONF_* it may have besides
 * @deliver: send the decapsulated packet on; the packet is consumed if it
 *	returns %CATS_DELIVERED, else the return value says why it is dropped
 */
struct cats_endpoint_behavior {
	const char *name;
	u16 number;
	bool ipv4;
	bool ipv6;
	u8 required;
	u8 optional;
	u16 (*deliver)(struct sk_buff *skb, struct cats_sid *sid,
		       const struct cats_packet *pkt);
};

const struct cats_endpoint_behavior *cats_behavior_get(u16 number);

u16 cats_end_dx4(struct sk_buff *skb, struct cats_sid *sid,
		 const struct cats_packet *pkt);
u16 cats_end_dx6(struct sk_buff *skb, struct cats_sid *sid,
		 const struct cats_packet *pkt);
u16 cats_end_dt(struct sk_buff *skb, struct cats_sid *sid,
		const struct cats_packet *pkt);

void cats_delivered(struct cats_sid *sid, const struct cats_packet *pkt,
		    struct net_device *dev);

#endif /* CATS_BEHAVIOR_H */
