// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMPv6 errors to the source of the outer packet.  The kernel limits their
 * rate (net.ipv6.icmp.ratelimit, net.ipv4.icmp_msgs_per_sec).
 */
#include <linux/icmpv6.h>
#include <linux/netdevice.h>

#include "icmp.h"

/**
 * cats_ingress_dev() - the device a packet came to this host by
 * @skb: packet in ndo_start_xmit of a cats device
 *
 * Caller holds rcu_read_lock().
 *
 * Return: the device, or its VRF; loopback for packets of this host
 */
struct net_device *cats_ingress_dev(const struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct net_device *dev = NULL;

	/* not IP6CB(skb)->iif: dev_queue_xmit() writes there */
	if (skb->skb_iif)
		dev = dev_get_by_index_rcu(net, skb->skb_iif);
	return dev ? : net->loopback_dev;
}

/**
 * cats_icmp_outer() - answer the source of the outer packet
 * @skb: packet as it came to the cats device
 * @type: ICMPv6 type
 * @code: ICMPv6 code
 * @info: pointer or MTU, host byte order
 *
 * The way back is looked up where the packet came from: the cats device may be
 * in a customer's VRF, which does not know the SR domain.
 */
void cats_icmp_outer(struct sk_buff *skb, u8 type, u8 code, u32 info)
{
	struct net_device *dev = skb->dev;

	skb->dev = cats_ingress_dev(skb);
	icmpv6_ndo_send(skb, type, code, info);
	skb->dev = dev;
}
