// SPDX-License-Identifier: GPL-2.0-only
/*
 * End.DX4 and End.DX6: to one next hop, whatever the inner destination says
 * (RFC 8986 4.4, 4.5).
 *
 * Many instances own the CS-ID, so that it cannot be resolved.  The route is
 * looked up to the next hop with FLOWI_FLAG_KNOWN_NH, which makes it the
 * neighbour although the packet's destination is another.  Forwarding is as in
 * ip_forward() and ip6_forward().
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>

#include <cats/verdict.h>

#include "behavior.h"
#include "packet.h"
#include "sid.h"

static int cats_dx_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return dst_output(net, sk, skb);
}

/* The next hop is in the VRF of the cats device, unless a device is named. */
static int cats_dx_oif(const struct sk_buff *skb, const struct cats_sid *sid)
{
	return sid->conf.oif ? : l3mdev_master_ifindex_rcu(skb->dev);
}

static bool cats_too_big(const struct sk_buff *skb, unsigned int mtu)
{
	return skb->len > mtu &&
	       !(skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu));
}

/* Writable, with room for the link layer of the instance's device. */
static bool cats_dx_room(struct sk_buff *skb, const struct dst_entry *dst,
			 unsigned int header)
{
	return !skb_cow(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len) &&
	       pskb_may_pull(skb, header);
}

static struct rtable *cats_route4(struct sk_buff *skb, struct cats_sid *sid)
{
	struct flowi4 fl4 = {
		.daddr = sid->conf.nh4,
		.flowi4_oif = cats_dx_oif(skb, sid),
		.flowi4_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable *rt;

	rt = dst_cache_get_ip4(&sid->dst_cache, &fl4.saddr);
	if (likely(rt))
		return rt;
	rt = ip_route_output_key(dev_net(skb->dev), &fl4);
	if (IS_ERR(rt))
		return NULL;
	if (rt->rt_type != RTN_UNICAST || rt->dst.dev == skb->dev) {
		ip_rt_put(rt);
		return NULL;
	}
	dst_cache_set_ip4(&sid->dst_cache, &rt->dst, fl4.saddr);
	return rt;
}

/** cats_end_dx4() - see struct cats_endpoint_behavior.deliver */
u16 cats_end_dx4(struct sk_buff *skb, struct cats_sid *sid,
		 const struct cats_packet *pkt)
{
	struct rtable *rt = cats_route4(skb, sid);
	unsigned int mtu;

	if (!rt)
		return CATS_DROP_NO_NEXTHOP;
	skb_dst_set(skb, &rt->dst);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	if (ip_hdr(skb)->ttl <= 1) {
		icmp_ndo_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return CATS_DROP_INNER_HOP_LIMIT;
	}
	mtu = dst_mtu(&rt->dst);
	if (ip_hdr(skb)->frag_off & htons(IP_DF) && cats_too_big(skb, mtu)) {
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
		return CATS_DROP_INNER_TOO_BIG;
	}
	if (!cats_dx_room(skb, &rt->dst, sizeof(struct iphdr)))
		return CATS_DROP_NO_MEMORY;
	ip_decrease_ttl(ip_hdr(skb));
	IPCB(skb)->flags |= IPSKB_FORWARDED;
	cats_delivered(sid, pkt, skb->dev);
	NF_HOOK(NFPROTO_IPV4, NF_INET_FORWARD, dev_net(skb->dev), NULL, skb,
		skb->dev, rt->dst.dev, cats_dx_output);
	return CATS_DELIVERED;
}

static struct dst_entry *cats_route6(struct sk_buff *skb, struct cats_sid *sid)
{
	struct flowi6 fl6 = {
		.daddr = sid->conf.nh6,
		.flowi6_oif = cats_dx_oif(skb, sid),
		.flowi6_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct dst_entry *dst;

	dst = dst_cache_get_ip6(&sid->dst_cache, &fl6.saddr);
	if (likely(dst))
		return dst;
	dst = ip6_route_output(dev_net(skb->dev), NULL, &fl6);
	if (dst->error || dst->dev->flags & IFF_LOOPBACK ||
	    dst->dev == skb->dev) {
		dst_release(dst);
		return NULL;
	}
	dst_cache_set_ip6(&sid->dst_cache, dst, &fl6.saddr);
	return dst;
}

/** cats_end_dx6() - see struct cats_endpoint_behavior.deliver */
u16 cats_end_dx6(struct sk_buff *skb, struct cats_sid *sid,
		 const struct cats_packet *pkt)
{
	struct dst_entry *dst = cats_route6(skb, sid);
	unsigned int mtu;

	if (!dst)
		return CATS_DROP_NO_NEXTHOP;
	skb_dst_set(skb, dst);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->iif = skb->dev->ifindex;
	if (ipv6_hdr(skb)->hop_limit <= 1) {
		icmpv6_ndo_send(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
		return CATS_DROP_INNER_HOP_LIMIT;
	}
	mtu = max_t(unsigned int, dst_mtu(dst), IPV6_MIN_MTU);
	if (cats_too_big(skb, mtu)) {
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
		return CATS_DROP_INNER_TOO_BIG;
	}
	if (!cats_dx_room(skb, dst, sizeof(struct ipv6hdr)))
		return CATS_DROP_NO_MEMORY;
	ipv6_hdr(skb)->hop_limit--;
	IP6CB(skb)->flags |= IP6SKB_FORWARDED;
	cats_delivered(sid, pkt, skb->dev);
	NF_HOOK(NFPROTO_IPV6, NF_INET_FORWARD, dev_net(skb->dev), NULL, skb,
		skb->dev, dst->dev, cats_dx_output);
	return CATS_DELIVERED;
}
