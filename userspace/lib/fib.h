/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes that cats makes for SIDs, and those it meets. */
#ifndef CATS_FIB_H
#define CATS_FIB_H

#include <linux/rtnetlink.h>

#include "dump.h"

/**
 * CATS_RTPROT - who made a route, in `ip route show proto 197`
 *
 * 0xc5, which neither the kernel nor a routing daemon known to iproute2 uses.
 */
#define CATS_RTPROT	197

/**
 * struct cats_fib_route - a route
 * @dst: destination; IPv4 in the first 4 bytes
 * @len: of the prefix
 * @type: RTN_UNICAST, RTN_LOCAL
 * @table: RT_TABLE_MAIN, RT_TABLE_LOCAL
 * @protocol: who made it
 * @metric: the least is taken
 * @oif: device, 0 if there is none
 * @has_gateway: it has a gateway
 * @encap_type: LWTUNNEL_ENCAP_*, 0 for none
 * @encap: its attributes, in the message that was decoded
 */
struct cats_fib_route {
	uint8_t dst[16];
	uint8_t len;
	uint8_t type;
	uint8_t table;
	uint8_t protocol;
	uint32_t metric;
	uint32_t oif;
	bool has_gateway;
	uint16_t encap_type;
	struct nlattr *encap;
};

/**
 * cats_fib_request - start a request about a route of ours
 * @type: RTM_NEWROUTE or RTM_DELROUTE
 * @flags: NLM_F_*
 * @family: AF_INET or AF_INET6
 * @route: its destination, table, device, if it has one, and type
 *
 * Return: NULL if there is no memory.
 */
struct nl_msg *cats_fib_request(int type, int flags, uint8_t family,
				const struct cats_fib_route *route);

/** cats_fib_decode - read a route. */
int cats_fib_decode(struct nlmsghdr *nlh, struct cats_fib_route *route);

/**
 * cats_fib_lookup - the route that packets to an address take
 * @nl: rtnetlink
 * @family: of @dst
 * @dst: address
 * @route: result, its @encap is NULL
 *
 * Return: 0; -ENETUNREACH without a message worth printing if there is none;
 * another negative errno.
 */
int cats_fib_lookup(struct cats_netlink *nl, uint8_t family,
		    const uint8_t *dst, struct cats_fib_route *route);

/**
 * cats_fib_dump - IPv6 routes of a table, for cats_fib_decode()
 * @nl: rtnetlink
 * @table: RT_TABLE_MAIN, RT_TABLE_LOCAL
 * @protocol: who made them; RTPROT_UNSPEC for anybody
 * @dump: result
 */
int cats_fib_dump(struct cats_netlink *nl, uint8_t table, uint8_t protocol,
		  struct cats_dump *dump);

/**
 * cats_fib_exact - the route to exactly that prefix, the local one first
 * @nl: rtnetlink
 * @dst: IPv6 address
 * @len: of the prefix
 * @route: result, its @encap is NULL
 *
 * Return: 0; -ENOENT if there is none; another negative errno.
 */
int cats_fib_exact(struct cats_netlink *nl, const uint8_t *dst, uint8_t len,
		   struct cats_fib_route *route);

/**
 * cats_fib_del - remove a route of ours
 * @nl: rtnetlink
 * @family: of @dst
 * @route: its destination and table, and device if that has to be it
 *
 * Return: 0, also if there is none; a negative errno.
 */
int cats_fib_del(struct cats_netlink *nl, uint8_t family,
		 const struct cats_fib_route *route);

#endif /* CATS_FIB_H */
