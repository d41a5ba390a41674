/* SPDX-License-Identifier: GPL-2.0-or-later */
/* STAMP test packets (RFC 8762, RFC 8972): encode, decode, answer. */
#ifndef CATS_LIB_STAMP_H
#define CATS_LIB_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cats/stamp.h>

/** STAMP_PACKET_MAX - longest packet, UDP payload, that is read or sent */
#define STAMP_PACKET_MAX	2048

/**
 * struct stamp_key - of a session in authenticated mode
 * @data: RFC 8762 4.4: HMAC-SHA-256
 * @len: 0: unauthenticated
 */
struct stamp_key {
	uint8_t data[64];
	size_t len;
};

/**
 * struct stamp_packet - fields of a test packet, host order
 * @sequence: of whoever sent it
 * @timestamp: NTP, when it was sent
 * @error: estimate of the clock's error, STAMP_ERROR_*
 * @ssid: session, 0: none
 * @received: reflector's: when it had the probe
 * @sender_sequence: reflector's: copies from the probe
 * @sender_timestamp: likewise
 * @sender_error: likewise
 * @sender_ttl: reflector's: hop limit the probe arrived with
 */
struct stamp_packet {
	uint32_t sequence;
	uint64_t timestamp;
	uint16_t error;
	uint16_t ssid;
	uint64_t received;
	uint32_t sender_sequence;
	uint64_t sender_timestamp;
	uint16_t sender_error;
	uint8_t sender_ttl;
};

/* X(symbol, name, meaning): what becomes of a packet that was received. */
#define STAMP_REASONS(X)						\
	X(STAMP_OK, "accepted", "it was taken")				\
	X(STAMP_TRUNCATED, "truncated", "shorter than a base packet")	\
	X(STAMP_OVERSIZED, "oversized", "longer than what is read")	\
	X(STAMP_WRONG_KEY, "wrong-key", "its HMAC is wrong")		\
	X(STAMP_UNKNOWN_SESSION, "unknown-session",			\
	  "no session has its source and SSID")				\
	X(STAMP_SPOOFED_SOURCE, "spoofed-source",			\
	  "an answer that is not from the session's endpoint")		\
	X(STAMP_NOT_SENT, "not-sent",					\
	  "an answer to a probe that was not sent, or long ago")	\
	X(STAMP_DUPLICATE, "duplicate", "answered before")		\
	X(STAMP_LATE, "late", "an answer to a probe counted as lost")	\
	X(STAMP_WRONG_STAMP, "wrong-timestamp",				\
	  "an answer that does not repeat its probe's timestamp")	\
	X(STAMP_IMPOSSIBLE, "impossible-times",				\
	  "the reflector had the probe for longer than it was away")	\
	X(STAMP_TLV_MALFORMED, "tlv-malformed", "a TLV has M set")	\
	X(STAMP_TLV_INTEGRITY, "tlv-integrity",				\
	  "the TLVs failed the HMAC at either end")			\
	X(STAMP_TABLE_FULL, "table-full", "too many sessions to keep")	\
	X(STAMP_NOT_ALLOWED, "not-allowed",				\
	  "from a source that may not ask this reflector")

#define STAMP_REASON_SYMBOL(symbol, name, text) symbol,
/** enum stamp_reason - see STAMP_REASONS */
enum stamp_reason { STAMP_REASONS(STAMP_REASON_SYMBOL) STAMP_REASON_MAX };
#undef STAMP_REASON_SYMBOL

/** stamp_reason_name - as it is counted, e.g. "wrong-key" */
const char *stamp_reason_name(enum stamp_reason reason);

/** stamp_ntp - 64-bit NTP timestamp of a CLOCK_REALTIME time */
uint64_t stamp_ntp(const struct timespec *time);

/** stamp_ntp_ns - the same of a time in ns */
uint64_t stamp_ntp_ns(uint64_t ns);

