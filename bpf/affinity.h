/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4: flow affinity (RFC 10053 4.4, draft-fu-cats-flow-lb 5.4 steps 3 and
 * 4).  The interface is three functions: the key of a flow, the next hop a
 * known flow has, and remembering a new one.
 *
 * The flow table is set-associative: a flow may stand in any of the five
 * entries of one bucket, which is one cache line.  A full bucket gives up the
 * flow that has been idle longest.  The clock has a resolution of 1 ms and is
 * read once per packet.
 */
#ifndef CATS_BPF_AFFINITY_H
#define CATS_BPF_AFFINITY_H

#include "maps.h"
#include "packet.h"

/* Refresh an entry no more often than this, to keep its cache line shared. */
#define CATS_FLOW_REFRESH	256

/* Fragments of a datagram follow its first one for this long (RFC 8200 4.5) */
#define CATS_FRAGMENT_TICKS	(60u * 1000000000 >> CATS_TICK_SHIFT)

static __always_inline __u32 cats_flow_clock(void)
{
	return bpf_ktime_get_coarse_ns() >> CATS_TICK_SHIFT;
}

/* Fields of the flow, without its ports and protocol. */
static __always_inline __u64 cats_flow_addresses(const struct cats_packet *pkt)
{
	__u64 sum = pkt->service_hash +
		    cats_hash_word(pkt->saddr_hi, cats_hash_key[3]) +
		    cats_hash_word(pkt->saddr_lo, cats_hash_key[4]);

	/* the key of a host route has the destination in its hash already */
	if (!pkt->host_route && pkt->affinity != CATS_AFFINITY_SRC)
		sum += cats_hash_word(pkt->daddr_hi, cats_hash_key[6]) +
		       cats_hash_word(pkt->daddr_lo, cats_hash_key[7]);
	return sum;
}

/*
 * Flow hash and flow label.  The label comes from the 5-tuple even where the
 * affinity is coarser, so that the underlay can spread the flows of one client
 * (RFC 6438 3).  All fragments have the label of the 3-tuple, the first one
 * too: a datagram takes one path (RFC 6437 3).
 */
static __always_inline void cats_flow_hash(struct cats_packet *pkt)
{
	__u64 sum = cats_flow_addresses(pkt);
	__u64 proto = (__u64)pkt->proto << 32;
	__u64 full = cats_hash_final(sum + cats_hash_word(proto | pkt->ports,
							  cats_hash_key[5]));

	pkt->hash = full;
	if (pkt->affinity == CATS_AFFINITY_3TUPLE ||
	    pkt->flags & CATS_PACKET_FRAGMENT)
		full = cats_hash_final(sum +
				       cats_hash_word(proto, cats_hash_key[5]));
	pkt->label = pkt->flags & CATS_PACKET_FRAGMENT ? full : pkt->hash;
	pkt->label &= 0xfffff;
	/* 0 would say that there is no label */
	pkt->label += !pkt->label;
	if (pkt->affinity == CATS_AFFINITY_3TUPLE)
		pkt->hash = full;
	else if (pkt->affinity != CATS_AFFINITY_5TUPLE)
		pkt->hash = cats_hash_final(sum);
}

/* Identification of a datagram, as a key beside those of the flows. */
static __always_inline __u64 cats_fragment_hash(const struct cats_packet *pkt)
{
	__u64 id = (1ull << 63) | (__u64)pkt->proto << 32 | pkt->fragment;

	return cats_hash_final(cats_flow_addresses(pkt) +
			       cats_hash_word(id, cats_hash_key[5]));
}

static __always_inline struct cats_flow_bucket *cats_flow_bucket(__u64 hash,
								  __u32 *nr)
{
	*nr = hash & (CATS_FLOW_BUCKETS - 1);
	return bpf_map_lookup_elem(&cats_flow, nr);
}

