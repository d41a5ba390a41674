/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP errors of the ingress forwarder: Packet Too Big and fragmentation
 * needed for a packet above the policy's MTU (RFC 2473 7, RFC 4443 3.2, RFC
 * 1191), time exceeded for one that cannot take another hop.  The offending
 * packet becomes the quotation in its own answer.
 *
 * An IPv4 packet without DF is answered too: nothing fragments behind us, and
 * a sender that listens makes its next fragments fit.
 */
#ifndef CATS_BPF_ICMP_H
#define CATS_BPF_ICMP_H

#include "affinity.h"
#include "parse.h"
#include "service.h"

#define CATS_ICMP_LEN		8
#define CATS_IP4_LEN		20
#define CATS_L2_MAX		(ETH_HLEN + 2 * CATS_VLAN_LEN)
#define CATS_ICMP_TTL		64

/*
 * Octets quoted: all that RFC 4443 2.4 c and RFC 1812 4.3.2.3 let us, for a
 * packet that was too big and hence is long enough; headers and 64 bits for
 * one whose hops ran out, which may be short.  A Packet Too Big never meets a
 * packet shorter than the quotation: cats refuses a smaller MTU.
 */
#define CATS_QUOTE_BIG6		(1280 - CATS_IP6_LEN - CATS_ICMP_LEN)
#define CATS_QUOTE_BIG4		(576 - CATS_IP4_LEN - CATS_ICMP_LEN)
#define CATS_QUOTE_HOP6		(CATS_IP6_LEN + 8)
#define CATS_QUOTE_HOP4		(CATS_IP4_LEN + 8)

/* bpf_csum_diff() of Linux 6.1 takes no more at once. */
#define CATS_CSUM_MAX		512

/* RFC 4443 2.4 f: a token bucket, one per CPU. */
static __always_inline int cats_icmp_allowed(const struct cats_packet *pkt)
{
	__u32 now = cats_flow_clock(), at = pkt->cpu, earned;
	struct cats_cpu *cpu = bpf_map_lookup_elem(&cats_cpu, &at);

	if (!cpu)
		return 0;
	earned = (now - cpu->icmp_time) * CATS_ICMP_PER_TICK;
	if (earned > CATS_ICMP_BURST)
		earned = CATS_ICMP_BURST;
	cpu->icmp_time = now;
	cpu->icmp_tokens += earned;
	if (cpu->icmp_tokens > CATS_ICMP_BURST)
		cpu->icmp_tokens = CATS_ICMP_BURST;
	if (!cpu->icmp_tokens)
		return 0;
	cpu->icmp_tokens--;
	return 1;
}

/* RFC 4443 2.4 e, RFC 1122 3.2.2: not about these. */
static __always_inline int cats_icmp_forbidden(const struct cats_packet *pkt)
{
	if (pkt->flags & (CATS_PACKET_ICMP_ERROR | CATS_PACKET_LATER |
			  CATS_PACKET_MULTICAST))
		return 1;
	if (pkt->family == CATS_FAMILY_IPV6)
		return pkt->saddr_hi >> 56 == 0xff ||
		       !(pkt->saddr_hi | pkt->saddr_lo);
	return pkt->saddr_lo >> 28 >= 0xe || !(pkt->saddr_lo >> 24);
}

/* One's complement sum of @len octets at @off of the frame. */
static __always_inline __s64 cats_icmp_sum(struct xdp_md *ctx, __u32 off,
					   __u32 len, __s64 sum)
{
	void *from = cats_data(ctx) + off;

	if (from + len > cats_data_end(ctx))
		return 0;
	return bpf_csum_diff(NULL, 0, from, len, sum);
}

static __always_inline __s64 cats_icmp_sum_quote(struct xdp_md *ctx, __u32 off,
						 __u32 len, __s64 sum)
{
	if (len > CATS_CSUM_MAX) {
		sum = cats_icmp_sum(ctx, off, CATS_CSUM_MAX, sum);
		off += CATS_CSUM_MAX;
		len -= CATS_CSUM_MAX;
	}
	if (len > CATS_CSUM_MAX) {
		sum = cats_icmp_sum(ctx, off, CATS_CSUM_MAX, sum);
		off += CATS_CSUM_MAX;
		len -= CATS_CSUM_MAX;
	}
	return cats_icmp_sum(ctx, off, len, sum);
}

