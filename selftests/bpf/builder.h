/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames as a client sends them, written out by hand. */
#ifndef BUILDER_H
#define BUILDER_H

#include "fixture.h"

/** struct packet - what a frame shall be; zero means the usual */
struct packet {
	const char *src;	/* 192.0.2.1 or 2001:db8:1::1 */
	const char *dst;	/* the CS-ID; decides the family */
	uint8_t proto;		/* IPPROTO_TCP */
	uint16_t sport;		/* 40000 */
	uint16_t dport;		/* 80 */
	uint8_t tos;
	uint8_t hoplimit;	/* 64 */
	uint16_t payload;	/* bytes behind the transport header */
	uint8_t vlans;		/* 0 to 2 tags */
	uint16_t frag;		/* IPv4: flags and offset field */
	uint16_t id;		/* IPv4 identification */
	uint8_t icmp_type;	/* echo request */
	uint8_t tcp_flags;	/* ACK */
};

/** build - write the frame; @frame->len is set. */
void build(struct frame *frame, const struct packet *packet);
/** l3_of - offset of its IP header. */
uint32_t l3_of(const struct packet *packet);
/** checksum - RFC 1071 over @len bytes, plus @sum. */
uint16_t checksum(const void *data, uint32_t len, uint32_t sum);

#endif /* BUILDER_H */
