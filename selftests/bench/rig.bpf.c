// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of the rig, and the least that an ingress can do.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "rig.h"

#define HOPLIMIT	64
#define FIRST_PORT	32768

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RIG_CONFS);
	__type(key, __u32);
	__type(value, struct rig_conf);
} rig_conf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rig_seen);
} rig_seen SEC(".maps");

__u32 rig_turn;

static __always_inline struct rig_conf *conf_of(__u32 who)
{
	return bpf_map_lookup_elem(&rig_conf, &who);
}

static __always_inline void *start_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	return data + RIG_FRAME > (void *)(long)ctx->data_end ? NULL : data;
}

static __always_inline void write_eth(void *to, const struct rig_conf *conf)
{
	*(__u64 *)to = *(const __u64 *)conf->eth;
	*(__u32 *)(to + 8) = *(const __u32 *)(conf->eth + 8);
	*(__u16 *)(to + 12) = *(const __u16 *)(conf->eth + 12);
}

/* The page comes back as the last one to use it left it. */
SEC("xdp")
int rig_gen(struct xdp_md *ctx)
{
	struct rig_conf *conf = conf_of(RIG_GEN);
	void *data;

	if (!conf || bpf_xdp_adjust_head(ctx, RIG_ROOM))
		return XDP_ABORTED;
	data = start_of(ctx);
	if (!data)
		return XDP_ABORTED;
	write_eth(data, conf);
	*(__be16 *)(data + 14 + 4) = bpf_htons(8 + RIG_PAYLOAD);
	*(__u8 *)(data + 14 + 7) = HOPLIMIT;
	*(__be16 *)(data + 14 + 40) =
		bpf_htons(FIRST_PORT + (rig_turn++ & (conf->flows - 1)));
	return bpf_redirect(conf->ifindex, 0);
}

SEC("xdp")
int rig_floor(struct xdp_md *ctx)
{
	struct rig_conf *conf = conf_of(RIG_FLOOR);
	void *data = start_of(ctx);

	if (!conf || !data)
		return XDP_ABORTED;
	write_eth(data, conf);
	return bpf_redirect(conf->ifindex, 0);
}

SEC("xdp")
int rig_sink(struct xdp_md *ctx)
{
	struct rig_conf *conf = conf_of(RIG_SINK);
	struct rig_seen *seen;
	__u32 zero = 0;

	seen = bpf_map_lookup_elem(&rig_seen, &zero);
	if (!conf || !seen || ctx->data_end - ctx->data != conf->len)
		return XDP_DROP;
	if (!(seen->packets++ & (RIG_STRIDE - 1))) {
		seen->last = bpf_ktime_get_ns();
		if (!seen->first)
			seen->first = seen->last;
	}
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
