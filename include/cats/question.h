/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * Hybrid forwarding (draft-fu-cats-flow-lb 5.3): on a route in mode control the
 * first packet of a flow is a question to the C-PS, which is told of its end, too.
 */
#ifndef CATS_QUESTION_H
#define CATS_QUESTION_H

#include <linux/types.h>

/** CATS_QUESTION_FRAME - longest frame that is handed over, bytes */
#define CATS_QUESTION_FRAME	2048

/** CATS_QUESTION_RING - bytes of the ring: some 480 flows may wait */
#define CATS_QUESTION_RING	(1 << 20)

/** CATS_END_RING - bytes of the ring of ends: 10,922, read every 100 ms at least */
#define CATS_END_RING		(1 << 18)

/**
 * CATS_ANSWERED - XDP metadata in front of a frame that is sent on: the question
 * has been put, do not ask again
 */
#define CATS_ANSWERED		0x43415453

/**
 * struct cats_question - a new flow and its first packet
 * @time: CLOCK_MONOTONIC, ns
 * @ifindex: device it came in on
 * @queue: receive queue of that
 * @service: id of the route
 * @len: of the frame, bytes
 * @saddr: network order; IPv4 in the first 4 bytes
 * @daddr: CS-ID, likewise
 * @sport: host order; 0 where there are none
 * @dport: likewise
 * @family: enum cats_family
 * @proto: IP protocol
 * @pad: 0
 * @frame: from the Ethernet header on
 */
struct cats_question {
	__u64 time;
	__u32 ifindex;
	__u32 queue;
	__u32 service;
	__u32 len;
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
	__u8 family;
	__u8 proto;
	__u8 pad[2];
	__u8 frame[CATS_QUESTION_FRAME];
};

/**
 * struct cats_flow_end - the client of a known TCP flow closed or reset it
 * @hash: flow hash; a flow may end more than once
 * @time: CLOCK_MONOTONIC, ns
 */
struct cats_flow_end {
	__u64 hash;
	__u64 time;
};

#endif /* CATS_QUESTION_H */
