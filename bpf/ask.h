/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 5 of a route in mode control (draft-fu-cats-flow-lb 5.3): the C-PS places
 * a new flow and sends its first packet on.  Whatever keeps it from being asked,
 * the forwarding table decides as in mode table: no packet waits for a C-PS that
 * is not there, or has enough to do.
 */
#ifndef CATS_BPF_ASK_H
#define CATS_BPF_ASK_H

#include <cats/question.h>
#include "maps.h"
#include "packet.h"
#include "stats.h"

/* The C-PS has sent it on: asking again would go round in circles. */
static __always_inline int cats_is_answered(const struct xdp_md *ctx)
{
	__u32 *mark = (void *)(long)ctx->data_meta;

	return (void *)(mark + 1) <= (void *)(long)ctx->data &&
	       *mark == CATS_ANSWERED;
}

static __always_inline void cats_put_question(const struct xdp_md *ctx,
					      const struct cats_packet *pkt,
					      struct cats_question *question)
{
	question->ifindex = ctx->ingress_ifindex;
	question->queue = ctx->rx_queue_index;
	question->service = pkt->service;
	question->sport = pkt->ports >> 16;
	question->dport = pkt->ports;
	question->family = pkt->family;
	question->proto = pkt->proto;
	*(__u16 *)question->pad = 0;
	cats_event_addr(question->saddr, pkt->family, pkt->saddr_hi,
			pkt->saddr_lo);
	cats_event_addr(question->daddr, pkt->family, pkt->daddr_hi,
			pkt->daddr_lo);
}

/* Return: has the C-PS taken the packet? */
static __noinline int cats_ask(struct xdp_md *ctx, struct cats_packet *pkt,
			       __u64 asked_until)
{
	__u32 len = bpf_xdp_get_buff_len(ctx);
	struct cats_question *question;
	__u64 now = bpf_ktime_get_ns();

	if (now >= asked_until) {
		cats_count_extra(pkt->cpu, CATS_EXTRA_ASK_NOBODY);
		return 0;
	}
	if (len < 1 || len > CATS_QUESTION_FRAME) {
		cats_count_extra(pkt->cpu, CATS_EXTRA_ASK_LONG);
		return 0;
	}
	question = bpf_ringbuf_reserve(&cats_questions, sizeof(*question), 0);
	if (!question) {
		cats_count_extra(pkt->cpu, CATS_EXTRA_ASK_FULL);
		return 0;
	}
	/* it is so; Linux 6.1's verifier has to see it done to this very register */
	asm volatile("" : "+r"(len));
	len = ((len - 1) & (CATS_QUESTION_FRAME - 1)) + 1;
	if (bpf_xdp_load_bytes(ctx, 0, question->frame, len)) {
		bpf_ringbuf_discard(question, BPF_RB_NO_WAKEUP);
		cats_count_extra(pkt->cpu, CATS_EXTRA_ASK_LONG);
		return 0;
	}
	question->time = now;
	question->len = len;
	cats_put_question(ctx, pkt, question);
	bpf_ringbuf_submit(question, 0);
	return 1;
}

/* Is this packet one that starts a flow, on a route that asks? */
static __always_inline int cats_asks(const struct xdp_md *ctx,
				     const struct cats_packet *pkt)
{
	return pkt->asks && pkt->size &&
	       !(pkt->flags & (CATS_PACKET_ICMP_ERROR | CATS_PACKET_LATER)) &&
	       !cats_is_answered(ctx);
}

#endif /* CATS_BPF_ASK_H */
