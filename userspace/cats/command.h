/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of the command, and what they share. */
#ifndef CATS_COMMAND_H
#define CATS_COMMAND_H

#include "args.h"
#include "forwarder.h"
#include "route_names.h"

/**
 * struct command - one command of an object; the first one is the default
 * @name: as typed
 * @run: does it; 0 or a negative errno with a message
 */
struct command {
	const char *name;
	int (*run)(struct args *args);
};

/**
 * struct object - what comes first on the command line
 * @name: as typed
 * @help: grammar, one command a line
 * @commands: ends with a NULL name
 */
struct object {
	const char *name;
	const char *help;
	const struct command *commands;
};

extern const struct object object_dev;
extern const struct object object_policy;
extern const struct object object_route;
extern const struct object object_nexthop;
extern const struct object object_fwd;
extern const struct object object_flow;
extern const struct object object_sid;
extern const struct object object_instance;
extern const struct object object_stats;
extern const struct object object_monitor;
extern const struct object object_metric;
extern const struct object object_path;
extern const struct object object_decision;
extern const struct object object_agent;
extern const struct object object_store;
extern const struct object object_service;
extern const struct object object_site;
extern const struct object object_request;

/** session_write - the forwarder, created if need be, locked for writing. */
int session_write(struct cats_forwarder **f);

/**
 * session_read - the forwarder, locked for reading
 *
 * Return: 0; -ENOENT without a message worth printing if nothing is
 * configured: there is nothing to show; another negative errno.
 */
int session_read(struct cats_forwarder **f);

/** session_end - let others go on; tables without any entry are removed. */
void session_end(struct cats_forwarder *f);

/**
 * struct selector - [ CSID[/LEN] ] [ vrf VRFID ] of the show commands
 * @key: CS-ID
 * @has_key: it was given
 * @has_vrf: the VRF-ID was given
 */
struct selector {
	struct cats_service_key key;
	bool has_key;
	bool has_vrf;
};

/** args_selector - parse a selector up to the end of the arguments. */
int args_selector(struct args *args, struct selector *selector);

/**
 * selector_each - next route that @selector means, by id
 *
 * A CS-ID without VRF-ID means VRF-ID 0, no CS-ID means all.
 */
struct cats_service *selector_each(struct cats_forwarder *f,
				   const struct selector *selector,
				   uint32_t *id);

/**
 * session_select - parse a selector and read-lock the forwarder for it
 * @args: up to the end
 * @selector: result
 * @f: NULL if nothing is configured, and nothing asked for by name
 *
 * Return: 0; -EINVAL; -ENOENT if the CS-ID has no route; with a message.
 */
int session_select(struct args *args, struct selector *selector,
		   struct cats_forwarder **f);

/** show_routes - a show command: @show for every route that @args mean. */
int show_routes(struct args *args,
		int (*show)(struct cats_forwarder *f,
			    const struct cats_service *service));

/** show_key - csid and vrf of a route; the vrf only if it is not 0 */
void show_key(const struct cats_service_key *key);

/** show_way_out - device of a path, and what is known of its neighbour. */
void show_way_out(const struct cats_encap *encap, bool always);

/** show_nexthop_names - policy, sid and instance of a next hop. */
void show_nexthop_names(struct cats_forwarder *f,
			const struct cats_nexthop *nexthop, uint32_t sel);

/** show_proto - IP protocol, by its name if it has one. */
void show_proto(uint8_t proto);

extern const char *const track_names[];
extern const char *const state_names[];

/** route_show - one route as `cats route show` prints it; 0. */
int route_show(struct cats_forwarder *f, const struct cats_service *service);
/** show_path_liveness - of a policy's paths; in text, if somebody probes them. */
void show_path_liveness(struct cats_forwarder *f, uint32_t policy);

/** policy_show - one SR policy as `cats policy show` prints it. */
void policy_show(struct cats_forwarder *f, uint32_t id, uint64_t nexthops,
		 uint64_t packets, uint64_t bytes);

#endif /* CATS_COMMAND_H */
