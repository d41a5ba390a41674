/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stages 6 and 7: H.Encaps.Red or H.Encaps (RFC 8986 5.2, 5.1) and out.  The
 * path holds the outer headers ready made; what differs per packet is set on
 * the way: traffic class, flow label, payload length, inner protocol, SID.
 */
#ifndef CATS_BPF_ENCAP_H
#define CATS_BPF_ENCAP_H

#include "maps.h"
#include "parse.h"

/* RFC 8986 5.1 S05 by way of RFC 2473 6.3: encapsulating is a hop. */
static __always_inline int cats_decrement_hoplimit(const struct xdp_md *ctx,
						   const struct cats_packet *pkt)
{
	void *l3 = cats_l3(ctx, pkt);

	if (pkt->family == CATS_FAMILY_IPV4) {
		struct iphdr *ip = l3;
		__u32 check;

		if ((void *)(ip + 1) > cats_data_end(ctx))
			return CATS_DROP_MALFORMED;
		/* RFC 1624: the sum goes up by what the word goes down */
		check = ip->check + bpf_htons(0x0100);
		ip->check = check + (check >= 0xffff);
		ip->ttl--;
	} else {
		if (l3 + CATS_IP6_LEN > cats_data_end(ctx))
			return CATS_DROP_MALFORMED;
		((__u8 *)l3)[CATS_IP6_HOPLIMIT]--;
	}
	return CATS_CONTINUE;
}

/* The first eight octets, and the 32 of the addresses. */
static __always_inline void cats_write_ip6(__u8 *out,
					   const struct cats_packet *pkt,
					   const struct cats_encap *encap,
					   const struct cats_nexthop *nexthop)
{
	const __u64 *from = (const __u64 *)encap->hdr;
	const __u64 *sid = (const __u64 *)nexthop->sid;
	__u64 *to = (__u64 *)out;
	__u32 proto = pkt->family == CATS_FAMILY_IPV6 ? IPPROTO_IPV6 :
							IPPROTO_IPIP;
	__u32 plen = pkt->len + encap->len - CATS_IP6_LEN;

	/* RFC 6040 4.1 normal mode and RFC 2983: DSCP and ECN are copied */
	((__u32 *)out)[0] = bpf_htonl(6u << 28 | (__u32)pkt->dsfield << 20 |
				      pkt->label);
	if (encap->flags & CATS_ENCAP_SRH)
		proto = IPPROTO_ROUTING;
	((__u32 *)out)[1] = bpf_htonl(plen << 16 | proto << 8 |
				      CATS_OUTER_HOPLIMIT);
	to[1] = from[1];
	to[2] = from[2];
	from += 3;
	if (encap->flags & CATS_ENCAP_SID_DADDR)
		from = sid;
	to[3] = from[0];
	to[4] = from[1];
}

