/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4 of a route in mode control, besides: the client of a known TCP flow
 * closes or resets it (RFC 9293 3.10), and the C-PS is told.  Instances answer by
 * direct return, so this is what an ingress sees of a flow's end.  It changes
 * nothing for the packet, nor for what follows it: the flow stays known.
 */
#ifndef CATS_BPF_FLOW_END_H
#define CATS_BPF_FLOW_END_H

#include <cats/question.h>
#include "maps.h"
#include "packet.h"
#include "parse.h"
#include "stats.h"

#define CATS_TCP_FLAGS		13	/* their place in the header, RFC 9293 3.1 */
#define CATS_TCP_FIN_RST	0x05

static __noinline void cats_tell_end(const struct cats_packet *pkt,
				     __u64 asked_until)
{
	__u64 now = bpf_ktime_get_ns();
	struct cats_flow_end *end;

	if (now >= asked_until)
		return;
	/* nobody is woken: who placed the flow reads before it places the next */
	end = bpf_ringbuf_reserve(&cats_ends, sizeof(*end), 0);
	if (!end) {
		cats_count_extra(pkt->cpu, CATS_EXTRA_END_FULL);
		return;
	}
	end->hash = pkt->hash;
	end->time = now;
	bpf_ringbuf_submit(end, BPF_RB_NO_WAKEUP);
}

static __always_inline void cats_note_end(const struct xdp_md *ctx,
					  const struct cats_packet *pkt,
					  const struct cats_control *control)
{
	const __u8 *tcp;

	if (!pkt->asks || pkt->proto != IPPROTO_TCP ||
	    pkt->affinity != CATS_AFFINITY_5TUPLE ||
	    pkt->flags & (CATS_PACKET_ICMP_ERROR | CATS_PACKET_LATER))
		return;
	tcp = cats_transport(ctx, pkt);
	if ((void *)(tcp + CATS_TCP_FLAGS + 1) <= cats_data_end(ctx) &&
	    tcp[CATS_TCP_FLAGS] & CATS_TCP_FIN_RST)
		cats_tell_end(pkt, *(volatile __u64 *)&control->asked_until);
}

#endif /* CATS_BPF_FLOW_END_H */
