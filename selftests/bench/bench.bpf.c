// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet path in a loop of BPF_PROG_TEST_RUN.  Every turn sees a fresh
 * packet: bench_steer sets up its flow, steers it, and takes the outer headers
 * off again.  bench_wrap does all of that but the steering, bench_floor only
 * returns.
 */
#include "ingress.h"

/* Set by bench.c before loading. */
const volatile __u32 bench_flows;	/* a power of two */
const volatile __u32 bench_fresh;	/* a new flow every time */
const volatile __u32 bench_ip6;
const volatile __u32 bench_grow;	/* what steering puts in front */

__u32 bench_turn;

#define SPREAD	0x9e3779b1u	/* odd: all flows come round, in no order */

static __always_inline int prepare(struct xdp_md *ctx)
{
	void *data = cats_data(ctx);
	__u32 flow = bench_turn++;
	__u16 *port;

	if (!bench_fresh)
		flow = flow * SPREAD & (bench_flows - 1);
	if (data + 14 + 40 + 8 > cats_data_end(ctx))
		return -1;
	*(__u64 *)data = 0x0200000a00000002ull;
	*(__u32 *)(data + 8) = 0x0b000000;
	if (bench_ip6) {
		*(__be16 *)(data + 12) = bpf_htons(ETH_P_IPV6);
		*(__u8 *)(data + 14 + 7) = 64;
		*(__u16 *)(data + 14 + 22) = flow >> 16;
		port = data + 14 + 40;
	} else {
		*(__be16 *)(data + 12) = bpf_htons(ETH_P_IP);
		*(__u8 *)(data + 14 + 8) = 64;
		*(__u16 *)(data + 14 + 14) = flow >> 16;
		port = data + 14 + 20;
	}
	*port = flow;
	return 0;
}

SEC("xdp.frags")
int bench_floor(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("xdp.frags")
int bench_wrap(struct xdp_md *ctx)
{
	if (prepare(ctx) || bpf_xdp_adjust_head(ctx, 0))
		return XDP_ABORTED;
	return XDP_PASS;
}

SEC("xdp.frags")
int bench_steer(struct xdp_md *ctx)
{
	int action;

	if (prepare(ctx))
		return XDP_ABORTED;
	action = cats_forward(ctx);
	if (bpf_xdp_adjust_head(ctx, bench_grow))
		return XDP_ABORTED;
	return action;
}

char _license[] SEC("license") = "GPL";
