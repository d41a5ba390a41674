// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program under test, on dirty ground: every byte of headroom it takes is
 * 0xff before it writes there, so a header byte it forgets to set shows.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __always_inline int poisoned_adjust_head(struct xdp_md *ctx, int delta)
{
	int ret = bpf_xdp_adjust_head(ctx, delta);
	unsigned char *at;
	int i;

	if (ret)
		return ret;
	for (i = 0; i < 232; i++) {
		at = (unsigned char *)(long)ctx->data + i;
		if (i >= -delta || at + 1 > (unsigned char *)(long)ctx->data_end)
			break;
		*at = 0xff;
	}
	return 0;
}

#define bpf_xdp_adjust_head poisoned_adjust_head
#include "ingress.h"

SEC("xdp.frags")
int cats_poisoned(struct xdp_md *ctx)
{
	return cats_forward(ctx);
}

char _license[] SEC("license") = "GPL";
