// SPDX-License-Identifier: GPL-2.0-only
/*
 * STAMP Session-Reflector in XDP (RFC 8762 4.3.1, stateful), for sessions that
 * the one in userspace has answered once and let in.  It turns a base packet
 * round in place, without its SRH if it has one that is used up; everything else
 * is left to the stack, and so to the other reflector.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <cats/srv6.h>
#include <cats/stamp.h>

#include "stamp_packet.h"

/* What the program must know; written by userspace while it runs. */
struct stamp_xdp_clock stamp_clock = { .error = 1 };

/* Set before loading. */
const volatile __u16 stamp_port = STAMP_PORT;
const volatile __u16 stamp_stateless;
const volatile __u8 stamp_address[16];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STAMP_SESSIONS * 2);
	__type(key, struct stamp_xdp_key);
	__type(value, struct stamp_xdp_session);
} stamp_session SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAMP_XDP_MAX);
	__type(key, __u32);
	__type(value, __u64);
} stamp_count SEC(".maps");

/* Program that takes answers for our own sender, on the same devices. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} stamp_next SEC(".maps");

/* Devices whose XDP_TX may get lost: see cats_answer() in icmp.h. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} stamp_out SEC(".maps");

static __always_inline __u64 ntp(__u64 monotonic)
{
	__u64 time = monotonic + *(volatile __u64 *)&stamp_clock.offset;
	__u64 seconds = time / 1000000000;
	__u64 rest = time - seconds * 1000000000;

	return (seconds + 2208988800ull) << 32 | ((rest << 32) / 1000000000);
}

static __always_inline void put64(__u8 *to, __u64 value)
{
	/* the fields stand on 4 octets, and the packet on 2 */
	*(__be32 *)to = bpf_htonl(value >> 32);
	*(__be32 *)(to + 4) = bpf_htonl(value);
}

static __always_inline int is_ours(const __u8 *ip)
{
	int i;

#pragma unroll
	for (i = 0; i < 16; i++)
		if (ip[CATS_IP6_DADDR + i] != stamp_address[i])
			return 0;
	return 1;
}

static __always_inline struct stamp_xdp_session *
find_session(const __u8 *ip, const __u8 *udp)
{
	struct stamp_xdp_key key = {};

	__builtin_memcpy(key.addr, ip + CATS_IP6_SADDR, 16);
	key.port = *(__be16 *)udp;
	key.ssid = *(__be16 *)(udp + UDP_LEN + STAMP_SSID);
	return bpf_map_lookup_elem(&stamp_session, &key);
}

/* Sender's packet to reflector's, in place: RFC 8762 4.3.1. */
static __always_inline void turn_stamp(__u8 *stamp, __u8 ttl, __u32 sequence,
				       __u64 received)
{
	__builtin_memmove(stamp + STAMP_SENDER_SEQUENCE, stamp, 14);
	*(__be16 *)(stamp + 38) = 0;
	*(__be32 *)(stamp + STAMP_SENDER_TTL) = 0;
	stamp[STAMP_SENDER_TTL] = ttl;
	put64(stamp + STAMP_RECEIVED, ntp(received));
	*(__be16 *)(stamp + STAMP_ERROR) =
		bpf_htons(*(volatile __u32 *)&stamp_clock.error);
	*(__be32 *)stamp = bpf_htonl(sequence);
	put64(stamp + STAMP_TIMESTAMP, ntp(bpf_ktime_get_ns()));
}

/* Take the SRH out: Ethernet and IPv6 move up to the UDP header. */
static __always_inline int close_gap(struct xdp_md *ctx, struct place *place)
{
	__u32 gap = place->udp - place->l2 - CATS_IP6_LEN, len;
	__u8 head[ETH_HLEN + 8 + CATS_IP6_LEN] = {}, *to;

	if (!gap)
		return 1;
	len = place->l2 + CATS_IP6_LEN;
	if (len < ETH_HLEN + CATS_IP6_LEN || len > sizeof(head) ||
	    bpf_xdp_load_bytes(ctx, 0, head, len))
		return 0;
	if (bpf_xdp_adjust_head(ctx, gap))
		return 0;
	if (bpf_xdp_store_bytes(ctx, 0, head, len))
		return 0;
	place->udp -= gap;
	to = at(ctx, place->l2, CATS_IP6_LEN);
	if (!to)
		return 0;
	to[CATS_IP6_NEXTHDR] = IPPROTO_UDP;
	*(__be16 *)(to + CATS_IP6_PLEN) = bpf_htons(TEST_LEN);
	return 1;
}

