/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CATS_FUZZ_H
#define CATS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_DATAGRAM	(192 * 1024)
#define FUZZ_IDS	6
#define FUZZ_SIDS	16
#define FUZZ_ERRNOS	134

/* Which generic-netlink family; FUZZ_CTRL is the one that knows the others. */
enum fuzz_family { FUZZ_CATS, FUZZ_METRIC, FUZZ_CTRL, FUZZ_FAMILIES };

/* struct fuzz_buffer - a datagram being built */
struct fuzz_buffer {
	size_t len;
	uint8_t data[FUZZ_DATAGRAM];
};

/* struct fuzz_stats - what came of it */
struct fuzz_stats {
	uint64_t messages;
	uint64_t replies;
	uint64_t dumps;
	uint64_t abandoned;
	uint64_t events;
	uint64_t lost;
	uint64_t devices;
	uint64_t packets;
	uint64_t unsent;
	uint64_t checks;
	uint64_t answer[FUZZ_ERRNOS];
};

extern struct fuzz_stats fuzz_stats;
extern uint16_t fuzz_family_id[FUZZ_FAMILIES];

/* random.c: the same numbers for the same seed */
void fuzz_seed(uint64_t seed);
uint64_t fuzz_random(void);
uint32_t fuzz_below(uint32_t n);
bool fuzz_one_in(uint32_t n);
void fuzz_fill(void *data, size_t len);

/* messages.c: what may be said, and how it is said wrong */
void fuzz_put(struct fuzz_buffer *b, uint16_t id, const void *data, size_t len);
size_t fuzz_begin(struct fuzz_buffer *b, uint16_t type, uint8_t cmd,
		  uint16_t flags);
void fuzz_end(struct fuzz_buffer *b, size_t start);
bool fuzz_message(struct fuzz_buffer *b);
void fuzz_sid(uint8_t sid[16], uint32_t n);
void fuzz_id(uint8_t id[16], uint32_t n);

/* packets.c: what may be sent to a SID */
void fuzz_packets_open(void);
void fuzz_packet(void);
void fuzz_packet_right(const uint8_t sid[16]);

#endif /* CATS_FUZZ_H */
