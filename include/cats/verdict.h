/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * How a packet's way through a forwarder ends, ingress (XDP) or egress (cats.ko).
 * Every packet ends in exactly one reason; the reason indexes a counter, names
 * itself in `cats stats` and is sampled to `cats monitor` (ingress).
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
 * @CATS_DISP_DELIVERED: decapsulated and sent on, by an egress forwarder
 * @CATS_DISP_CONSUMED: taken by somebody who sends it on, or answers it
 */
enum cats_disposition {
	CATS_DISP_STEERED,
	CATS_DISP_PASSED,
	CATS_DISP_DROPPED,
	CATS_DISP_DELIVERED,
	CATS_DISP_CONSUMED,
};

/*
 * X(number, symbol, name, disposition, meaning): the one table of reasons, in
 * two parts, of which the kernel module knows the second only.
 */
#define CATS_REASONS(X)							\
	CATS_REASONS_OF_INGRESS(X)					\
	CATS_REASONS_OF_EGRESS(X)

#define CATS_REASONS_OF_INGRESS(X)					\
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
	  "a table refers to an entry that is not there")		\
	X(42, CATS_DROP_PATH_DOWN, "path-down", CATS_DISP_DROPPED,	\
	  "the paths to all next hops that take flows are down")	\
	X(48, CATS_CONSUMED_ASKED, "asked", CATS_DISP_CONSUMED,		\
	  "a new flow: the C-PS places it, and sends the packet on")

#define CATS_REASONS_OF_EGRESS(X)					\
	X(96, CATS_DELIVERED, "delivered", CATS_DISP_DELIVERED,		\
	  "decapsulated and sent to the instance, or to the table")	\
	X(97, CATS_DROP_NOT_IPV6, "not-srv6", CATS_DISP_DROPPED,	\
	  "routed to a cats device, but not an IPv6 packet")		\
	X(98, CATS_DROP_NO_SID, "no-sid", CATS_DISP_DROPPED,		\
	  "routed to a cats device that has no such SID")		\
	X(99, CATS_DROP_OUTER, "outer-malformed", CATS_DISP_DROPPED,	\
	  "to a SID, with a header chain truncated or impossible")	\
	X(100, CATS_DROP_FRAGMENT, "outer-fragment", CATS_DISP_DROPPED,	\
	  "to a SID, and the outer packet is a fragment")		\
	X(101, CATS_DROP_SRH, "srh-malformed", CATS_DISP_DROPPED,	\
	  "to a SID, with impossible lengths in the SRH or a TLV")	\
	X(102, CATS_DROP_SEGMENTS_LEFT, "segments-left", CATS_DISP_DROPPED, \
	  "to a SID that must be last, with segments left")		\
	X(103, CATS_DROP_UPPER_LAYER, "upper-layer", CATS_DISP_DROPPED,	\
	  "does not carry what the behavior decapsulates")		\
	X(104, CATS_DROP_HMAC, "hmac", CATS_DISP_DROPPED,		\
	  "the HMAC the receiving interface asks for is wrong")		\
	X(105, CATS_DROP_ECN, "ecn", CATS_DISP_DROPPED,			\
	  "congestion marked outside, not ECN-capable inside")		\
	X(106, CATS_DROP_INNER, "inner-malformed", CATS_DISP_DROPPED,	\
	  "the inner packet is truncated or impossible")		\
	X(107, CATS_DROP_INNER_HOP_LIMIT, "inner-hop-limit", CATS_DISP_DROPPED, \
	  "inner hop limit or TTL exceeded; ICMP error")		\
	X(108, CATS_DROP_INNER_TOO_BIG, "inner-too-big", CATS_DISP_DROPPED, \
	  "above the MTU towards the instance; ICMP error")		\
	X(109, CATS_DROP_NO_NEXTHOP, "no-nexthop", CATS_DISP_DROPPED,	\
	  "no route to the next hop of the SID")			\
	X(110, CATS_DROP_NO_VRF, "no-vrf", CATS_DISP_DROPPED,		\
	  "the VRF of the SID is gone")					\
	X(111, CATS_DROP_CS_ID, "not-its-cs-id", CATS_DISP_DROPPED,	\
	  "not to a CS-ID the instance may serve")			\
	X(112, CATS_DROP_DOWN, "instance-down", CATS_DISP_DROPPED,	\
	  "the instance is down")					\
	X(113, CATS_DROP_DRAIN, "instance-drain", CATS_DISP_DROPPED,	\
	  "a new flow, to an instance that is draining")		\
	X(114, CATS_DROP_FLOW_LIMIT, "flow-limit", CATS_DISP_DROPPED,	\
	  "a new flow, to an instance at its limit")			\
	X(115, CATS_DROP_FLOW_TABLE, "flow-table-full", CATS_DISP_DROPPED, \
	  "a new flow, not trackable, to an instance with a limit")	\
	X(116, CATS_DROP_NO_MEMORY, "no-memory", CATS_DISP_DROPPED,	\
	  "no memory for the packet")

#define CATS_REASON_SYMBOL(nr, symbol, name, disp, text) symbol = nr,

/** enum cats_reason - see CATS_REASONS for the meaning of each. */
enum cats_reason {
	CATS_REASONS(CATS_REASON_SYMBOL)
};

#undef CATS_REASON_SYMBOL

/** CATS_REASON_EGRESS - the first reason of an egress forwarder. */
#define CATS_REASON_EGRESS	96

/* An element of an array of names, by the distance from the first. */
#define CATS_REASON_EGRESS_NAME(nr, symbol, name, disp, text)		\
	[(nr) - CATS_REASON_EGRESS] = name,

/** CATS_REASON_MAX - size of the reason space, and of a CPU's counter row. */
#define CATS_REASON_MAX		128

#endif /* CATS_VERDICT_H */
