/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * What the program counts and reports: counters, what a CPU keeps to itself,
 * and events.  Arrays of counters are [cpu][column].
 */
#ifndef CATS_BPF_COUNTERS_H
#define CATS_BPF_COUNTERS_H

#include <linux/types.h>
#include "verdict.h"

/**
 * struct cats_counter - a CPU's counter; only that CPU writes it
 * @packets: packets
 * @bytes: bytes of the packets as received, from the IP header on
 */
struct cats_counter {
	__u64 packets;
	__u64 bytes;
};

/**
 * struct cats_cpu - what a CPU keeps from packet to packet
 * @icmp_time: flow clock when @icmp_tokens was last filled up
 * @icmp_tokens: ICMP errors that may be sent now (RFC 4443 2.4 f)
 * @sequence: of this CPU's events
 * @event_time: CLOCK_MONOTONIC, ns, of the last sample of each reason
 */
struct cats_cpu {
	__u32 icmp_time;
	__u32 icmp_tokens;
	__u64 sequence;
	__u64 event_time[CATS_REASON_MAX];
};

#define CATS_ICMP_BURST		64	/* errors at once, per CPU */
#define CATS_ICMP_PER_TICK	1	/* errors per flow clock tick, per CPU */
#define CATS_EVENT_INTERVAL	100000000ull	/* ns per reason and CPU */

/**
 * enum cats_extra - counters beside the verdicts, after them in a CPU's row
 * @CATS_EXTRA_FLOW_NEW: flow entries made
 * @CATS_EXTRA_FLOW_EVICTED: live flow entries that made room for a new one
 * @CATS_EXTRA_FLOW_BUSY: flow entries not made: another CPU was faster
 * @CATS_EXTRA_EVENT_LOST: events not written: the ring was full
 * @CATS_EXTRA_ASK_NOBODY: new flows of routes in mode control that the table
 *	placed: no C-PS answers
 * @CATS_EXTRA_ASK_FULL: the same: it has as many questions as it may have
 * @CATS_EXTRA_ASK_LONG: the same: the frame is longer than CATS_QUESTION_FRAME
 * @CATS_EXTRA_END_FULL: ends of flows the C-PS was not told of: the ring was full
 */
enum cats_extra {
	CATS_EXTRA_FLOW_NEW = CATS_REASON_MAX,
	CATS_EXTRA_FLOW_EVICTED,
	CATS_EXTRA_FLOW_BUSY,
	CATS_EXTRA_EVENT_LOST,
	CATS_EXTRA_ASK_NOBODY,
	CATS_EXTRA_ASK_FULL,
	CATS_EXTRA_ASK_LONG,
	CATS_EXTRA_END_FULL,
	CATS_COUNTERS = CATS_REASON_MAX + 16,
};

enum cats_event_type {
	CATS_EVENT_VERDICT = 1,
};

/**
 * struct cats_event - a sampled verdict, in the events ring
 * @type: enum cats_event_type
 * @length: of the event, bytes
 * @version: 1
 * @cpu: where it happened
 * @time: CLOCK_MONOTONIC, ns
 * @sequence: per CPU, so that losses show
 * @ifindex: device it came in on
 * @reason: enum cats_reason
 * @bytes: length of the packet
 * @vrf: VRF-ID
 * @family: enum cats_family, 0 if the packet is not IP
 * @proto: IP protocol, 0 if it was not parsed so far
 * @sport: host order
 * @dport: host order
 * @pad: 0
 * @saddr: network order
 * @daddr: network order
 */
struct cats_event {
	__u16 type;
	__u16 length;
	__u16 version;
	__u16 cpu;
	__u64 time;
	__u64 sequence;
	__u32 ifindex;
	__u32 reason;
	__u32 bytes;
	__u32 vrf;
	__u8 family;
	__u8 proto;
	__u16 sport;
	__u16 dport;
	__u16 pad;
	__u8 saddr[16];
	__u8 daddr[16];
};

#endif /* CATS_BPF_COUNTERS_H */
