/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The long arguments of cats route. */
#ifndef CATS_ROUTE_PARSE_H
#define CATS_ROUTE_PARSE_H

#include "args.h"
#include "flow.h"
#include "route.h"

/**
 * struct route_request - a route as it was typed
 * @spec: what it says; the policies of the next hops are not looked up yet
 * @policy: their names
 * @option: an option that was given, besides the VRF-ID; NULL if none was
 * @seen: keywords that were given
 */
struct route_request {
	struct cats_route_spec spec;
	const char *policy[CATS_NEXTHOPS_MAX];
	const char *option;
	struct args_seen seen;
};

/** route_parse - all arguments of add, replace and append; 0 or -EINVAL. */
int route_parse(struct args *args, struct route_request *request);

/**
 * struct route_question - what `cats route get` is asked
 * @vrf: VRF-ID
 * @family: of the CS-ID
 * @has_tuple: a flow is described, not only a CS-ID
 * @tuple: the flow
 */
struct route_question {
	uint32_t vrf;
	uint8_t family;
	bool has_tuple;
	struct cats_tuple tuple;
};

/** route_parse_question - all arguments of get; 0 or -EINVAL. */
int route_parse_question(struct args *args, struct route_question *question);

#endif /* CATS_ROUTE_PARSE_H */
