/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stages of the packet path know of a packet. */
#ifndef CATS_BPF_PACKET_H
#define CATS_BPF_PACKET_H

#include <linux/types.h>
#include <cats/maps.h>

/* A stage returns this, or the enum cats_reason that ends the path. */
#define CATS_CONTINUE		(-1)

#define CATS_PACKET_FRAGMENT	0x01	/* of any position */
#define CATS_PACKET_LATER	0x02	/* not the first: no ports in it */
#define CATS_PACKET_ICMP_ERROR	0x04	/* ports are those of the quoted packet */
#define CATS_PACKET_MULTICAST	0x08	/* link-layer multicast or broadcast */

/**
 * struct cats_packet - description of the packet, filled stage by stage
 * @saddr_hi: source, upper 64 bits, host order; 0 for IPv4
 * @saddr_lo: source, lower 64 bits
 * @daddr_hi: destination: the CS-ID
 * @daddr_lo: destination
 * @ports: source port << 16 | destination port; 0 where there are none
 * @fragment: identification of a fragmented datagram
 * @len: length of the IP packet, bytes
 * @vrf: VRF-ID
 * @cpu: this CPU
 * @service: id of the matched service
 * @size: slots of its forwarding table
 * @base: first of them
 * @sel: half of the service that is in force for this packet
 * @timeout: affinity timeout, flow clock ticks
 * @service_hash: hash of the matched key
 * @hash: flow hash
 * @label: outer flow label
 * @now: flow clock
 * @action: XDP action the output or the ICMP stage wants; 0: none does
 * @l2_len: Ethernet header and VLAN tags, bytes
 * @l4_off: offset of the transport header in the IP packet
 * @family: enum cats_family
 * @proto: IP protocol after extension headers
 * @dsfield: DSCP and ECN
 * @hoplimit: hop limit or TTL
 * @affinity: enum cats_affinity of the service
 * @host_route: the service is a host route: its hash covers the destination
 * @flags: CATS_PACKET_*
 * @asks: the service is in mode control
 */
struct cats_packet {
	__u64 saddr_hi;
	__u64 saddr_lo;
	__u64 daddr_hi;
	__u64 daddr_lo;
	__u32 ports;
	__u32 fragment;
	__u32 len;
	__u32 vrf;
	__u32 cpu;
	__u32 service;
	__u32 size;
	__u32 base;
	__u32 sel;
	__u32 timeout;
	__u32 label;
	__u32 now;
	__u32 action;
	__u64 service_hash;
	__u64 hash;
	__u16 l2_len;
	__u16 l4_off;
	__u8 family;
	__u8 proto;
	__u8 dsfield;
	__u8 hoplimit;
	__u8 affinity;
	__u8 host_route;
	__u8 flags;
	__u8 asks;
};

#endif /* CATS_BPF_PACKET_H */
