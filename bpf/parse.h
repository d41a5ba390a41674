/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1: Ethernet, VLAN tags, IPv4 or IPv6 header; and, once the packet is
 * known to go to a service, the rest up to the ports.  Ordinary traffic never
 * pays for the second part.
 */
#ifndef CATS_BPF_PARSE_H
#define CATS_BPF_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include "packet.h"

#define CATS_VLAN_LEN		4
#define CATS_L2_LEN_MAX		0x1f
#define CATS_EXT_HEADERS	6	/* extension headers that are followed */
#define CATS_L4_OFF_MAX		0x0fff	/* and how far */

#define CATS_IP4_DF		0x4000
#define CATS_IP4_MF		0x2000
#define CATS_IP4_OFFSET		0x1fff

static __always_inline void *cats_data(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data;
}

static __always_inline void *cats_data_end(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data_end;
}

static __always_inline int cats_is_vlan(__be16 proto)
{
	return proto == bpf_htons(ETH_P_8021Q) ||
	       proto == bpf_htons(ETH_P_8021AD);
}

/* Behind Ethernet and VLAN tags.  The mask tells the verifier the bound. */
static __always_inline void *cats_l3(const struct xdp_md *ctx,
				     const struct cats_packet *pkt)
{
	return cats_data(ctx) + (pkt->l2_len & CATS_L2_LEN_MAX);
}

/* Step over one VLAN tag (IEEE 802.1Q), if there is one. */
static __always_inline __be16 cats_skip_vlan(const struct xdp_md *ctx,
					     struct cats_packet *pkt,
					     __be16 proto)
{
	void *tag = cats_l3(ctx, pkt);

	if (!cats_is_vlan(proto) ||
	    tag + CATS_VLAN_LEN > cats_data_end(ctx))
		return proto;
	pkt->l2_len += CATS_VLAN_LEN;
	return *(__be16 *)(tag + 2);
}

static __always_inline int cats_parse_ip4(const struct xdp_md *ctx,
					  struct cats_packet *pkt)
{
	const struct iphdr *ip = cats_l3(ctx, pkt);

	if ((void *)(ip + 1) > cats_data_end(ctx) || ip->version != 4)
		return CATS_PASS_NOT_IP;
	pkt->family = CATS_FAMILY_IPV4;
	pkt->saddr_hi = 0;
	pkt->daddr_hi = 0;
	pkt->saddr_lo = bpf_ntohl(ip->saddr);
	pkt->daddr_lo = bpf_ntohl(ip->daddr);
	pkt->dsfield = ip->tos;
	pkt->hoplimit = ip->ttl;
	pkt->proto = ip->protocol;
	pkt->len = bpf_ntohs(ip->tot_len);
	return CATS_CONTINUE;
}

static __always_inline int cats_parse_ip6(const struct xdp_md *ctx,
					  struct cats_packet *pkt)
{
	const __be32 *word = cats_l3(ctx, pkt);
	const __be64 *addr = (const void *)word + CATS_IP6_SADDR;
	__u32 first;

	if ((void *)word + CATS_IP6_LEN > cats_data_end(ctx))
		return CATS_PASS_NOT_IP;
	first = bpf_ntohl(word[0]);
	if (first >> 28 != 6)
		return CATS_PASS_NOT_IP;
	pkt->family = CATS_FAMILY_IPV6;
	pkt->dsfield = first >> 20;
	pkt->saddr_hi = bpf_be64_to_cpu(addr[0]);
	pkt->saddr_lo = bpf_be64_to_cpu(addr[1]);
	pkt->daddr_hi = bpf_be64_to_cpu(addr[2]);
	pkt->daddr_lo = bpf_be64_to_cpu(addr[3]);
	pkt->proto = ((const __u8 *)word)[CATS_IP6_NEXTHDR];
	pkt->hoplimit = ((const __u8 *)word)[CATS_IP6_HOPLIMIT];
	pkt->len = bpf_ntohs(((const __be16 *)word)[2]) + CATS_IP6_LEN;
	return CATS_CONTINUE;
}

/*
 * The transport header.  The mask is for the verifier: cats_skip_ext() keeps
 * the offset below it.
 */
static __always_inline void *cats_transport(const struct xdp_md *ctx,
					    const struct cats_packet *pkt)
{
	return cats_l3(ctx, pkt) + (pkt->l4_off & CATS_L4_OFF_MAX);
}

/* What the service lookup needs. */
static __always_inline int cats_parse_network(const struct xdp_md *ctx,
					      struct cats_packet *pkt)
{
	const struct ethhdr *eth = cats_data(ctx);
	__be16 proto;