/* Return: the lower half of the flow's entry, or 0 if it is not known. */
static __always_inline __u32 cats_flow_lookup(const struct cats_packet *pkt,
					      __u64 hash, __u32 timeout)
{
	struct cats_flow_bucket *bucket;
	__u32 nr, age;
	int i;

	bucket = cats_flow_bucket(hash, &nr);
	if (!bucket)
		return 0;
#pragma unroll
	for (i = 0; i < CATS_FLOW_WAYS; i++) {
		__u64 entry = *(volatile __u64 *)&bucket->entry[i];

		if (entry >> 32 != hash >> 32 || !(__u32)entry)
			continue;
		age = pkt->now - *(volatile __u32 *)&bucket->seen[i];
		/* another CPU's clock may be a tick ahead of ours */
		if ((__s32)age > (__s32)timeout)
			return 0;
		if ((__s32)age > CATS_FLOW_REFRESH)
			*(volatile __u32 *)&bucket->seen[i] = pkt->now;
		return entry;
	}
	return 0;
}

/* The flow's own entry if there is one, else a free one, else the oldest. */
static __always_inline __u32 cats_flow_victim(const struct cats_packet *pkt,
					      struct cats_flow_bucket *bucket,
					      __u64 hash)
{
	__u32 way = 0, oldest = 0;
	int i;

#pragma unroll
	for (i = 0; i < CATS_FLOW_WAYS; i++) {
		__u64 entry = *(volatile __u64 *)&bucket->entry[i];
		__u32 age = pkt->now - bucket->seen[i];

		if (!entry)
			age = 0xfffffffe;
		else if (entry >> 32 == hash >> 32)
			age = 0xffffffff;
		else if ((__s32)age < 0)
			age = 0;
		if (age > oldest) {
			oldest = age;
			way = i;
		}
	}
	return way;
}

static __always_inline void cats_flow_describe(const struct cats_packet *pkt,
					       __u32 at, __u8 flags)
{
	struct cats_flow_key *key = bpf_map_lookup_elem(&cats_flow_key, &at);
	__u64 *saddr, *daddr;

	if (!key)
		return;
	saddr = (__u64 *)key->saddr;
	daddr = (__u64 *)key->daddr;
	if (pkt->family == CATS_FAMILY_IPV6) {
		saddr[0] = bpf_cpu_to_be64(pkt->saddr_hi);
		saddr[1] = bpf_cpu_to_be64(pkt->saddr_lo);
		daddr[0] = bpf_cpu_to_be64(pkt->daddr_hi);
		daddr[1] = bpf_cpu_to_be64(pkt->daddr_lo);
	} else {
		saddr[0] = bpf_cpu_to_be64(pkt->saddr_lo << 32);
		daddr[0] = bpf_cpu_to_be64(pkt->daddr_lo << 32);
	}
	key->sport = pkt->ports >> 16;
	key->dport = pkt->ports;
	if (pkt->affinity != CATS_AFFINITY_5TUPLE)
		*(__u32 *)&key->sport = 0;
	if (flags & CATS_FLOW_FRAGMENT)
		*(__u32 *)&key->sport = pkt->fragment;
	key->service = pkt->service;
	key->family = pkt->family;
	key->proto = pkt->affinity <= CATS_AFFINITY_3TUPLE ? pkt->proto : 0;
	key->flags = flags;
}

/*
 * Remember @ref for @hash.  Two CPUs may race for an entry: the compare and
 * exchange lets one of them win, the other leaves its flow to be placed again
 * by the same table.
 */
static __always_inline enum cats_extra
cats_flow_insert(const struct cats_packet *pkt, __u64 hash, __u32 ref,
		 __u8 flags)
{
	struct cats_flow_bucket *bucket;
	__u64 old, entry = hash >> 32 << 32 | ref;
	__u32 nr, way, age;

	bucket = cats_flow_bucket(hash, &nr);
	if (!bucket)
		return CATS_EXTRA_FLOW_BUSY;
	way = cats_flow_victim(pkt, bucket, hash);
	if (way >= CATS_FLOW_WAYS)
		return CATS_EXTRA_FLOW_BUSY;
	old = *(volatile __u64 *)&bucket->entry[way];
	age = pkt->now - bucket->seen[way];
	bucket->seen[way] = pkt->now;
	if (__sync_val_compare_and_swap(&bucket->entry[way], old, entry) != old)
		return CATS_EXTRA_FLOW_BUSY;
	cats_flow_describe(pkt, nr * CATS_FLOW_WAYS + way, flags);
	return old && old >> 32 != hash >> 32 && age <= pkt->timeout ?
		       CATS_EXTRA_FLOW_EVICTED :
		       CATS_EXTRA_FLOW_NEW;
}

#endif /* CATS_BPF_AFFINITY_H */