/** stamp_diff - nanoseconds from @from to @to, both NTP; may be negative */
int64_t stamp_diff(uint64_t to, uint64_t from);

/** stamp_base_len - length of the base packet in the mode of @key */
size_t stamp_base_len(const struct stamp_key *key);

/**
 * stamp_encode_probe - write a sender's base packet
 * @out: stamp_base_len() bytes
 * @packet: sequence, timestamp, error, ssid
 * @key: of the session
 */
void stamp_encode_probe(uint8_t *out, const struct stamp_packet *packet,
			const struct stamp_key *key);

/** stamp_encode_answer - write a reflector's base packet, all of @packet. */
void stamp_encode_answer(uint8_t *out, const struct stamp_packet *packet,
			 const struct stamp_key *key);

/**
 * stamp_decode_probe - read what a sender sent
 * @data: UDP payload
 * @len: its length
 * @key: of the session
 * @packet: result
 *
 * A packet shorter than the base one is one of TWAMP Light (RFC 8762 4.6).
 *
 * Return: STAMP_OK, STAMP_TRUNCATED, STAMP_OVERSIZED or STAMP_WRONG_KEY.
 */
enum stamp_reason stamp_decode_probe(const uint8_t *data, size_t len,
				     const struct stamp_key *key,
				     struct stamp_packet *packet);

/** stamp_decode_answer - read what a reflector sent; as stamp_decode_probe() */
enum stamp_reason stamp_decode_answer(const uint8_t *data, size_t len,
				      const struct stamp_key *key,
				      struct stamp_packet *packet);

/** stamp_answer_len - of the answer to a probe of @len: symmetric, or the base */
size_t stamp_answer_len(size_t len, const struct stamp_key *key);

/** stamp_hmac - HMAC-SHA-256-128 of two pieces; false if there is none to make */
bool stamp_hmac(const struct stamp_key *key, const uint8_t *head,
		size_t head_len, const uint8_t *text, size_t len,
		uint8_t out[STAMP_HMAC_LEN]);

/* The same TLVs at both ends: stamp_tlv.c */

/**
 * stamp_tlv_put - add a TLV of a sender, U set (RFC 8972 4)
 * @out: packet
 * @len: its length so far; raised
 * @type: enum stamp_tlv_type, or anything
 * @value: NULL for zeros
 * @value_len: of the value
 *
 * Return: false if it does not fit STAMP_PACKET_MAX.
 */
bool stamp_tlv_put(uint8_t *out, size_t *len, uint8_t type,
		   const uint8_t *value, uint16_t value_len);

/** stamp_tlv_seal - add the HMAC TLV over sequence number and TLVs. */
bool stamp_tlv_seal(uint8_t *out, size_t *len, const struct stamp_key *key);

/**
 * stamp_tlv_reseal - the sequence number has changed: write its HMAC again
 * @packet: whole packet
 * @len: its length
 * @key: of the session
 */
void stamp_tlv_reseal(uint8_t *packet, size_t len, const struct stamp_key *key);

/**
 * stamp_tlv_answer - set flags and values of the TLVs as a reflector must
 * @probe: packet as received
 * @answer: packet to send: a copy of the probe behind the base packet
 * @len: length of both
 * @key: of the session
 * @dsfield: DSCP and ECN the probe arrived with
 * @dscp: result: DSCP the answer is to have
 */
void stamp_tlv_answer(const uint8_t *probe, uint8_t *answer, size_t len,
		      const struct stamp_key *key, uint8_t dsfield,
		      uint8_t *dscp);

/**
 * stamp_tlv_check - may the TLVs of an answer be believed?
 * @answer: whole packet
 * @len: its length
 * @key: of the session
 *
 * Return: STAMP_OK, STAMP_TLV_MALFORMED or STAMP_TLV_INTEGRITY.
 */
enum stamp_reason stamp_tlv_check(const uint8_t *answer, size_t len,
				  const struct stamp_key *key);

#endif /* CATS_LIB_STAMP_H */
