/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATS_PACKET_H
#define CATS_PACKET_H

#include <linux/skbuff.h>

#include "flow_table.h"

/* Hop-by-hop, destination, routing and destination options is the usual most. */
#define CATS_EXT_HEADERS_MAX	8

/**
 * struct cats_packet - what the stages learn of a packet
 * @ingress: device it came to this host by, or that one's VRF; loopback for
 *	packets of this host
 * @outer: offset of the outer IPv6 header is 0; these are relative to it
 * @outer.upper: of the header after the last extension header
 * @outer.upper_field: of the field that says what that header is
 * @outer.srh: of the segment routing header, 0 without one
 * @outer.srh_len: its length in bytes
 * @outer.next: what the upper header is, IPPROTO_*
 * @outer.dsfield: traffic class
 * @inner: of the packet carried, after decapsulation
 * @inner.key: of its flow
 * @inner.len: its length in bytes, as its header says
 * @inner.transport: offset of the header after IPv4, or extension headers
 * @inner.tcp_flags: byte 13 of the TCP header, 0 for other protocols
 * @flow: which it belongs to, NULL if that is not tracked
 */
struct cats_packet {
	struct net_device *ingress;
	struct {
		u16 upper;
		u16 upper_field;
		u16 srh;
		u16 srh_len;
		u8 next;
		u8 dsfield;
	} outer;
	struct {
		struct cats_flow_key key;
		u32 len;
		u16 transport;
		u8 tcp_flags;
	} inner;
	struct cats_flow *flow;
};

u16 cats_outer_parse(struct sk_buff *skb, struct cats_packet *pkt);
u16 cats_inner_parse(struct sk_buff *skb, struct cats_packet *pkt);

#endif /* CATS_PACKET_H */
