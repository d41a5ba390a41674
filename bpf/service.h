/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stages 2 and 3: the port gives the VRF-ID, (VRF-ID, CS-ID) gives the service
 * (draft-fu-cats-flow-lb 5.4, steps 1 and 2).
 *
 * The service index is a bucketed hash table in a plain array: one cache line
 * for a hit and, in an uncrowded table, one for a miss.  Prefix routes take one
 * more probe per prefix length in use.
 */
#ifndef CATS_BPF_SERVICE_H
#define CATS_BPF_SERVICE_H

#include "maps.h"
#include "packet.h"

static __always_inline const struct cats_port *cats_port_entry(__u32 ifindex)
{
	const struct cats_port *port;
	int i;

#pragma unroll
	for (i = 0; i < CATS_PORT_PROBES; i++) {
		__u32 at = (ifindex + i) & (CATS_PORTS - 1);

		port = bpf_map_lookup_elem(&cats_port, &at);
		if (port && port->ifindex == ifindex)
			return port;
	}
	return NULL;
}

static __always_inline int cats_find_port(const struct xdp_md *ctx,
					  struct cats_packet *pkt)
{
	const struct cats_port *port = cats_port_entry(ctx->ingress_ifindex);

	if (!port)
		return CATS_PASS_NOT_PORT;
	pkt->vrf = port->vrf;
	return CATS_CONTINUE;
}

static __always_inline struct cats_service *cats_service_by_id(__u32 id)
{
	return cats_table_entry(&cats_service, id, CATS_SERVICE_BITS);
}

/* Does service @id match exactly this prefix?  Compared in the key's order. */
static __always_inline struct cats_service *
cats_service_match(__u32 id, const struct cats_packet *pkt, __u32 len,
		   __u64 hi, __u64 lo)
{
	struct cats_service *service = cats_service_by_id(id);
	const __u64 *word;
	__u64 want_hi, want_lo;

	if (!service)
		return NULL;
	if (pkt->family == CATS_FAMILY_IPV6) {
		want_hi = bpf_cpu_to_be64(hi);
		want_lo = bpf_cpu_to_be64(lo);
	} else {
		want_hi = bpf_cpu_to_be64(lo << 32);
		want_lo = 0;
	}
	word = (const __u64 *)service->key.addr;
	if (service->key.vrf != pkt->vrf ||
	    service->key.family != pkt->family || service->key.len != len ||
	    word[0] != want_hi || word[1] != want_lo)
		return NULL;
	return service;
}

static __always_inline struct cats_service *
cats_service_in_bucket(struct cats_packet *pkt, __u32 nr, __u64 hash,
		       __u32 len, __u64 hi, __u64 lo, int *overflow)
{
	const struct cats_index_bucket *bucket;
	struct cats_service *service;
	__u32 tag = hash >> 32;
	int i;

	bucket = bpf_map_lookup_elem(&cats_index, &nr);
	if (!bucket)
		return NULL;
	*overflow = !!((__u32)bucket->entry[0] & CATS_INDEX_OVERFLOW);
#pragma unroll
	for (i = 0; i < CATS_INDEX_WAYS; i++) {
		__u64 entry = *(volatile __u64 *)&bucket->entry[i];

		if (entry >> 32 != tag || !CATS_INDEX_ID(entry))
			continue;
		service = cats_service_match(CATS_INDEX_ID(entry), pkt, len, hi,
					     lo);
		if (service) {
			pkt->service = CATS_INDEX_ID(entry);
			pkt->service_hash = hash;
			return service;
		}
	}
	return NULL;
}

/* One prefix length; @hi and @lo are masked to @len. */
static __always_inline struct cats_service *
cats_service_probe(struct cats_packet *pkt, __u32 len, __u64 hi, __u64 lo)
{
	__u64 hash = cats_hash_service(cats_hash_key, pkt->vrf, pkt->family,
				       len, hi, lo);
	__u32 nr = hash & (CATS_INDEX_BUCKETS - 1);
	struct cats_service *service;
	int overflow = 0;

	service = cats_service_in_bucket(pkt, nr, hash, len, hi, lo, &overflow);
	if (service || !overflow)
		return service;
	return cats_service_in_bucket(pkt, nr ^ 1, hash, len, hi, lo,
				      &overflow);
}

/*
 * Does a service match the first @len bits?  A global function: the verifier
 * takes it by itself, once, and not for each turn of the loop below.
 */
__noinline int cats_service_prefix(struct cats_packet *pkt, __u32 len)
{
	__u64 hi, lo;

	if (!pkt)
		return 0;
	if (pkt->family == CATS_FAMILY_IPV6) {
		hi = len >= 64 ? ~0ull : len ? ~0ull << (64 - len) : 0;
		lo = len > 64 ? ~0ull << (128 - len) : 0;
	} else {
		hi = 0;
		lo = len ? (__u32)(~0u << (32 - len)) : 0;
	}
	return !!cats_service_probe(pkt, len, pkt->daddr_hi & hi,
				    pkt->daddr_lo & lo);
}

/* The longest of the prefixes: lengths come from a list, long to short. */
static __noinline int cats_find_prefix(struct cats_packet *pkt,
				       const struct cats_control *control)
{
	int ip6 = pkt->family == CATS_FAMILY_IPV6;
	__u32 len = ip6 ? 129 : 33;
	int i;

	for (i = 0; i < 128; i++) {
		len = ip6 ? control->shorter6[len & 0xff] :
			    control->shorter4[len & 0x3f];
		if (len > 127)
			return 0;
		if (cats_service_prefix(pkt, len))
			return 1;
	}
	return 0;
}

/* The half that is in force is chosen once and kept for the whole packet. */
static __always_inline int cats_service_conf(const struct cats_service *service,
					     struct cats_packet *pkt)
{
	const struct cats_service_conf *conf;

	pkt->sel = *(volatile __u32 *)&service->sel & 1;
	conf = &service->conf[pkt->sel];
	if (conf->flags & CATS_SERVICE_BLACKHOLE)
		return CATS_DROP_BLACKHOLE;
	pkt->base = conf->base;
	pkt->size = conf->size;
	pkt->timeout = conf->timeout;
	pkt->affinity = conf->affinity;
	pkt->asks = conf->flags & CATS_SERVICE_CONTROL;
	return CATS_CONTINUE;
}

static __always_inline int cats_find_service(struct cats_packet *pkt,
					     const struct cats_control *control)
{
	int ip6 = pkt->family == CATS_FAMILY_IPV6;
	struct cats_service *service;

	service = cats_service_probe(pkt, ip6 ? 128 : 32, pkt->daddr_hi,
				     pkt->daddr_lo);
	pkt->host_route = 1;
	if (!service) {
		if ((ip6 ? control->shorter6[129] : control->shorter4[33]) ==
		    CATS_LEN_END)
			return CATS_PASS_NOT_SERVICE;
		pkt->host_route = 0;
		if (!cats_find_prefix(pkt, control))
			return CATS_PASS_NOT_SERVICE;
		service = cats_service_by_id(pkt->service);
	}
	if (!service)
		return CATS_PASS_NOT_SERVICE;
	return cats_service_conf(service, pkt);
}

#endif /* CATS_BPF_SERVICE_H */