static __always_inline void turn_headers(__u8 *eth, __u8 *ip, __u8 *udp)
{
	__be16 port = *(__be16 *)udp;
	__u8 keep[16];

	__builtin_memcpy(keep, eth, 6);
	__builtin_memcpy(eth, eth + 6, 6);
	__builtin_memcpy(eth + 6, keep, 6);
	__builtin_memcpy(keep, ip + CATS_IP6_SADDR, 16);
	__builtin_memcpy(ip + CATS_IP6_SADDR, ip + CATS_IP6_DADDR, 16);
	__builtin_memcpy(ip + CATS_IP6_DADDR, keep, 16);
	/* ECN is not for us to repeat: RFC 3168 6.1.1 */
	ip[1] &= 0xcf;
	ip[CATS_IP6_HOPLIMIT] = 64;
	*(__be16 *)udp = *(__be16 *)(udp + 2);
	*(__be16 *)(udp + 2) = port;
}

/* The packet is one of a session: nothing may fail from here on but memory. */
static __always_inline int turn(struct xdp_md *ctx, struct place *place,
				struct stamp_xdp_session *session, __u64 now)
{
	__u8 *eth, *ip, *udp;
	__u32 sequence;
	__u16 check;

	if (!close_gap(ctx, place))
		return XDP_DROP;
	eth = at(ctx, 0, ETH_HLEN);
	ip = at(ctx, place->l2, CATS_IP6_LEN);
	udp = at(ctx, place->udp, TEST_LEN);
	if (!eth || !ip || !udp)
		return XDP_DROP;
	sequence = bpf_ntohl(*(__be32 *)(udp + UDP_LEN));
	if (!stamp_stateless)
		sequence = __sync_fetch_and_add(&session->sequence, 1);
	session->seen = now;
	turn_stamp(udp + UDP_LEN, ip[CATS_IP6_HOPLIMIT], sequence, now);
	turn_headers(eth, ip, udp);
	*(__be16 *)(udp + 6) = 0;
	check = fold(ip + CATS_IP6_SADDR, udp);
	*(__u16 *)(udp + 6) = check ? check : 0xffff;
	return bpf_redirect_map(&stamp_out, ctx->ingress_ifindex, XDP_TX);
}

static __always_inline int reflect(struct xdp_md *ctx, __u64 now)
{
	struct stamp_xdp_session *session;
	struct place place;
	__u8 *ip, *udp;

	if (!skip_l2(ctx, &place) || !find_udp(ctx, &place))
		return XDP_PASS;
	ip = at(ctx, place.l2, CATS_IP6_LEN);
	udp = at(ctx, place.udp, TEST_LEN);
	if (!ip || !udp || *(__be16 *)(udp + 2) != bpf_htons(stamp_port) ||
	    *(__be16 *)(udp + 4) != bpf_htons(TEST_LEN) || !is_ours(ip))
		return XDP_PASS;
	session = find_session(ip, udp);
	/* a wrong checksum is the stack's to count */
	if (!session || fold(ip + CATS_IP6_SADDR, udp))
		return XDP_PASS;
	return turn(ctx, &place, session, now);
}

SEC("xdp")
int cats_stamp(struct xdp_md *ctx)
{
	int action = reflect(ctx, bpf_ktime_get_ns());
	__u32 what = action == XDP_PASS ? STAMP_XDP_NOT_OURS :
					  STAMP_XDP_ANSWERED;
	__u64 *count = bpf_map_lookup_elem(&stamp_count, &what);

	if (count)
		++*count;
	if (action == XDP_PASS)
		bpf_tail_call(ctx, &stamp_next, 0);
	return action;
}

char _license[] SEC("license") = "GPL";
