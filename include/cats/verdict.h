/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * How a packet's way through the ingress forwarder ends.  Every packet ends in
 * exactly one reason; the reason indexes a counter, names itself in `cats
 * stats` and is sampled to `cats monitor`.
 *
 * Ranges: 0-63 core, 64-95 AI profiles, 96-127 egress.
 */
#ifndef CATS_VERDICT_H
#define CATS_VERDICT_H

/**
 * enum cats_disposition - what became of a packet
 * @CATS_DISP_STEERED: encapsulated towards a service contact instance
 * @CATS_DISP_PASSED: left to the host's stack as it came (RFC 10053 5.1)
 * @CATS_DISP_DROPPED: discarded; some reasons answer with an ICMP error
 */
enum cats_disposition {
	CATS_DISP_STEERED,
	CATS_DISP_PASSED,
	CATS_DISP_DROPPED,
};

/*
 * X(number, symbol, name, disposition, meaning): the one table of reasons.
 */
#define CATS_REASONS(X)							\
	X(0, CATS_STEERED, "steered", CATS_DISP_STEERED,		\
	  "encapsulated and sent to the next hop")			\
	X(1, CATS_STEERED_STACK, "steered-by-stack", CATS_DISP_STEERED,	\
	  "encapsulated; the stack resolves the neighbour and forwards") \
	X(2, CATS_STEERED_FRAGS, "steered-multi-buffer", CATS_DISP_STEERED, \
	  "encapsulated; a multi-buffer frame, the stack forwards")	\
	X(16, CATS_PASS_NOT_PORT, "not-port", CATS_DISP_PASSED,		\
	  "received on a device that has no port entry")		\
	X(17, CATS_PASS_NOT_IP, "not-ip", CATS_DISP_PASSED,		\
	  "neither IPv4 nor IPv6")					\
	X(18, CATS_PASS_NOT_SERVICE, "not-service", CATS_DISP_PASSED,	\
	  "no route for this VRF-ID and destination")			\
	X(32, CATS_DROP_NO_INSTANCE, "no-instance", CATS_DISP_DROPPED,	\
	  "the route has no next hop that takes this flow")		\
	X(33, CATS_DROP_BLACKHOLE, "blackhole", CATS_DISP_DROPPED,	\
	  "the route is a blackhole")					\
	X(34, CATS_DROP_MALFORMED, "malformed", CATS_DISP_DROPPED,	\
	  "to a CS-ID, but truncated or with impossible lengths")	\
	X(35, CATS_DROP_ROUTING_HEADER, "routing-header", CATS_DISP_DROPPED, \
	  "to a CS-ID, with segments left in a routing header")		\
	X(36, CATS_DROP_EXT_HEADERS, "extension-headers", CATS_DISP_DROPPED, \
	  "to a CS-ID, with more extension headers than are followed")	\
	X(37, CATS_DROP_TOO_BIG, "too-big", CATS_DISP_DROPPED,		\
	  "above the policy's MTU; answered with an ICMP error")	\
	X(38, CATS_DROP_HOP_LIMIT, "hop-limit", CATS_DISP_DROPPED,	\
	  "hop limit or TTL exceeded; answered with an ICMP error")	\
	X(39, CATS_DROP_ICMP_LIMIT, "icmp-rate-limit", CATS_DISP_DROPPED, \
	  "needed an ICMP error, which the rate limit withheld")	\
	X(40, CATS_DROP_NO_ROOM, "no-headroom", CATS_DISP_DROPPED,	\
	  "the device left no room in front of the packet")		\
	X(41, CATS_DROP_STALE, "stale-table", CATS_DISP_DROPPED,	\
	  "a table refers to an entry that is not there")

#define CATS_REASON_SYMBOL(nr, symbol, name, disp, text) symbol = nr,

/** enum cats_reason - see CATS_REASONS for the meaning of each. */
enum cats_reason {
	CATS_REASONS(CATS_REASON_SYMBOL)
};

#undef CATS_REASON_SYMBOL

/** CATS_REASON_MAX - size of the reason space, and of a CPU's counter row. */
#define CATS_REASON_MAX		128

#endif /* CATS_VERDICT_H */
