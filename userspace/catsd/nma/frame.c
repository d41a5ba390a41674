// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "error.h"
#include "frame.h"
#include "path.h"
#include "policy.h"

static uint32_t find_policy(struct cats_forwarder *f, const char *name)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	while ((policy = cats_table_each(&f->policy, &id)))
		if (policy->used && !strcmp(policy->name, name))
			return id;
	return 0;
}

/* The service SID's place is the endpoint's: there the probe is answered. */
static void take_headers(struct nma_route *route,
			 const struct cats_encap *encap)
{
	memcpy(route->hdr, encap->hdr, sizeof(route->hdr));
	route->len = encap->len;
	route->srh = encap->flags & CATS_ENCAP_SRH;
	route->resolved = encap->flags & CATS_ENCAP_RESOLVED;
	route->ifindex = encap->ifindex;
	memcpy(route->eth, encap->eth, sizeof(route->eth));
	if (encap->flags & CATS_ENCAP_SID_DADDR)
		memcpy(route->hdr + CATS_IP6_DADDR, &route->endpoint, 16);
	if (encap->flags & CATS_ENCAP_SID_SRH)
		memcpy(route->hdr + CATS_SRH_SEGMENTS, &route->endpoint, 16);
	memcpy(&route->source, route->hdr + CATS_IP6_SADDR, 16);
	memcpy(&route->first, route->hdr + CATS_IP6_DADDR, 16);
}

int nma_route_find(struct cats_forwarder *f, const char *policy,
		   const struct in6_addr *endpoint, struct nma_route *route)
{
	const struct cats_policy_conf *conf;
	struct cats_encap encap;
	struct cats_path *path;
	int ret;

	memset(route, 0, sizeof(*route));
	route->policy = find_policy(f, policy);
	conf = cats_policy_conf(f, route->policy);
	if (!conf)
		return cats_error(ENOENT, "policy %s does not exist", policy);
	route->state = route->policy;
	memcpy(&route->endpoint, endpoint ? (const void *)endpoint :
					    conf->endpoint, 16);
	if (IN6_IS_ADDR_UNSPECIFIED(&route->endpoint))
		return cats_error(EDESTADDRREQ, "policy %s has no endpoint, and none is given",
				  policy);
	path = conf->path ? cats_table_at(&f->path, conf->path) : NULL;
	if (path) {
		take_headers(route, &path->encap[path->sel & 1]);
		return 0;
	}
	ret = cats_path_build(f, conf, route->endpoint.s6_addr, &encap);
	if (!ret)
		take_headers(route, &encap);
	return ret;
}

static uint32_t sum16(const uint8_t *at, uint32_t len, uint32_t sum)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += at[i] << 8 | at[i + 1];
	return len & 1 ? sum + (at[len - 1] << 8) : sum;
}

/* RFC 8200 8.1: the pseudo-header has the final destination. */
static uint16_t checksum(const struct nma_route *route, const uint8_t *udp,
			 uint32_t len)
{
	uint32_t sum = len + IPPROTO_UDP;

	sum = sum16(route->source.s6_addr, 16, sum);
	sum = sum16(route->endpoint.s6_addr, 16, sum);
	sum = sum16(udp, len, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? 0xffff : ~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

uint32_t nma_frame_write(const struct nma_route *route, uint8_t *frame,
			 uint32_t label, uint8_t dscp, uint16_t sport,
			 uint16_t dport, const uint8_t *probe, uint32_t len)
{
	uint8_t *ip = frame + NMA_ETH, *udp = ip + route->len;
	uint32_t word = htonl(6u << 28 | (uint32_t)dscp << 22 | label);

	memcpy(frame, route->eth, NMA_ETH);
	memcpy(ip, route->hdr, route->len);
	memcpy(ip, &word, sizeof(word));
	put16(ip + CATS_IP6_PLEN, route->len - CATS_IP6_LEN + NMA_UDP + len);
	ip[CATS_IP6_NEXTHDR] = route->srh ? IPPROTO_ROUTING : IPPROTO_UDP;
	ip[CATS_IP6_HOPLIMIT] = CATS_OUTER_HOPLIMIT;
	if (route->srh)
		ip[CATS_SRH_NEXTHDR] = IPPROTO_UDP;
	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, NMA_UDP + len);
	put16(udp + 6, 0);
	memcpy(udp + NMA_UDP, probe, len);
	put16(udp + 6, checksum(route, udp, NMA_UDP + len));
	return NMA_ETH + route->len + NMA_UDP + len;
}
