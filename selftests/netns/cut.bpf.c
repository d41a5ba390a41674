// SPDX-License-Identifier: GPL-2.0-only
/* A link that fails between two instructions: for failover.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 cut;

SEC("xdp")
int cut_link(struct xdp_md *ctx __attribute__((unused)))
{
	return cut ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
