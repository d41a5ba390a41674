/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a route as it is wanted to one that packets follow. */
#ifndef CATS_ROUTE_DRAFT_H
#define CATS_ROUTE_DRAFT_H

#include "route.h"

/**
 * cats_route_commit - compile @spec, write it beside what is there, put it in
 * force with one store
 * @f: forwarder, writing
 * @spec: checked; ids are set here
 * @id: service to be changed, 0 for a new one
 *
 * All or nothing: what can fail comes before what packets see.
 *
 * Return: 0; -ENOSPC when a table is full; another negative errno; with a
 * message.
 */
int cats_route_commit(struct cats_forwarder *f, struct cats_route_spec *spec,
		      uint32_t id);

/**
 * cats_nexthop_retire - a next hop has left its route
 * @f: forwarder, writing
 * @service: the route
 * @id: next hop
 * @path_id: path it had
 *
 * What it carried goes on counting for route and policy; its id rests.
 */
void cats_nexthop_retire(struct cats_forwarder *f,
			 struct cats_service *service, uint32_t id,
			 uint32_t path_id);

#endif /* CATS_ROUTE_DRAFT_H */