static __always_inline __u16 cats_csum_fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/*
 * Cut the frame to L2 header and quotation, make room for the new headers, and
 * turn the L2 header around, VLAN tags included.
 */
static __always_inline int cats_icmp_frame(struct xdp_md *ctx,
					   const struct cats_packet *pkt,
					   __u32 quote, __u32 room)
{
	int cut = pkt->l2_len + quote - bpf_xdp_get_buff_len(ctx);
	__u16 *to, *from;
	int i;

	if (bpf_xdp_adjust_tail(ctx, cut) || bpf_xdp_adjust_head(ctx, -(int)room))
		return CATS_DROP_NO_ROOM;
	to = cats_data(ctx);
	from = (void *)to + room;
	if ((void *)from + CATS_L2_MAX > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	for (i = 0; i < 3; i++) {
		to[i] = from[i + 3];
		to[i + 3] = from[i];
	}
	for (i = ETH_ALEN; i < CATS_L2_MAX / 2; i++)
		to[i] = from[i];
	return CATS_CONTINUE;
}

static __always_inline int cats_icmp_send6(struct xdp_md *ctx,
					   const struct cats_packet *pkt,
					   const struct cats_port *port,
					   __u32 type, __u32 mtu, __u32 quote)
{
	const __u64 *from = (const __u64 *)port->addr6;
	__u32 plen = CATS_ICMP_LEN + quote, pseudo[2];
	__u64 *addr;
	__u32 *word;
	__s64 sum;

	if (cats_icmp_frame(ctx, pkt, quote, CATS_IP6_LEN + CATS_ICMP_LEN) !=
	    CATS_CONTINUE)
		return CATS_DROP_NO_ROOM;
	word = cats_l3(ctx, pkt);
	if ((void *)word + CATS_IP6_LEN + CATS_ICMP_LEN > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	word[0] = bpf_htonl(6u << 28);
	word[1] = bpf_htonl(plen << 16 | IPPROTO_ICMPV6 << 8 | CATS_ICMP_TTL);
	addr = (__u64 *)(word + 2);
	addr[0] = from[0];
	addr[1] = from[1];
	if (!(from[0] | from[1])) {
		addr[0] = bpf_cpu_to_be64(pkt->daddr_hi);
		addr[1] = bpf_cpu_to_be64(pkt->daddr_lo);
	}
	addr[2] = bpf_cpu_to_be64(pkt->saddr_hi);
	addr[3] = bpf_cpu_to_be64(pkt->saddr_lo);
	word[10] = bpf_htonl(type << 24);
	word[11] = bpf_htonl(mtu);

	/* RFC 8200 8.1: addresses, length, next header; then the message */
	pseudo[0] = bpf_htonl(plen);
	pseudo[1] = bpf_htonl(IPPROTO_ICMPV6);
	sum = bpf_csum_diff(NULL, 0, pseudo, sizeof(pseudo), 0);
	sum = cats_icmp_sum(ctx, (pkt->l2_len & CATS_L2_LEN_MAX) + CATS_IP6_SADDR,
			    32 + CATS_ICMP_LEN, sum);
	sum = cats_icmp_sum_quote(ctx, (pkt->l2_len & CATS_L2_LEN_MAX) + CATS_IP6_LEN +
				       CATS_ICMP_LEN, quote, sum);
	word = cats_l3(ctx, pkt);
	if ((void *)word + CATS_IP6_LEN + CATS_ICMP_LEN > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	((__u16 *)word)[21] = cats_csum_fold(sum);
	return CATS_CONTINUE;
}

static __always_inline int cats_icmp_send4(struct xdp_md *ctx,
					   const struct cats_packet *pkt,
					   const struct cats_port *port,
					   __u32 type, __u32 code, __u32 mtu,
					   __u32 quote)
{
	__u32 len = CATS_IP4_LEN + CATS_ICMP_LEN + quote;
	__u32 *word;
	__s64 sum;

	if (cats_icmp_frame(ctx, pkt, quote, CATS_IP4_LEN + CATS_ICMP_LEN) !=
	    CATS_CONTINUE)
		return CATS_DROP_NO_ROOM;
	word = cats_l3(ctx, pkt);
	if ((void *)word + CATS_IP4_LEN + CATS_ICMP_LEN > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	word[0] = bpf_htonl(0x45000000 | len);
	word[1] = 0;
	word[2] = bpf_htonl(CATS_ICMP_TTL << 24 | IPPROTO_ICMP << 16);
	word[3] = port->addr4 ? port->addr4 : bpf_htonl(pkt->daddr_lo);
	word[4] = bpf_htonl(pkt->saddr_lo);
	word[5] = bpf_htonl(type << 24 | code << 16);
	word[6] = bpf_htonl(mtu);

	sum = cats_icmp_sum(ctx, pkt->l2_len & CATS_L2_LEN_MAX,
			    CATS_IP4_LEN, 0);
	word = cats_l3(ctx, pkt);
	if ((void *)word + CATS_IP4_LEN > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	((__u16 *)word)[5] = cats_csum_fold(sum);
	sum = cats_icmp_sum(ctx, (pkt->l2_len & CATS_L2_LEN_MAX) + CATS_IP4_LEN, CATS_ICMP_LEN, 0);
	sum = cats_icmp_sum_quote(ctx, (pkt->l2_len & CATS_L2_LEN_MAX) + CATS_IP4_LEN +
				       CATS_ICMP_LEN, quote, sum);
	word = cats_l3(ctx, pkt);
	if ((void *)word + CATS_IP4_LEN + CATS_ICMP_LEN > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	((__u16 *)word)[11] = cats_csum_fold(sum);
	return CATS_CONTINUE;
}

/* May this packet be answered?  CATS_CONTINUE, or how it ends instead. */
static __always_inline int cats_icmp_check(const struct cats_packet *pkt,
					   __u32 reason, __u32 quote)
{
	if (cats_icmp_forbidden(pkt) || pkt->len < quote)
		return reason;
	return cats_icmp_allowed(pkt) ? CATS_CONTINUE : CATS_DROP_ICMP_LIMIT;
}

/*
 * Back where it came from.  A veth delivers XDP_TX only if there is a program
 * on its other end, and what is redirected to it in any case; so the control
 * plane enters a veth port among the devices to send from, and no other.
 */
static __always_inline int cats_answer(const struct xdp_md *ctx)
{
	return bpf_redirect_map(&cats_out, ctx->ingress_ifindex, XDP_TX);
}

/* RFC 4443 3.2; RFC 792 type 3 code 4 with the MTU of RFC 1191 4 */
static __noinline int cats_too_big(struct xdp_md *ctx, struct cats_packet *pkt,
				   __u32 mtu)
{
	const struct cats_port *port = cats_port_entry(ctx->ingress_ifindex);
	int ip6 = pkt->family == CATS_FAMILY_IPV6;
	int ret;

	ret = cats_icmp_check(pkt, CATS_DROP_TOO_BIG,
			      ip6 ? CATS_QUOTE_BIG6 : CATS_QUOTE_BIG4);
	if (ret != CATS_CONTINUE || !port)
		return ret;
	ret = ip6 ? cats_icmp_send6(ctx, pkt, port, 2, mtu, CATS_QUOTE_BIG6) :
		    cats_icmp_send4(ctx, pkt, port, 3, 4, mtu, CATS_QUOTE_BIG4);
	if (ret != CATS_CONTINUE)
		return ret;
	pkt->action = cats_answer(ctx);
	return CATS_DROP_TOO_BIG;
}

/* RFC 4443 3.3, RFC 792 type 11; as a hop of the inner packet (RFC 2473 6.3) */
static __noinline int cats_hop_limit(struct xdp_md *ctx,
				     struct cats_packet *pkt)
{
	const struct cats_port *port = cats_port_entry(ctx->ingress_ifindex);
	int ip6 = pkt->family == CATS_FAMILY_IPV6;
	int ret;

	ret = cats_icmp_check(pkt, CATS_DROP_HOP_LIMIT,
			      ip6 ? CATS_QUOTE_HOP6 : CATS_QUOTE_HOP4);
	if (ret != CATS_CONTINUE || !port)
		return ret;
	ret = ip6 ? cats_icmp_send6(ctx, pkt, port, 3, 0, CATS_QUOTE_HOP6) :
		    cats_icmp_send4(ctx, pkt, port, 11, 0, 0, CATS_QUOTE_HOP4);
	if (ret != CATS_CONTINUE)
		return ret;
	pkt->action = cats_answer(ctx);
	return CATS_DROP_HOP_LIMIT;
}

#endif /* CATS_BPF_ICMP_H */
