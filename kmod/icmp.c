// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMPv6 errors to the source of the outer packet.  The kernel limits their
 * rate (net.ipv6.icmp.ratelimit, net.ipv4.icmp_msgs_per_sec).
 */
#include <linux/icmpv6.h>
#include <linux/netdevice.h>

#include "icmp.h"
#include "packet.h"

/**
 * cats_icmp_outer() - answer the source of the outer packet
 * @skb: packet as it came to the cats device
 * @pkt: the same
 * @type: ICMPv6 type
 * @code: ICMPv6 code
 * @info: pointer or MTU, host byte order
 *
 * The way back is looked up where the packet came from: the cats device may be
 * in a customer's VRF, which does not know the SR domain.
 */
void cats_icmp_outer(struct sk_buff *skb, const struct cats_packet *pkt,
		     u8 type, u8 code, u32 info)
{
	struct net_device *dev = skb->dev;

	skb->dev = pkt->ingress;
	icmpv6_ndo_send(skb, type, code, info);
	skb->dev = dev;
}
