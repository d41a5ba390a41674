/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes "NH via NH onlink" for the stock End.DX4.  For a next hop on the link
 * the kernel asks ARP for the destination of the inner packet, the anycast
 * CS-ID, which any instance on the link may answer for.  For a gateway it asks
 * for the gateway, and a host may be its own.
 */
#ifndef CATS_ONLINK_H
#define CATS_ONLINK_H

#include "netlink.h"

/**
 * cats_onlink_add - have packets to a next hop resolve the next hop
 * @nl: rtnetlink
 * @nh4: next hop
 * @ifindex: device it is at
 * @added: the route was not there; to be undone with cats_onlink_release()
 *
 * A next hop that is behind a gateway needs no such route.
 *
 * Return: 0 or a negative errno with a message.
 */
int cats_onlink_add(struct cats_netlink *nl, const uint8_t *nh4,
		    uint32_t ifindex, bool *added);

/** cats_onlink_del - remove the route, if there is one. */
int cats_onlink_del(struct cats_netlink *nl, const uint8_t *nh4);

/** cats_onlink_release - remove the route unless a SID still needs it. */
int cats_onlink_release(struct cats_netlink *nl, const uint8_t *nh4);

#endif /* CATS_ONLINK_H */
