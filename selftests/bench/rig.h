/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between rig.c and rig.bpf.c. */
#ifndef RIG_H
#define RIG_H

#include <linux/types.h>

#define RIG_PAYLOAD	64
#define RIG_FRAME	(14 + 40 + 8 + RIG_PAYLOAD)

/*
 * What the generator cuts off in front of the frame.  The kernel's seg6 puts
 * its headers there and leaves the 256 octets that the sink's veth wants; else
 * it would copy every packet, which no NIC does.
 */
#define RIG_ROOM	128

/* struct rig_conf, by who needs it */
#define RIG_GEN		0
#define RIG_FLOOR	1
#define RIG_SINK	2
#define RIG_CONFS	3

/**
 * struct rig_conf - what a program shall do
 * @ifindex: device to send to
 * @flows: number of source ports, a power of two
 * @len: length of the frames that the sink counts
 * @eth: Ethernet header to send with
 */
struct rig_conf {
	__u32 ifindex;
	__u32 flows;
	__u32 len;
	__u8 eth[20];
};

/* The sink looks at the clock once in so many packets; a power of two. */
#define RIG_STRIDE	4096

/**
 * struct rig_seen - what the sink got, on one CPU
 * @packets: those of the length expected
 * @first: when the first one came
 * @last: when the last one came whose number is a multiple of RIG_STRIDE
 */
struct rig_seen {
	__u64 packets;
	__u64 first;
	__u64 last;
};

#endif /* RIG_H */
