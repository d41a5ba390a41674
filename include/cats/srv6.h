/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * SRv6 encapsulation as it stands on the wire (RFC 8754 section 2, RFC 8986
 * section 5).  Offsets, not structs: the headers are copied in 64-bit steps
 * behind a 14-byte Ethernet header, where no C struct is aligned.
 */
#ifndef CATS_SRV6_H
#define CATS_SRV6_H

/** CATS_SEGS_MAX - most segments of a path, the service SID included. */
#define CATS_SEGS_MAX		10

#define CATS_IP6_LEN		40	/* RFC 8200 section 3 */
#define CATS_IP6_PLEN		4	/* payload length, 16 bits */
#define CATS_IP6_NEXTHDR	6
#define CATS_IP6_HOPLIMIT	7
#define CATS_IP6_SADDR		8
#define CATS_IP6_DADDR		24

#define CATS_SRH_LEN		8	/* without segments, RFC 8754 2 */
#define CATS_SRH_NEXTHDR	(CATS_IP6_LEN + 0)
#define CATS_SRH_HDRLEN		(CATS_IP6_LEN + 1)
#define CATS_SRH_TYPE		(CATS_IP6_LEN + 2)
#define CATS_SRH_SEGLEFT	(CATS_IP6_LEN + 3)
#define CATS_SRH_LASTENTRY	(CATS_IP6_LEN + 4)
#define CATS_SRH_SEGMENTS	(CATS_IP6_LEN + CATS_SRH_LEN)

#define CATS_SRH_ROUTING_TYPE	4	/* IANA routing type of the SRH */

/** CATS_OUTER_MAX - longest outer header: IPv6 and a full SRH. */
#define CATS_OUTER_MAX \
	(CATS_IP6_LEN + CATS_SRH_LEN + 16 * CATS_SEGS_MAX)

/** CATS_OUTER_HOPLIMIT - RFC 2473 6.3: independent of the inner one. */
#define CATS_OUTER_HOPLIMIT	64

#endif /* CATS_SRV6_H */
