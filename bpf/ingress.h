/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The packet path of draft-fu-cats-flow-lb 5.4, stage by stage.  Separate from
 * the program, so that the benchmark wraps the same path.
 */
#ifndef CATS_BPF_INGRESS_H
#define CATS_BPF_INGRESS_H

#include "encap.h"
#include "icmp.h"
#include "nexthop.h"
#include "service.h"
#include "stats.h"
#include "transport.h"

/* Stages 6 and 7, once a next hop is chosen: 5.4 step 5. */
static __always_inline int cats_send(struct xdp_md *ctx,
				     struct cats_packet *pkt,
				     const struct cats_choice *choice)
{
	const struct cats_path *path = choice->path;
	const struct cats_encap *encap;
	int ret;

	encap = &path->encap[*(volatile __u32 *)&path->sel & 1];
	if (pkt->len > encap->mtu)
		return cats_too_big(ctx, pkt, encap->mtu);
	ret = cats_steer(ctx, pkt, encap, choice->nexthop);
	if (ret < CATS_PASS_NOT_PORT)
		cats_count_nexthop(pkt, choice->id);
	return ret;
}

static __always_inline int cats_stages(struct xdp_md *ctx,
				       struct cats_packet *pkt,
				       const struct cats_control *control)
{
	struct cats_choice choice;
	int ret;

	ret = cats_find_port(ctx, pkt);
	if (ret != CATS_CONTINUE)
		return ret;
	ret = cats_parse_network(ctx, pkt);
	if (ret != CATS_CONTINUE)
		return ret;
	ret = cats_find_service(pkt, control);
	if (ret != CATS_CONTINUE)
		return ret;
	ret = cats_parse_transport(ctx, pkt);
	if (ret != CATS_CONTINUE)
		return ret;
	if (pkt->hoplimit <= 1)
		return cats_hop_limit(ctx, pkt);
	ret = cats_find_nexthop(ctx, pkt, control, &choice);
	if (ret != CATS_CONTINUE)
		return ret;
	return cats_send(ctx, pkt, &choice);
}

/* From the reason to the XDP action, counted and, if watched, sampled. */
static __always_inline int cats_verdict(struct xdp_md *ctx,
					struct cats_packet *pkt,
					const struct cats_control *control,
					__u32 reason)
{
	cats_count_row(pkt->cpu, reason, pkt->len);
	if (cats_watched(control))
		cats_sample(ctx, pkt, reason);
	if (reason < CATS_PASS_NOT_PORT)
		return pkt->action;
	if (reason < CATS_DROP_NO_INSTANCE)
		return XDP_PASS;
	return pkt->action ? pkt->action : XDP_DROP;
}

static __always_inline int cats_forward(struct xdp_md *ctx)
{
	struct cats_packet pkt = {};
	const struct cats_control *control;
	__u32 zero = 0;
	int reason;

	control = bpf_map_lookup_elem(&cats_control, &zero);
	if (!control)
		return XDP_PASS;
	pkt.cpu = bpf_get_smp_processor_id();
	reason = cats_stages(ctx, &pkt, control);
	return cats_verdict(ctx, &pkt, control, reason);
}

#endif /* CATS_BPF_INGRESS_H */
