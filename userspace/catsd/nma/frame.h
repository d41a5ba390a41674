/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes as they leave: on exactly the way that the policy's traffic takes. */
#ifndef CATSD_NMA_FRAME_H
#define CATSD_NMA_FRAME_H

#include <netinet/in.h>

#include "forwarder.h"
#include "stamp.h"

#define NMA_ETH		14
#define NMA_UDP		8

/** NMA_FRAME_MAX - Ethernet, outer headers, UDP, probe with its padding */
#define NMA_FRAME_MAX	(NMA_ETH + CATS_OUTER_MAX + NMA_UDP + 1600)

/**
 * struct nma_route - how to get to a policy's endpoint
 * @policy: id of the policy
 * @state: index of its struct cats_path_state
 * @ifindex: device, if @resolved
 * @resolved: @eth is valid: sent past the stack, as the data plane does it
 * @eth: Ethernet header
 * @hdr: outer IPv6 header and SRH, the endpoint in the place of the SID
 * @len: of @hdr
 * @srh: there is an SRH
 * @source: of the probes; the answers go there
 * @first: address the packet is sent to
 * @endpoint: who answers
 */
struct nma_route {
	uint32_t policy;
	uint32_t state;
	uint32_t ifindex;
	bool resolved;
	bool srh;
	uint8_t eth[NMA_ETH];
	uint8_t hdr[CATS_OUTER_MAX];
	uint32_t len;
	struct in6_addr source;
	struct in6_addr first;
	struct in6_addr endpoint;
};

/**
 * nma_route_find - headers of a policy, by its name
 * @f: forwarder, locked
 * @policy: name
 * @endpoint: who answers; NULL: the policy's endpoint
 * @route: result
 *
 * Return: 0; -ENOENT without policy, -EDESTADDRREQ without endpoint, another
 * negative errno; with a message.
 */
int nma_route_find(struct cats_forwarder *f, const char *policy,
		   const struct in6_addr *endpoint, struct nma_route *route);

/**
 * nma_frame_write - put all headers in front of a probe
 * @route: where it goes
 * @frame: result, NMA_FRAME_MAX bytes
 * @label: flow label
 * @dscp: of the packet
 * @sport: UDP ports, host order
 * @dport: likewise
 * @probe: UDP payload
 * @len: its length
 *
 * Return: length of the frame, Ethernet header included.
 */
uint32_t nma_frame_write(const struct nma_route *route, uint8_t *frame,
			 uint32_t label, uint8_t dscp, uint16_t sport,
			 uint16_t dport, const uint8_t *probe, uint32_t len);

#endif /* CATSD_NMA_FRAME_H */
