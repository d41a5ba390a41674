/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and events.  Counters are plain arrays with a row per CPU: a
 * program is not interrupted by another one on its CPU, so nothing is atomic,
 * and a reader maps them instead of asking the kernel.
 */
#ifndef CATS_BPF_STATS_H
#define CATS_BPF_STATS_H

#include "maps.h"
#include "packet.h"

static __always_inline void cats_count_row(__u32 cpu, __u32 column,
					   __u32 bytes)
{
	__u32 at = cpu * CATS_COUNTERS + column;
	struct cats_counter *counter = bpf_map_lookup_elem(&cats_count, &at);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

static __always_inline void cats_count_extra(__u32 cpu, enum cats_extra what)
{
	cats_count_row(cpu, what, 0);
}

/* dp-sr: the ingress accounts what each SR policy and next hop carried. */
static __always_inline void cats_count_nexthop(const struct cats_packet *pkt,
					       __u32 id)
{
	__u32 chunk = id >> CATS_NEXTHOP_BITS;
	__u32 at = (pkt->cpu << CATS_NEXTHOP_BITS) |
		   (id & ((1u << CATS_NEXTHOP_BITS) - 1));
	struct cats_counter *counter;

	counter = cats_chunk_entry(&cats_nh_count, chunk, at);
	if (!counter)
		return;
	counter->packets++;
	counter->bytes += pkt->len;
}

static __always_inline void cats_event_addr(__u8 *to, __u8 family, __u64 hi,
					    __u64 lo)
{
	__u64 *word = (__u64 *)to;

	word[0] = bpf_cpu_to_be64(family == CATS_FAMILY_IPV6 ? hi : lo << 32);
	word[1] = family == CATS_FAMILY_IPV6 ? bpf_cpu_to_be64(lo) : 0;
}

/* Somebody watches: hand over one packet per reason, CPU and interval. */
static __noinline int cats_sample(struct xdp_md *ctx, struct cats_packet *pkt,
				  __u32 reason)
{
	__u64 now = bpf_ktime_get_ns();
	struct cats_event *event;
	struct cats_cpu *cpu;
	__u32 at = pkt->cpu;

	cpu = bpf_map_lookup_elem(&cats_cpu, &at);
	reason &= CATS_REASON_MAX - 1;
	if (!cpu || now - cpu->event_time[reason] < CATS_EVENT_INTERVAL)
		return 0;
	cpu->event_time[reason] = now;
	cpu->sequence++;
	event = bpf_ringbuf_reserve(&cats_events, sizeof(*event), 0);
	if (!event) {
		cats_count_extra(pkt->cpu, CATS_EXTRA_EVENT_LOST);
		return 0;
	}
	event->type = CATS_EVENT_VERDICT;
	event->length = sizeof(*event);
	event->version = 1;
	event->cpu = pkt->cpu;
	event->time = now;
	event->sequence = cpu->sequence;
	event->ifindex = ctx->ingress_ifindex;
	event->reason = reason;
	event->bytes = pkt->len;
	event->vrf = pkt->vrf;
	event->family = pkt->family;
	event->proto = pkt->proto;
	event->sport = pkt->ports >> 16;
	event->dport = pkt->ports;
	event->pad = 0;
	cats_event_addr(event->saddr, pkt->family, pkt->saddr_hi,
			pkt->saddr_lo);
	cats_event_addr(event->daddr, pkt->family, pkt->daddr_hi,
			pkt->daddr_lo);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

static __always_inline int cats_watched(const struct cats_control *control)
{
	__u64 until = *(volatile __u64 *)&control->watched_until;

	return until && bpf_ktime_get_ns() < until;
}

#endif /* CATS_BPF_STATS_H */
