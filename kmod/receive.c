// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inner packet enters the stack, in the way that costs least and that nobody
 * can tell from being received by the device.
 *
 * Most packets need no more than a route: they are valid, inner.c has seen to
 * that, and have no options.  When nobody looks at what the device receives, be
 * it tcpdump, tc, XDP or netfilter, the route is looked up here.
 */
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "receive.h"

/* Is the CPU in the stack's receive path because of a cats device already? */
static DEFINE_PER_CPU(bool, cats_receiving);

static bool cats_prerouting_hooked(const struct net *net, bool ipv6)
{
	return ipv6 ? rcu_access_pointer(net->nf.hooks_ipv6[NF_INET_PRE_ROUTING])
		    : rcu_access_pointer(net->nf.hooks_ipv4[NF_INET_PRE_ROUTING]);
}

static bool cats_watched(const struct net_device *dev,
			 const struct net_device *vrf, bool ipv6)
{
	return netdev_rx_watched(dev) || (vrf && netdev_rx_watched(vrf)) ||
	       cats_prerouting_hooked(dev_net(dev), ipv6);
}

/* Neither ::/32, which has all special addresses, nor link-local or multicast. */
static bool cats_address_is_plain(const struct in6_addr *address)
{
	__be32 first = address->s6_addr32[0];

	return first && (first & htonl(0xff000000)) != htonl(0xff000000) &&
	       (first & htonl(0xffc00000)) != htonl(0xfe800000);
}

/* Options and addresses are what ipv6_rcv() would have something to say about. */
static bool cats_ipv6_is_plain(const struct ipv6hdr *hdr)
{
	return hdr->nexthdr != NEXTHDR_HOP && cats_address_is_plain(&hdr->saddr) &&
	       cats_address_is_plain(&hdr->daddr);
}

/* @dev: the VRF, or the device that has none */
static bool cats_route_ipv6(struct sk_buff *skb, struct net_device *dev)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif = dev->ifindex,
		.daddr = hdr->daddr,
		.saddr = hdr->saddr,
		.flowlabel = ip6_flowinfo(hdr),
		.flowi6_mark = skb->mark,
		.flowi6_proto = hdr->nexthdr,
	};

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->iif = skb->dev->ifindex;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	if (netif_is_l3_master(dev))
		IP6CB(skb)->flags |= IP6SKB_L3SLAVE;
	skb->dev = dev;
	skb->skb_iif = dev->ifindex;
	skb_dst_set(skb, ip6_route_input_lookup(dev_net(dev), dev, &fl6, skb,
						RT6_LOOKUP_F_HAS_SADDR));
	return true;
}

static bool cats_ipv4_is_plain(const struct iphdr *iph)
{
	return iph->ihl == 5 && !ipv4_is_multicast(iph->daddr) &&
	       !ipv4_is_lbcast(iph->daddr);
}

static bool cats_route_ipv4(struct sk_buff *skb, struct net_device *dev)
{
	const struct iphdr *iph = ip_hdr(skb);

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->dev->ifindex;
	if (netif_is_l3_master(dev))
		IPCB(skb)->flags |= IPSKB_L3SLAVE;
	skb->dev = dev;
	skb->skb_iif = dev->ifindex;
	return !ip_route_input_noref(skb, iph->daddr, iph->saddr,
				     inet_dsfield_to_dscp(iph->tos), dev);
}

/* Straight to the route.  Return: false if the packet has to go the long way */
static bool cats_receive_plain(struct sk_buff *skb, struct net_device *vrf)
{
	struct net_device *dev = vrf ? : skb->dev;
	bool ipv6 = skb->protocol == htons(ETH_P_IPV6);

	if (cats_watched(skb->dev, vrf, ipv6))
		return false;
	if (ipv6 ? !cats_ipv6_is_plain(ipv6_hdr(skb)) :
		   !cats_ipv4_is_plain(ip_hdr(skb)))
		return false;
	if (ipv6 ? cats_route_ipv6(skb, dev) : cats_route_ipv4(skb, dev))
		dst_input(skb);
	else
		kfree_skb(skb);
	return true;
}

/**
 * cats_receive() - receive a decapsulated packet
 * @skb: packet, skb->dev is the cats device
 * @dev: that receives it: the cats device, or a VRF that it is not part of
 * @vrf: whose table is used, or NULL for the main one
 *
 * What is not in a softirq already, or decapsulated for the second time, waits
 * in the backlog: the stack of the CPU has an end.
 */
void cats_receive(struct sk_buff *skb, struct net_device *dev,
		  struct net_device *vrf)
{
	if (!in_serving_softirq() || __this_cpu_read(cats_receiving)) {
		skb->dev = dev;
		netif_rx(skb);
		return;
	}
	__this_cpu_write(cats_receiving, true);
	if (!cats_receive_plain(skb, vrf)) {
		skb->dev = dev;
		netif_receive_skb(skb);
	}
	__this_cpu_write(cats_receiving, false);
}
