/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of role loader. */
#ifndef CATSD_LOADER_LOADER_H
#define CATSD_LOADER_LOADER_H

#include "loader/apply.h"
#include "loader/config.h"
#include "loader/drain.h"
#include "loader/drift.h"
#include "loader/follow.h"
#include "loader/grace.h"
#include "log.h"
#include "role.h"

/**
 * struct loader - the role
 * @store: where decisions are
 * @ingress: name of this one
 * @watch: of them
 * @forwarder: maps of this network namespace
 * @opened: @forwarder is
 * @targets: services
 * @decision: the one being read: too large for the stack
 * @run: makes what is wanted, as soon as the store has told all
 * @retry: tries again what was refused
 * @drain_timer: looks after next hops that shall have no flows any more
 * @follow: of routes and neighbours
 * @drift: of other writers
 * @grace: waits until packets see our last change only
 * @generation: of the tables, after our last change
 * @graced: the same when @grace began to wait
 * @count: decisions by enum load_result
 * @drifted: routes that others changed, and that were made anew
 * @followed: paths whose headers changed with the host's
 * @unreached: policies whose way was not found
 * @troubles: times the maps could not be written
 * @limit: of the lines about refusals
 * @follow_limit: about policies
 */
struct loader {
	struct store *store;
	const char *ingress;
	struct store_watch *watch;
	struct cats_forwarder forwarder;
	bool opened;
	struct load_targets targets;
	struct decision decision;
	struct event *run;
	struct event *retry;
	struct event *drain_timer;
	struct follow follow;
	struct drift drift;
	struct grace grace;
	uint64_t generation;
	uint64_t graced;
	uint64_t count[LOAD_RESULT_COUNT];
	uint64_t drifted;
	uint64_t followed;
	uint64_t unreached;
	uint64_t troubles;
	struct log_limit limit;
	struct log_limit follow_limit;
};

/* load.c */

/** loader_note - a decision changed; a store_watch_fn */
void loader_note(void *loader, enum store_change change,
		 const struct store_entry *entry);
/** loader_load - make what is wanted; with @drained, without those hops. */
void loader_load(struct loader *loader, bool drained);
/** loader_follow - change the paths that lead elsewhere now. */
void loader_follow(struct loader *loader);
/** loader_rest - packets see only what was in force when grace was wanted. */
void loader_rest(struct loader *loader);

/* show.c */

/** loader_status - for struct role */
json_t *loader_status(void *state);
/** loader_measure - for struct role */
void loader_measure(void *state, struct openmetrics *om);

#endif /* CATSD_LOADER_LOADER_H */
