/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do packets to the SIDs of cats.ko get there?  The kernel removes the routes of
 * a device that goes down or changes its VRF.
 */
#ifndef CATS_SID_ROUTE_H
#define CATS_SID_ROUTE_H

#include "fib.h"
#include "sid.h"

/**
 * struct cats_sid_routes - local routes of this host
 * @route: by destination, length and metric
 * @count: of them
 */
struct cats_sid_routes {
	struct cats_fib_route *route;
	size_t count;
};

/**
 * cats_sid_routes_read - for many SIDs; one by one the kernel knows as well
 * @nl: rtnetlink
 * @routes: result, to be freed with cats_sid_routes_free() in any case
 *
 * Return: 0 or a negative errno with a message.
 */
int cats_sid_routes_read(struct cats_netlink *nl,
			 struct cats_sid_routes *routes);

/** cats_sid_routes_free - free what was read, if anything was. */
void cats_sid_routes_free(struct cats_sid_routes *routes);

/**
 * cats_sid_find_route - fill in @routed
 * @nl: rtnetlink
 * @routes: what was read, may be empty
 * @sid: SID of cats.ko
 */
void cats_sid_find_route(struct cats_netlink *nl,
			 const struct cats_sid_routes *routes,
			 struct cats_sid *sid);

#endif /* CATS_SID_ROUTE_H */
