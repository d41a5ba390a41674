// SPDX-License-Identifier: GPL-2.0-only
/*
 * CATS ingress forwarder in XDP: CS-ID lookup, flow affinity, SRv6
 * encapsulation.  The path itself is in ingress.h, one header per stage.
 */
#include "ingress.h"

SEC("xdp.frags")
int cats_ingress(struct xdp_md *ctx)
{
	return cats_forward(ctx);
}

char _license[] SEC("license") = "GPL";
