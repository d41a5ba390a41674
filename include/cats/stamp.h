/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * STAMP test packets as they stand on the wire: RFC 8762 section 4, with the
 * session identifier and the TLVs of RFC 8972.  Offsets, not structs: XDP
 * meets them behind headers of any length.
 */
#ifndef CATS_STAMP_H
#define CATS_STAMP_H

#include <linux/types.h>

#define STAMP_PORT		862	/* RFC 8762 4.1 */

/* Unauthenticated: RFC 8762 4.2.1 and 4.3.1, RFC 8972 3 for the SSID. */
#define STAMP_LEN		44
#define STAMP_SEQUENCE		0	/* 32 bits */
#define STAMP_TIMESTAMP		4	/* 64 */
#define STAMP_ERROR		12	/* 16: S, Z, scale, multiplier */
#define STAMP_SSID		14	/* 16 */
#define STAMP_RECEIVED		16	/* 64; from here on the reflector's */
#define STAMP_SENDER_SEQUENCE	24	/* 32 */
#define STAMP_SENDER_TIMESTAMP	28	/* 64 */
#define STAMP_SENDER_ERROR	36	/* 16 */
#define STAMP_SENDER_TTL	40	/* 8 */

/* A TWAMP Light sender may send as little (RFC 8762 4.6, RFC 5357 4.1.2). */
#define STAMP_LEN_LEAST		14

/* Authenticated: RFC 8762 4.2.2 and 4.3.2. */
#define STAMP_AUTH_LEN			112
#define STAMP_AUTH_TIMESTAMP		16
#define STAMP_AUTH_ERROR		24
#define STAMP_AUTH_SSID			26
#define STAMP_AUTH_RECEIVED		32
#define STAMP_AUTH_SENDER_SEQUENCE	48
#define STAMP_AUTH_SENDER_TIMESTAMP	64
#define STAMP_AUTH_SENDER_ERROR		72
#define STAMP_AUTH_SENDER_TTL		80
#define STAMP_AUTH_HMAC			96	/* what stands before is covered */

#define STAMP_HMAC_LEN		16	/* HMAC-SHA-256, truncated: RFC 8762 4.4 */

#define STAMP_ERROR_SYNCED	0x8000	/* S: RFC 4656 4.1.2 */
#define STAMP_ERROR_PTP		0x4000	/* Z: RFC 8186 2.3 */

/* TLVs: RFC 8972 4.  Flags, type, length of the value. */
#define STAMP_TLV_LEN		4
#define STAMP_TLV_U		0x80	/* not understood */
#define STAMP_TLV_M		0x40	/* malformed */
#define STAMP_TLV_I		0x20	/* integrity */

enum stamp_tlv_type {
	STAMP_TLV_PADDING = 1,	/* RFC 8972 4.1 */
	STAMP_TLV_COS = 4,	/* 4.4 */
	STAMP_TLV_HMAC = 8,	/* 4.8 */
};

#define STAMP_COS_LEN		4	/* DSCP1, DSCP2, ECN, RP, reserved */

/** STAMP_RING - probes whose answers are still waited for, a power of two */
#define STAMP_RING		64

/**
 * struct stamp_watch - a probing session, as the BPF programs see it
 * @endpoint: who answers, network order
 * @state: index of its struct cats_path_state; 0: the entry is not in use
 * @missed: probes that must be missed for the path to be down
 * @interval: between probes, ns
 * @wait: time an answer may take, ns, as measured
 * @ssid: RFC 8972 3, host order
 * @flags: STAMP_WATCH_*
 * @port: UDP port the answers come from, network order
 * @pad: 0
 * @stamp: timestamps of the last probes as they were sent, by number: an answer
 *	repeats its probe's, which nobody can who has not seen the probe
 * @when: CLOCK_MONOTONIC, ns, of the same probes
 *
 * Probes are numbered from 1, the first has sequence number 0.
 */
struct stamp_watch {
	__u8 endpoint[16];
	__u32 state;
	__u32 missed;
	__u64 interval;
	__u64 wait;
	__u16 ssid;
	__u16 flags;
	__be16 port;
	__u16 pad;
	__u64 stamp[STAMP_RING];
	__u64 when[STAMP_RING];
};

/** STAMP_WATCH_AUTH - only the sender, who has the key, takes note of answers */
#define STAMP_WATCH_AUTH	0x0001

/** STAMP_ANSWER_RING - bytes of the ring of answers; when it is full the socket
 * takes them */
#define STAMP_ANSWER_RING	(1 << 20)

/**
 * struct stamp_answer - what an answer said that XDP has taken, host order
 * @heard: CLOCK_MONOTONIC, ns, when it came
 * @sent: NTP, the reflector's timestamp
 * @received: NTP, when the reflector had the probe
 * @sender_stamp: NTP, timestamp of the probe
 * @sequence: of the reflector
 * @sender_sequence: of the probe
 * @ssid: of the session, also if the answer had none
 * @pad: 0
 */
struct stamp_answer {
	__u64 heard;
	__u64 sent;
	__u64 received;
	__u64 sender_stamp;
	__u32 sequence;
	__u32 sender_sequence;
	__u32 ssid;
	__u32 pad;
};

/**
 * struct stamp_pulse - do all processors of this host run?
 * @asked: CLOCK_MONOTONIC, ns, when all of them were last asked
 * @complete: when the last of them had answered
 * @used: somebody asks
 *
 * A processor that stands still, as that of a virtual machine may for 10 ms and
 * more, holds back the answers that it has to receive.
 */
struct stamp_pulse {
	__u64 asked;
	__u64 complete;
	__u64 used;
};

/** STAMP_SESSIONS - most sessions of a sender: its SSIDs are 1 to this - 1 */
#define STAMP_SESSIONS		4096

/*
 * Counters of the XDP reflector.  X(symbol, name): dropped ones are left to the
 * stack, where the other reflector counts them by reason.
 */
#define STAMP_XDP_COUNTERS(X)						\
	X(STAMP_XDP_ANSWERED, "answered")				\
	X(STAMP_XDP_NOT_OURS, "left-to-the-stack")

#define STAMP_XDP_SYMBOL(symbol, name) symbol,
enum stamp_xdp_counter { STAMP_XDP_COUNTERS(STAMP_XDP_SYMBOL) STAMP_XDP_MAX };
#undef STAMP_XDP_SYMBOL

/**
 * struct stamp_xdp_key - a session that the XDP reflector answers
 * @addr: its sender, network order
 * @port: likewise
 * @ssid: network order
 */
struct stamp_xdp_key {
	__u8 addr[16];
	__be16 port;
	__be16 ssid;
};

/**
 * struct stamp_xdp_session - what it keeps of one
 * @sequence: of the next answer
 * @pad: 0
 * @seen: CLOCK_MONOTONIC, ns
 */
struct stamp_xdp_session {
	__u32 sequence;
	__u32 pad;
	__u64 seen;
};

/**
 * struct stamp_xdp_clock - its clock
 * @offset: CLOCK_REALTIME less CLOCK_MONOTONIC, ns
 * @error: error estimate to send
 * @pad: 0
 */
struct stamp_xdp_clock {
	__u64 offset;
	__u32 error;
	__u32 pad;
};

#endif /* CATS_STAMP_H */
