/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_ICMP_H
#define CATS_ICMP_H

#include <linux/skbuff.h>

/* RFC 8986 9.2: SR Upper-layer Header Error */
#define CATS_ICMPV6_SR_UPPER_LAYER	4

struct cats_packet;

void cats_icmp_outer(struct sk_buff *skb, const struct cats_packet *pkt,
		     u8 type, u8 code, u32 info);

#endif /* CATS_ICMP_H */
