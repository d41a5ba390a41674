/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes: (VRF-ID, CS-ID prefix) to next hops, the draft's Figure 2, and the
 * forwarding tables they are compiled to, Figure 3.
 */
#ifndef CATS_ROUTE_H
#define CATS_ROUTE_H

#include "forwarder.h"
#include "fwd.h"

/**
 * struct cats_nexthop_spec - a next hop as it is wanted
 * @sid: service SID, network order
 * @instance: CSCI-ID, :: when not given
 * @policy: id of the SR policy
 * @weight: load sharing ratio
 * @state: enum cats_nexthop_state
 * @id: next hop that goes on under its id, 0 for a new one
 */
struct cats_nexthop_spec {
	uint8_t sid[16];
	uint8_t instance[16];
	uint32_t policy;
	uint16_t weight;
	uint8_t state;
	uint32_t id;
};

/**
 * struct cats_route_spec - a route as it is wanted
 * @key: what it matches
 * @conf: affinity, flags, timeout_s, compiler, track, size_wanted, proto
 * @nexthop: next hops, in the order of the routing table
 * @nexthops: how many
 * @may_rest: all weights may be 0: known flows go on, new ones are dropped
 */
struct cats_route_spec {
	struct cats_service_key key;
	struct cats_service_conf conf;
	struct cats_nexthop_spec nexthop[CATS_NEXTHOPS_MAX];
	uint32_t nexthops;
	bool may_rest;
};

/** cats_route_spec_sid - its next hop with that service SID, or NULL */
struct cats_nexthop_spec *cats_route_spec_sid(struct cats_route_spec *spec,
					      const uint8_t *sid);

/** enum cats_route_change - what a command wants */
enum cats_route_change {
	CATS_ROUTE_ADD,		/* must not exist */
	CATS_ROUTE_REPLACE,	/* may exist */
	CATS_ROUTE_APPEND,	/* next hops are added to those it has */
};

/**
 * cats_route_set - add, replace or append to a route
 * @f: forwarder, writing
 * @spec: the route; ids of its next hops are set here
 * @change: which
 *
 * Known next hops, by service SID, keep their id and state, and so their
 * flows.  The table is compiled and written beside the old one; one store puts
 * all of it in force.
 *
 * Return: 0; -EEXIST, -ENOENT, -EINVAL, -ENOSPC, with a message; then nothing
 * has changed.
 */
int cats_route_set(struct cats_forwarder *f, struct cats_route_spec *spec,
		   enum cats_route_change change);

/** cats_route_del - remove the route with exactly @key; -ENOENT. */
int cats_route_del(struct cats_forwarder *f,
		   const struct cats_service_key *key);

/**
 * cats_nexthop_set - change state or weight of one next hop
 * @f: forwarder, writing
 * @key: route
 * @sid: service SID
 * @state: enum cats_nexthop_state, or -1 to leave it
 * @weight: or -1 to leave it
 */
int cats_nexthop_set(struct cats_forwarder *f,
		     const struct cats_service_key *key, const uint8_t *sid,
		     int state, int weight);

/** cats_route_read - fill @spec from service @id, with ids of next hops. */
void cats_route_read(struct cats_forwarder *f, uint32_t id,
		     struct cats_route_spec *spec);

/** cats_route_each - next route that packets can find; see cats_table_each() */
struct cats_service *cats_route_each(struct cats_forwarder *f, uint32_t *id);

/**
 * struct cats_walk - walk over the next hops of a route
 * @f: forwarder
 * @next: id of the next one
 * @id: id of the current one
 * @sel: half in force
 * @left: guard against a damaged list
 */
struct cats_walk {
	struct cats_forwarder *f;
	uint32_t next;
	uint32_t id;
	uint32_t sel;
	uint32_t left;
};

/** cats_walk_start - begin at the first next hop of @service. */
void cats_walk_start(struct cats_walk *walk, struct cats_forwarder *f,
		     const struct cats_service *service);
/** cats_walk_next - the next hop, NULL at the end. */
struct cats_nexthop *cats_walk_next(struct cats_walk *walk);

/** cats_nexthop_total - what next hop @id carried, over all CPUs. */
void cats_nexthop_total(struct cats_forwarder *f, uint32_t id,
			struct cats_counter *total);

/** cats_nexthop_zero - start counting next hop @id afresh. */
void cats_nexthop_zero(struct cats_forwarder *f, uint32_t id);

/** cats_slot_at - next hop id in slot @at of the tables, 0 if there is none */
uint32_t cats_slot_at(struct cats_forwarder *f, uint32_t at);

#endif /* CATS_ROUTE_H */
