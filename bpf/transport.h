/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, second part: everything between the IP header and the flow key, for
 * packets that go to a service.
 */
#ifndef CATS_BPF_TRANSPORT_H
#define CATS_BPF_TRANSPORT_H

#include "parse.h"

#define CATS_ICMP_ECHO		8	/* RFC 792 */
#define CATS_ICMP6_ECHO		128	/* RFC 4443 4.1 */

static __always_inline int cats_is_icmp_error(__u8 family, __u8 type)
{
	if (family == CATS_FAMILY_IPV6)
		return type < 128;	/* RFC 4443 2.1 */
	/* RFC 1122 3.2.2: unreachable, quench, time exceeded, parameter */
	return type == 3 || type == 4 || type == 11 || type == 12;
}

static __always_inline int cats_has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE;
}

/*
 * An ICMP error to a CS-ID answers a packet that an instance sent by direct
 * return.  The quoted packet, turned around, is the flow the error belongs to,
 * so the error reaches the instance that has to know (Packet Too Big).
 */
static __always_inline int cats_parse_quoted(const struct xdp_md *ctx,
					     struct cats_packet *pkt)
{
	void *quoted = cats_transport(ctx, pkt) + 8;
	const __be16 *port;
	__u8 proto;

	if (pkt->family == CATS_FAMILY_IPV4) {
		const struct iphdr *ip = quoted;

		if ((void *)(ip + 1) + 4 > cats_data_end(ctx) || ip->ihl != 5)
			return CATS_CONTINUE;
		proto = ip->protocol;
		port = (void *)(ip + 1);
		pkt->saddr_lo = bpf_ntohl(ip->daddr);
	} else {
		const __be64 *daddr = quoted + CATS_IP6_DADDR;

		if (quoted + CATS_IP6_LEN + 4 > cats_data_end(ctx))
			return CATS_CONTINUE;
		proto = ((const __u8 *)quoted)[CATS_IP6_NEXTHDR];
		port = quoted + CATS_IP6_LEN;
		pkt->saddr_hi = bpf_be64_to_cpu(daddr[0]);
		pkt->saddr_lo = bpf_be64_to_cpu(daddr[1]);
	}
	pkt->proto = proto;
	if (cats_has_ports(proto))
		pkt->ports = (__u32)bpf_ntohs(port[1]) << 16 |
			     bpf_ntohs(port[0]);
	return CATS_CONTINUE;
}

static __always_inline int cats_parse_icmp(const struct xdp_md *ctx,
					   struct cats_packet *pkt)
{
	const __u8 *icmp = cats_transport(ctx, pkt);
	int echo = pkt->family == CATS_FAMILY_IPV6 ? CATS_ICMP6_ECHO :
						     CATS_ICMP_ECHO;

	if ((void *)icmp + 8 > cats_data_end(ctx) ||
	    pkt->len < pkt->l4_off + 8u)
		return CATS_DROP_MALFORMED;
	if (icmp[0] == echo)
		/* the identifier tells one ping from another */
		pkt->ports = (__u32)bpf_ntohs(*(__be16 *)(icmp + 4)) << 16;
	if (!cats_is_icmp_error(pkt->family, icmp[0]))
		return CATS_CONTINUE;
	pkt->flags |= CATS_PACKET_ICMP_ERROR;
	return cats_parse_quoted(ctx, pkt);
}

/*
 * Up to the ports.  A protocol without ports, and a fragment that is not the
 * first, have none: the flow is (source, destination, protocol).
 */
static __always_inline int cats_parse_transport(struct xdp_md *ctx,
						struct cats_packet *pkt)
{
	int icmp = IPPROTO_ICMP;
	int ret;

	ret = cats_check_length(ctx, pkt);
	if (ret != CATS_CONTINUE)
		return ret;
	if (pkt->family == CATS_FAMILY_IPV6) {
		icmp = IPPROTO_ICMPV6;
		ret = cats_parse_ip6_rest(ctx, pkt);
	} else {
		ret = cats_parse_ip4_rest(ctx, pkt);
	}
	if (ret != CATS_CONTINUE || pkt->flags & CATS_PACKET_LATER)
		return ret;
	if (cats_has_ports(pkt->proto))
		return cats_parse_ports(ctx, pkt);
	if (pkt->proto == icmp)
		return cats_parse_icmp(ctx, pkt);
	return CATS_CONTINUE;
}

#endif /* CATS_BPF_TRANSPORT_H */
