/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An unauthenticated STAMP base packet (RFC 8762 4.2.1, 4.3.1) as it comes to an
 * XDP program: where it stands, and whether it is whole.
 */
#ifndef CATS_STAMP_PACKET_H
#define CATS_STAMP_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <cats/srv6.h>
#include <cats/stamp.h>

#define UDP_LEN		8
#define TEST_LEN	(UDP_LEN + STAMP_LEN)

static __always_inline void *at(const struct xdp_md *ctx, __u32 offset,
				__u32 len)
{
	void *start = (void *)(long)ctx->data + (offset & 0x1ff);

	return start + len > (void *)(long)ctx->data_end ? NULL : start;
}

/* Ones' complement sum of the UDP packet and its pseudo-header (RFC 8200 8.1) */
static __always_inline __u16 fold(__u8 *addresses, __u8 *udp)
{
	__s64 sum = bpf_csum_diff(NULL, 0, (__be32 *)addresses, 32,
				  bpf_htonl(TEST_LEN + IPPROTO_UDP));

	sum = bpf_csum_diff(NULL, 0, (__be32 *)udp, TEST_LEN, sum);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/**
 * struct place - where things stand in the frame
 * @l2: Ethernet header and VLAN tags
 * @udp: offset of the UDP header
 */
struct place {
	__u32 l2;
	__u32 udp;
};

static __always_inline int skip_l2(const struct xdp_md *ctx,
				   struct place *place)
{
	__u8 *type;
	int i;

	place->l2 = ETH_HLEN;
#pragma unroll
	for (i = 0; i < 3; i++) {
		type = at(ctx, place->l2 - 2, 2);
		if (!type)
			return 0;
		if (*(__be16 *)type == bpf_htons(ETH_P_IPV6))
			return 1;
		if (*(__be16 *)type != bpf_htons(ETH_P_8021Q) &&
		    *(__be16 *)type != bpf_htons(ETH_P_8021AD))
			return 0;
		place->l2 += 4;
	}
	return 0;
}

/* RFC 8754 4.3.1: with no segments left it is ours, if the address is. */
static __always_inline int find_udp(const struct xdp_md *ctx,
				    struct place *place)
{
	__u8 *ip = at(ctx, place->l2, CATS_IP6_LEN), *srh;
	__u32 plen, ext = 0;

	if (!ip)
		return 0;
	plen = bpf_ntohs(*(__be16 *)(ip + CATS_IP6_PLEN));
	if (ip[CATS_IP6_NEXTHDR] == IPPROTO_ROUTING) {
		srh = at(ctx, place->l2 + CATS_IP6_LEN, CATS_SRH_LEN);
		if (!srh || srh[0] != IPPROTO_UDP ||
		    srh[2] != CATS_SRH_ROUTING_TYPE || srh[3])
			return 0;
		ext = (srh[1] + 1) * 8;
		if (ext > 256)
			return 0;
	} else if (ip[CATS_IP6_NEXTHDR] != IPPROTO_UDP) {
		return 0;
	}
	place->udp = place->l2 + CATS_IP6_LEN + ext;
	return plen == ext + TEST_LEN;
}

#endif /* CATS_STAMP_PACKET_H */
