/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIDs as routes with the stock kernel's seg6local encapsulation. */
#ifndef CATS_SEG6LOCAL_H
#define CATS_SEG6LOCAL_H

#include "fib.h"
#include "sid.h"

/**
 * cats_seg6local_route - install the route that is a SID
 * @nl: rtnetlink
 * @sid: SID
 * @ifindex: device of the route, which it goes with; packets need not take it
 * @replace: one that exists is changed at once
 *
 * Return: 0; -EEXIST if there is a route; another negative errno.
 */
int cats_seg6local_route(struct cats_netlink *nl, const struct cats_sid *sid,
			 uint32_t ifindex, bool replace);

/** cats_seg6local_del - remove the route. */
int cats_seg6local_del(struct cats_netlink *nl, const struct cats_sid *sid);

/** cats_seg6local_dump - routes of ours, for cats_seg6local_next(). */
int cats_seg6local_dump(struct cats_netlink *nl, struct cats_dump *dump);

/** cats_seg6local_decode - is this route a SID?  Reads it, if so. */
bool cats_seg6local_decode(const struct cats_fib_route *route,
			   struct cats_sid *sid);

/** cats_seg6local_next - the next SID of a dump; false at the end. */
bool cats_seg6local_next(struct cats_dump *dump, struct cats_sid *sid);

#endif /* CATS_SEG6LOCAL_H */
