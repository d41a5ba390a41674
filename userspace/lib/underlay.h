/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's own IPv6 routes and neighbours: how to get to the first SID. */
#ifndef CATS_UNDERLAY_H
#define CATS_UNDERLAY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct cats_underlay;

/**
 * struct cats_hop - the way to an address
 * @ifindex: device
 * @mtu: of the route or the device, bytes
 * @src: source address the host would use, :: if it has none
 * @smac: of the device
 * @dmac: of the gateway or destination
 * @resolved: @smac and @dmac are valid
 * @xmit: frames can be redirected to the device
 */
struct cats_hop {
	uint32_t ifindex;
	uint32_t mtu;
	struct in6_addr src;
	uint8_t smac[6];
	uint8_t dmac[6];
	bool resolved;
	bool xmit;
};

/** cats_underlay_open - rtnetlink socket; NULL with a message. */
struct cats_underlay *cats_underlay_open(void);
/** cats_underlay_close - NULL is fine. */
void cats_underlay_close(struct cats_underlay *u);

/**
 * cats_underlay_hurry - do not wait for neighbours: ask for them, and go on
 *
 * For who is told when they have answered.
 */
void cats_underlay_hurry(struct cats_underlay *u);

/**
 * cats_underlay_hop - look up the way to @dst
 * @u: underlay
 * @dst: first SID of a path
 * @via: gateway, or NULL to ask the host's routes
 * @oif: device, or 0 to ask the host's routes
 * @hop: result
 *
 * An unresolved neighbour is asked for, and waited for up to a quarter of a
 * second, once per neighbour and @u.
 *
 * Return: 0, resolved or not; -ENETUNREACH if there is no route; another
 * negative errno; with a message.
 */
int cats_underlay_hop(struct cats_underlay *u, const struct in6_addr *dst,
		      const struct in6_addr *via, uint32_t oif,
		      struct cats_hop *hop);

#endif /* CATS_UNDERLAY_H */
