/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a C-PS decided, as it stands in the store below decision/: the draft's
 * Figure 2, for the loader to turn into a route.
 */
#ifndef CATS_DECISION_H
#define CATS_DECISION_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdint.h>

#include <cats/maps.h>

#include "store.h"

#define DECISION_PREFIX	"decision/"

/** DECISION_SITE_MAX - name of a site, with its end */
#define DECISION_SITE_MAX	64

/**
 * struct decision_nexthop - a next hop
 * @policy: name of the SR policy
 * @sid: service SID
 * @instance: CSCI-ID, IPv4-mapped
 * @site: that has the instance; "": the record does not say
 * @weight: load sharing ratio; 0: it keeps the flows it has
 */
struct decision_nexthop {
	char policy[CATS_POLICY_NAME];
	uint8_t sid[16];
	uint8_t instance[16];
	char site[DECISION_SITE_MAX];
	uint16_t weight;
};

/**
 * struct decision_route - how the route is made
 * @affinity: enum cats_affinity
 * @compiler: enum cats_compiler
 * @mode: 0: table; 1: control, new flows are placed one by one
 * @timeout_s: of affinity
 * @size: of the table; 0: chosen
 */
struct decision_route {
	uint8_t affinity;
	uint8_t compiler;
	uint8_t mode;
	uint32_t timeout_s;
	uint32_t size;
};

/**
 * struct decision - all of a record
 * @csid: CS-ID, IPv4-mapped
 * @vrf: VRF-ID
 * @sequence: of the decisions of this service
 * @policy: it was selected by
 * @route: how
 * @nexthops: length of @nexthop
 * @nexthop: next hops; what a route has besides keeps its flows, no more
 * @gones: length of @gone
 * @gone: service SIDs that are dead: their flows move
 */
struct decision {
	uint8_t csid[16];
	uint32_t vrf;
	uint64_t sequence;
	char policy[32];
	struct decision_route route;
	uint32_t nexthops;
	struct decision_nexthop nexthop[CATS_NEXTHOPS_MAX];
	uint32_t gones;
	uint8_t gone[CATS_NEXTHOPS_MAX][16];
};

/**
 * decision_key - key of the store
 * @key: result
 * @room: of @key
 * @vrf: VRF-ID
 * @csid: CS-ID, IPv4-mapped
 * @ingress: site of the ingress it is for; "": for all
 */
void decision_key(char *key, size_t room, uint32_t vrf, const uint8_t *csid,
		  const char *ingress);

/**
 * decision_key_parse - the other way round
 * @ingress: result, at least 64 octets
 *
 * Return: 0; -EINVAL, with a message.
 */
int decision_key_parse(const char *key, uint32_t *vrf, uint8_t *csid,
		       char *ingress);

/**
 * decision_in_force - that for @ingress, or else that for all; NULL: none
 * @ingress: site
 */
const struct store_entry *decision_in_force(struct store *store, uint32_t vrf,
					    const uint8_t *csid,
					    const char *ingress);

/** decision_route_parse - names; NULL: default; 0 or -EINVAL with a message. */
int decision_route_parse(const char *affinity, const char *table,
			 const char *mode, struct decision_route *route);

/**
 * decision_parse - read a record
 *
 * Return: 0; -EINVAL with a message that names the member; then @decision is
 * not to be used.
 */
int decision_parse(const json_t *record, struct decision *decision);

#endif /* CATS_DECISION_H */
