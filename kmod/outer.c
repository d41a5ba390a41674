// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outer packet: IPv6, extension headers, SRH (RFC 8200 4, RFC 8754 2).
 *
 * Errors are answered as RFC 8200 4.4 and RFC 8986 4.1 say.  The SRH is checked
 * before SL is looked at as far as its length goes, because a truncated one has
 * no SL; everything else of it is checked after.
 */
#include <linux/icmpv6.h>
#include <linux/seg6.h>
#include <net/dsfield.h>
#include <net/ipv6.h>

#include <cats/verdict.h>

#include "icmp.h"
#include "packet.h"

#define CATS_SRH_SEGMENTS_LEFT	offsetof(struct ipv6_sr_hdr, segments_left)

/* TLVs fill the rest of the SRH exactly (RFC 8754 2.1). */
static bool cats_tlvs_valid(const u8 *tlv, unsigned int len)
{
	unsigned int size;

	while (len) {
		if (!*tlv) {		/* Pad1 has no length */
			size = 1;
		} else {
			if (len < 2)
				return false;
			size = 2 + tlv[1];
		}
		if (size > len)
			return false;
		tlv += size;
		len -= size;
	}
	return true;
}

/* An SRH at @off, at least 8 bytes of which are there. */
static u16 cats_srh_parse(struct sk_buff *skb, struct cats_packet *pkt,
			  unsigned int off)
{
	const struct ipv6_sr_hdr *srh = (void *)(skb->data + off);
	unsigned int len = ipv6_optlen(srh), segments;

	if (!pskb_may_pull(skb, off + len))
		return CATS_DROP_SRH;
	srh = (void *)(skb->data + off);
	if (srh->segments_left) {
		cats_icmp_outer(skb, pkt, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD,
				off + CATS_SRH_SEGMENTS_LEFT);
		return CATS_DROP_SEGMENTS_LEFT;
	}
	/* RFC 8754 2: at most one in a packet */
	if (pkt->outer.srh)
		return CATS_DROP_SRH;
	segments = sizeof(*srh) + (srh->first_segment + 1) * 16;
	if (segments > len ||
	    !cats_tlvs_valid((const u8 *)srh + segments, len - segments))
		return CATS_DROP_SRH;
	pkt->outer.srh = off;
	pkt->outer.srh_len = len;
	return 0;
}

/* RFC 8200 4.4: a routing type one does not know matters with segments left. */
static u16 cats_routing_parse(struct sk_buff *skb, struct cats_packet *pkt,
			      unsigned int off)
{
	const struct ipv6_rt_hdr *rt = (void *)(skb->data + off);

	if (rt->type == IPV6_SRCRT_TYPE_4)
		return cats_srh_parse(skb, pkt, off);
	if (!rt->segments_left)
		return 0;
	cats_icmp_outer(skb, pkt, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD,
			off + offsetof(struct ipv6_rt_hdr, type));
	return CATS_DROP_SEGMENTS_LEFT;
}

/**
 * cats_outer_parse() - find the SRH and what the outer packet carries
 * @skb: packet, data at an IPv6 header that is there
 * @pkt: gets what was found
 *
 * Headers up to @pkt->outer.upper are linear afterwards.
 *
 * Return: 0, or the reason to drop the packet
 */
u16 cats_outer_parse(struct sk_buff *skb, struct cats_packet *pkt)
{
	unsigned int off = sizeof(struct ipv6hdr);
	unsigned int field = offsetof(struct ipv6hdr, nexthdr);
	u8 next = ipv6_hdr(skb)->nexthdr;
	int i;
	u16 reason;

	pkt->outer.dsfield = ipv6_get_dsfield(ipv6_hdr(skb));
	pkt->outer.srh = 0;
	for (i = 0; i <= CATS_EXT_HEADERS_MAX; i++) {
		if (next == NEXTHDR_FRAGMENT)
			return CATS_DROP_FRAGMENT;
		if (next != NEXTHDR_HOP && next != NEXTHDR_DEST &&
		    next != NEXTHDR_ROUTING) {
			pkt->outer.upper = off;
			pkt->outer.upper_field = field;
			pkt->outer.next = next;
			return 0;
		}
		if (!pskb_may_pull(skb, off + 8))
			return CATS_DROP_OUTER;
		if (next == NEXTHDR_ROUTING) {
			reason = cats_routing_parse(skb, pkt, off);
			if (reason)
				return reason;
		}
		field = off;
		next = skb->data[off];
		off += (skb->data[off + 1] + 1) << 3;
	}
	return CATS_DROP_OUTER;
}