/* RFC 8754 2; Segment List[0] is the last segment: the service SID. */
static __always_inline int cats_write_srh(const struct xdp_md *ctx, __u8 *out,
					  const struct cats_packet *pkt,
					  const struct cats_encap *encap,
					  const struct cats_nexthop *nexthop)
{
	const __u64 *from = (const __u64 *)(encap->hdr + CATS_IP6_LEN);
	const __u64 *sid = (const __u64 *)nexthop->sid;
	__u32 words = ((__u32)encap->len - CATS_IP6_LEN) / 8;
	__u64 *to = (__u64 *)(out + CATS_IP6_LEN);
	__u32 i;

	if ((void *)(to + 3) > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	to[0] = from[0];
	*(__u8 *)to = pkt->family == CATS_FAMILY_IPV6 ? IPPROTO_IPV6 :
							IPPROTO_IPIP;
	to[1] = sid[0];
	to[2] = sid[1];
	for (i = 3; i < (CATS_OUTER_MAX - CATS_IP6_LEN) / 8; i += 2) {
		if (i >= words)
			break;
		if ((void *)(to + i + 2) > cats_data_end(ctx))
			return CATS_DROP_NO_ROOM;
		to[i] = from[i];
		to[i + 1] = from[i + 1];
	}
	return CATS_CONTINUE;
}

/**
 * struct cats_l2 - addresses the frame came with
 * @macs: destination, then the first two octets of the source
 * @rest: the other four of the source
 *
 * A frame that the stack shall forward keeps them: it is addressed to us.
 */
struct cats_l2 {
	__u64 macs;
	__u32 rest;
};

static __always_inline int cats_save_l2(const struct xdp_md *ctx,
					struct cats_l2 *l2)
{
	void *data = cats_data(ctx);

	if (data + ETH_HLEN > cats_data_end(ctx))
		return CATS_DROP_MALFORMED;
	l2->macs = *(__u64 *)data;
	l2->rest = *(__u32 *)(data + 8);
	return CATS_CONTINUE;
}

static __always_inline void cats_write_l2(void *data,
					  const struct cats_encap *encap,
					  const struct cats_l2 *l2)
{
	const __u8 *eth = encap->eth;

	if (l2) {
		*(__u64 *)data = l2->macs;
		*(__u32 *)(data + 8) = l2->rest;
	} else {
		*(__u64 *)data = *(const __u64 *)eth;
		*(__u32 *)(data + 8) = *(const __u32 *)(eth + 8);
	}
	*(__be16 *)(data + 12) = bpf_htons(ETH_P_IPV6);
}

/*
 * Put Ethernet, IPv6 and SRH in front of the packet; the old Ethernet header
 * and VLAN tags go.
 */
static __always_inline int cats_push(struct xdp_md *ctx,
				     const struct cats_packet *pkt,
				     const struct cats_encap *encap,
				     const struct cats_nexthop *nexthop,
				     const struct cats_l2 *l2)
{
	int grow = ETH_HLEN + encap->len - pkt->l2_len;
	void *data;

	if (bpf_xdp_adjust_head(ctx, -grow))
		return CATS_DROP_NO_ROOM;
	data = cats_data(ctx);
	if (data + ETH_HLEN + CATS_IP6_LEN > cats_data_end(ctx))
		return CATS_DROP_NO_ROOM;
	cats_write_l2(data, encap, l2);
	cats_write_ip6(data + ETH_HLEN, pkt, encap, nexthop);
	if (encap->flags & CATS_ENCAP_SRH)
		return cats_write_srh(ctx, data + ETH_HLEN, pkt, encap,
				      nexthop);
	return CATS_CONTINUE;
}

/* A frame of several buffers, which Linux 6.1 cannot redirect. */
static __always_inline int cats_is_multi_buffer(const struct xdp_md *ctx,
						const struct cats_packet *pkt)
{
	return pkt->l2_len + pkt->len > ctx->data_end - ctx->data;
}

/*
 * Cut off what follows the packet: the padding of a short frame, as ip_rcv()
 * does.  Behind the outer headers it would be sent for nothing, and a trailer
 * could take the frame past the MTU that its packet respects.
 */
static __always_inline int cats_trim(struct xdp_md *ctx,
				     const struct cats_packet *pkt)
{
	__u32 end = pkt->l2_len + pkt->len, have = ctx->data_end - ctx->data;

	if (have < end)
		have = bpf_xdp_get_buff_len(ctx);
	if (have <= end)
		return CATS_CONTINUE;
	return bpf_xdp_adjust_tail(ctx, (int)(end - have)) ?
		       CATS_DROP_NO_ROOM : CATS_CONTINUE;
}

/*
 * Encapsulate, then send from the path's device.  While its neighbour is not
 * known, and for a multi-buffer frame, the stack sends: it sees an IPv6 packet
 * addressed to our MAC and forwards it.
 */
static __always_inline int cats_steer(struct xdp_md *ctx,
				      struct cats_packet *pkt,
				      const struct cats_encap *encap,
				      const struct cats_nexthop *nexthop)
{
	int multi = cats_is_multi_buffer(ctx, pkt);
	int resolved = encap->flags & CATS_ENCAP_RESOLVED;
	struct cats_l2 l2;
	int ret;

	ret = cats_trim(ctx, pkt);
	if (ret == CATS_CONTINUE)
		ret = cats_save_l2(ctx, &l2);
	if (ret == CATS_CONTINUE)
		ret = cats_decrement_hoplimit(ctx, pkt);
	if (ret != CATS_CONTINUE)
		return ret;
	if (!resolved || multi) {
		ret = cats_push(ctx, pkt, encap, nexthop, &l2);
		if (ret != CATS_CONTINUE)
			return ret;
		pkt->action = XDP_PASS;
		return resolved ? CATS_STEERED_FRAGS : CATS_STEERED_STACK;
	}
	ret = cats_push(ctx, pkt, encap, nexthop, NULL);
	if (ret != CATS_CONTINUE)
		return ret;
	pkt->action = bpf_redirect_map(&cats_out, encap->ifindex, XDP_DROP);
	return pkt->action == XDP_REDIRECT ? CATS_STEERED : CATS_DROP_STALE;
}

#endif /* CATS_BPF_ENCAP_H */
