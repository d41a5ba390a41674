// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet path of an SRv6 endpoint, stage by stage as in RFC 8986 4: SID,
 * header chain, HMAC, upper-layer header, decapsulation, instance, behavior.
 */
#include <linux/icmpv6.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/seg6_hmac.h>

#include <cats/verdict.h>

#include "behavior.h"
#include "dev.h"
#include "endpoint.h"
#include "icmp.h"
#include "instance.h"
#include "net.h"
#include "packet.h"
#include "sid.h"

static bool cats_is_ipv6(struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IPV6) &&
	       !skb_network_offset(skb) &&
	       pskb_may_pull(skb, sizeof(struct ipv6hdr)) &&
	       ipv6_hdr(skb)->version == 6 &&
	       !ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
}

/* A SID is on one device only: VRFs must not reach into each other. */
static struct cats_sid *cats_endpoint_sid(struct sk_buff *skb)
{
	struct cats_net *cn = cats_net(dev_net(skb->dev));
	struct cats_sid *sid = cats_sid_lookup(cn, &ipv6_hdr(skb)->daddr);

	return likely(sid && sid->dev == skb->dev) ? sid : NULL;
}

/*
 * RFC 8754 2.1.2, as the interface the packet came by wants it.  A packet
 * without SRH has no HMAC, which is not enough where one is required.
 */
static bool cats_hmac_valid(struct sk_buff *skb, const struct cats_packet *pkt)
{
#ifdef CONFIG_IPV6_SEG6_HMAC
	struct net_device *dev = skb->dev;
	struct inet6_dev *idev;
	bool valid;

	if (!pkt->outer.srh) {
		idev = __in6_dev_get(pkt->ingress);
		return !idev || READ_ONCE(idev->cnf.seg6_require_hmac) <= 0;
	}
	/* it looks at the device for what is required */
	skb->dev = pkt->ingress;
	skb_set_transport_header(skb, pkt->outer.srh);
	valid = seg6_hmac_validate_skb(skb);
	skb->dev = dev;
	return valid;
#else
	return true;
#endif
}

/* RFC 8986 4.1.1: anything but what the behavior takes is answered. */
static bool cats_upper_layer_valid(struct sk_buff *skb,
				   const struct cats_packet *pkt,
				   const struct cats_endpoint_behavior *behavior)
{
	if ((pkt->outer.next == IPPROTO_IPV6 && behavior->ipv6) ||
	    (pkt->outer.next == IPPROTO_IPIP && behavior->ipv4))
		return true;
	cats_icmp_outer(skb, pkt, ICMPV6_PARAMPROB, CATS_ICMPV6_SR_UPPER_LAYER,
			pkt->outer.upper);
	return false;
}

/* Removes the outer header chain; offloads and the device's view follow. */
static bool cats_decap(struct sk_buff *skb, const struct cats_packet *pkt)
{
	if (!pskb_may_pull(skb, pkt->outer.upper))
		return false;
	skb_pull_rcsum(skb, pkt->outer.upper);
	skb->protocol = pkt->outer.next == IPPROTO_IPV6 ? htons(ETH_P_IPV6)
							 : htons(ETH_P_IP);
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	if (iptunnel_pull_offloads(skb))
		return false;
	skb_clear_hash_if_not_l4(skb);
	skb_scrub_packet(skb, false);
	return true;
}

/* RFC 6040 4.2; marks are written into a copy if the packet is shared. */
static u16 cats_ecn(struct sk_buff *skb, const struct cats_packet *pkt)
{
	u8 outer = pkt->outer.dsfield, inner;
	bool ipv6 = skb->protocol == htons(ETH_P_IPV6);

	inner = ipv6 ? ipv6_get_dsfield(ipv6_hdr(skb)) : ip_hdr(skb)->tos;
	if (likely((outer & INET_ECN_MASK) == INET_ECN_NOT_ECT))
		return 0;
	if (skb_ensure_writable(skb, ipv6 ? sizeof(struct ipv6hdr)
					  : sizeof(struct iphdr)))
		return CATS_DROP_NO_MEMORY;
	return INET_ECN_decapsulate(skb, outer, inner) > 1 ? CATS_DROP_ECN : 0;
}

static u16 cats_endpoint_sid_input(struct sk_buff *skb, struct cats_sid *sid,
				   struct cats_packet *pkt)
{
	const struct cats_endpoint_behavior *behavior = sid->conf.behavior;
	u16 reason;

	reason = cats_outer_parse(skb, pkt);
	if (reason)
		return reason;
	if (!cats_hmac_valid(skb, pkt))
		return CATS_DROP_HMAC;
	if (!cats_upper_layer_valid(skb, pkt, behavior))
		return CATS_DROP_UPPER_LAYER;
	if (!cats_decap(skb, pkt))
		return CATS_DROP_NO_MEMORY;
	reason = cats_inner_parse(skb, pkt);
	if (reason)
		return reason;
	skb_set_transport_header(skb, pkt->inner.transport);
	reason = cats_ecn(skb, pkt);
	if (reason)
		return reason;
	pkt->flow = NULL;
	if (sid->conf.instance) {
		reason = cats_instance_admit(sid->conf.instance, pkt);
		if (reason)
			return reason;
	}
	return behavior->deliver(skb, sid, pkt);
}

/**
 * cats_delivered() - count a packet that goes on; it is there still
 * @sid: which it came to
 * @pkt: the packet
 * @dev: the cats device
 */
void cats_delivered(struct cats_sid *sid, const struct cats_packet *pkt,
		    struct net_device *dev)
{
	dev_sw_netstats_rx_add(dev, pkt->inner.len);
	cats_counts_sent(sid->counts, pkt->inner.len);
	if (!sid->conf.instance)
		return;
	cats_counts_sent(sid->conf.instance->counts, pkt->inner.len);
	if (likely(pkt->flow))
		cats_flow_sent(pkt->flow, pkt);
}

/**
 * cats_endpoint() - process a packet that was routed to a cats device
 * @skb: packet, skb->dev is the device; consumed
 * @ingress: device it came to this host by
 *
 * Caller holds rcu_read_lock() and has bottom halves disabled.
 */
void cats_endpoint(struct sk_buff *skb, struct net_device *ingress)
{
	struct net_device *dev = skb->dev;
	struct cats_packet pkt;
	struct cats_sid *sid;
	u16 reason;

	pkt.ingress = ingress;
	if (unlikely(!cats_is_ipv6(skb))) {
		cats_dev_dropped(dev, CATS_DROP_NOT_IPV6);
		kfree_skb(skb);
		return;
	}
	sid = cats_endpoint_sid(skb);
	if (unlikely(!sid)) {
		cats_icmp_outer(skb, &pkt, ICMPV6_DEST_UNREACH,
				ICMPV6_ADDR_UNREACH, 0);
		cats_dev_dropped(dev, CATS_DROP_NO_SID);
		kfree_skb(skb);
		return;
	}
	reason = cats_endpoint_sid_input(skb, sid, &pkt);
	if (likely(reason == CATS_DELIVERED))
		return;
	cats_counts_inc(sid->counts, CATS_SID_DROPS);
	cats_dev_dropped(dev, reason);
	kfree_skb(skb);
}
