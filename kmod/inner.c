// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inner packet: lengths, and what makes it part of a flow.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include <cats/verdict.h>

#include "packet.h"

/* Fragments have no ports, or only the first has: they are a flow without. */
static u16 cats_transport_parse(struct sk_buff *skb, struct cats_packet *pkt,
				bool fragment)
{
	struct cats_flow_key *key = &pkt->inner.key;
	const __be16 *ports;
	const u8 *tcp;
	u8 buffer[sizeof(struct tcphdr)];
	unsigned int len;

	key->sport = 0;
	key->dport = 0;
	pkt->inner.tcp_flags = 0;
	if (fragment)
		return 0;
	if (key->protocol == IPPROTO_TCP)
		len = sizeof(struct tcphdr);
	else if (key->protocol == IPPROTO_UDP)
		len = 8;
	else
		return 0;
	/* who asks for the size of its segments looks at the linear part */
	if (skb_is_gso(skb) && !pskb_may_pull(skb, pkt->inner.transport + len))
		return CATS_DROP_INNER;
	tcp = skb_header_pointer(skb, pkt->inner.transport, len, buffer);
	if (!tcp)
		return CATS_DROP_INNER;
	ports = (const __be16 *)tcp;
	key->sport = ports[0];
	key->dport = ports[1];
	if (key->protocol == IPPROTO_TCP)
		pkt->inner.tcp_flags = tcp[13];
	return 0;
}

static u16 cats_ipv4_parse(struct sk_buff *skb, struct cats_packet *pkt)
{
	struct cats_flow_key *key = &pkt->inner.key;
	const struct iphdr *iph;
	unsigned int hlen, len;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return CATS_DROP_INNER;
	iph = (const struct iphdr *)skb->data;
	hlen = iph->ihl * 4;
	len = ntohs(iph->tot_len);
	/* a GSO packet of more than 64 KiB says 0 */
	if (!len && skb_is_gso(skb))
		len = skb->len;
	if (iph->version != 4 || hlen < sizeof(*iph) || len < hlen ||
	    len > skb->len || pskb_trim_rcsum(skb, len) ||
	    !pskb_may_pull(skb, hlen))
		return CATS_DROP_INNER;
	iph = (const struct iphdr *)skb->data;
	if (ip_fast_csum((u8 *)iph, iph->ihl))
		return CATS_DROP_INNER;
	ipv6_addr_set_v4mapped(iph->saddr, &key->saddr);
	ipv6_addr_set_v4mapped(iph->daddr, &key->daddr);
	key->protocol = iph->protocol;
	pkt->inner.len = len;
	pkt->inner.transport = hlen;
	return cats_transport_parse(skb, pkt, ip_is_fragment(iph));
}

static bool cats_is_ext_header(u8 next)
{
	return next == NEXTHDR_HOP || next == NEXTHDR_DEST ||
	       next == NEXTHDR_ROUTING || next == NEXTHDR_FRAGMENT;
}

/* Beyond what is followed the last header found is the protocol. */
static u16 cats_ipv6_parse(struct sk_buff *skb, struct cats_packet *pkt)
{
	struct cats_flow_key *key = &pkt->inner.key;
	unsigned int off = sizeof(struct ipv6hdr), i;
	const struct ipv6hdr *hdr;
	bool fragment = false;
	u8 buffer[2], next;
	const u8 *ext;

	if (!pskb_may_pull(skb, sizeof(*hdr)))
		return CATS_DROP_INNER;
	hdr = (const struct ipv6hdr *)skb->data;
	pkt->inner.len = sizeof(*hdr) + ntohs(hdr->payload_len);
	if (!hdr->payload_len && skb_is_gso(skb))
		pkt->inner.len = skb->len;
	if (hdr->version != 6 || pkt->inner.len > skb->len ||
	    pskb_trim_rcsum(skb, pkt->inner.len))
		return CATS_DROP_INNER;
	hdr = (const struct ipv6hdr *)skb->data;
	key->saddr = hdr->saddr;
	key->daddr = hdr->daddr;
	next = hdr->nexthdr;
	for (i = 0; i < CATS_EXT_HEADERS_MAX && cats_is_ext_header(next); i++) {
		ext = skb_header_pointer(skb, off, sizeof(buffer), buffer);
		if (!ext)
			return CATS_DROP_INNER;
		fragment |= next == NEXTHDR_FRAGMENT;
		off += next == NEXTHDR_FRAGMENT ? 8 : (ext[1] + 1) << 3;
		next = ext[0];
	}
	if (off > skb->len)
		return CATS_DROP_INNER;
	key->protocol = next;
	pkt->inner.transport = off;
	return cats_transport_parse(skb, pkt, fragment);
}

/**
 * cats_inner_parse() - check the inner packet and find its flow
 * @skb: decapsulated packet, skb->protocol says which; what is behind its end
 *	is cut off
 * @pkt: gets what was found
 *
 * Return: 0, or %CATS_DROP_INNER
 */
u16 cats_inner_parse(struct sk_buff *skb, struct cats_packet *pkt)
{
	memset(pkt->inner.key.zero, 0, sizeof(pkt->inner.key.zero));
	pkt->inner.key.ifindex = skb->dev->ifindex;
	if (skb->protocol == htons(ETH_P_IP))
		return cats_ipv4_parse(skb, pkt);
	return cats_ipv6_parse(skb, pkt);
}