	if ((void *)(eth + 1) > cats_data_end(ctx))
		return CATS_PASS_NOT_IP;
	pkt->l2_len = ETH_HLEN;
	if (eth->h_dest[0] & 1)
		pkt->flags |= CATS_PACKET_MULTICAST;
	proto = cats_skip_vlan(ctx, pkt, eth->h_proto);
	proto = cats_skip_vlan(ctx, pkt, proto);
	if (proto == bpf_htons(ETH_P_IPV6))
		return cats_parse_ip6(ctx, pkt);
	if (proto == bpf_htons(ETH_P_IP))
		return cats_parse_ip4(ctx, pkt);
	return CATS_PASS_NOT_IP;
}

/*
 * The IP packet must be whole.  Only a packet that is longer than the linear
 * part of its frame needs the helper.
 */
static __always_inline int cats_check_length(struct xdp_md *ctx,
					     const struct cats_packet *pkt)
{
	__u32 end = pkt->l2_len + pkt->len;

	if (end <= ctx->data_end - ctx->data)
		return CATS_CONTINUE;
	if (end <= bpf_xdp_get_buff_len(ctx))
		return CATS_CONTINUE;
	return CATS_DROP_MALFORMED;
}

static __always_inline int cats_parse_ip4_rest(const struct xdp_md *ctx,
					       struct cats_packet *pkt)
{
	const struct iphdr *ip = cats_l3(ctx, pkt);
	__u16 frag;

	if ((void *)(ip + 1) > cats_data_end(ctx) || ip->ihl < 5)
		return CATS_DROP_MALFORMED;
	pkt->l4_off = ip->ihl * 4;
	if (pkt->len < pkt->l4_off)
		return CATS_DROP_MALFORMED;
	frag = bpf_ntohs(ip->frag_off);
	if (frag & (CATS_IP4_MF | CATS_IP4_OFFSET)) {
		pkt->flags |= CATS_PACKET_FRAGMENT;
		pkt->fragment = bpf_ntohs(ip->id);
	}
	if (frag & CATS_IP4_OFFSET)
		pkt->flags |= CATS_PACKET_LATER;
	return CATS_CONTINUE;
}

/* One extension header; pkt->proto becomes the type of the next one. */
static __always_inline int cats_skip_ext(const struct xdp_md *ctx,
					 struct cats_packet *pkt)
{
	const __u8 *ext = cats_transport(ctx, pkt);

	if ((void *)ext + 8 > cats_data_end(ctx))
		return CATS_DROP_MALFORMED;
	if (pkt->proto == IPPROTO_FRAGMENT) {
		__u16 frag = bpf_ntohs(*(const __be16 *)(ext + 2));

		pkt->flags |= CATS_PACKET_FRAGMENT;
		pkt->fragment = bpf_ntohl(*(const __be32 *)(ext + 4));
		if (frag & 0xfff8)
			pkt->flags |= CATS_PACKET_LATER;
		pkt->l4_off += 8;
	} else {
		/* RFC 8200 4.4: byte 3 is Segments Left */
		if (pkt->proto == IPPROTO_ROUTING && ext[3])
			return CATS_DROP_ROUTING_HEADER;
		pkt->l4_off += (ext[1] + 1) * 8;
	}
	pkt->proto = ext[0];
	return pkt->l4_off > CATS_L4_OFF_MAX ? CATS_DROP_EXT_HEADERS :
					       CATS_CONTINUE;
}

static __always_inline int cats_is_ext(__u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_DSTOPTS || proto == IPPROTO_FRAGMENT;
}

static __always_inline int cats_parse_ip6_rest(const struct xdp_md *ctx,
					       struct cats_packet *pkt)
{
	int i, ret;

	pkt->l4_off = CATS_IP6_LEN;
	for (i = 0; i < CATS_EXT_HEADERS; i++) {
		if (!cats_is_ext(pkt->proto))
			return CATS_CONTINUE;
		if (pkt->flags & CATS_PACKET_LATER)
			return CATS_CONTINUE;
		ret = cats_skip_ext(ctx, pkt);
		if (ret != CATS_CONTINUE)
			return ret;
	}
	return cats_is_ext(pkt->proto) ? CATS_DROP_EXT_HEADERS : CATS_CONTINUE;
}

static __always_inline int cats_parse_ports(const struct xdp_md *ctx,
					    struct cats_packet *pkt)
{
	const __be16 *port = cats_transport(ctx, pkt);

	if ((void *)(port + 2) > cats_data_end(ctx) ||
	    pkt->len < pkt->l4_off + 4u)
		return CATS_DROP_MALFORMED;
	pkt->ports = (__u32)bpf_ntohs(port[0]) << 16 | bpf_ntohs(port[1]);
	return CATS_CONTINUE;
}

#endif /* CATS_BPF_PARSE_H */
