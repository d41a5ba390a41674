/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the loader has to make of each service, and what became of it. */
#ifndef CATSD_LOADER_TARGET_H
#define CATSD_LOADER_TARGET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * LOAD_RESULTS - X(symbol, name): what becomes of a decision
 *
 * applied; unchanged: the route is so already.  Refused, and the last good
 * route stays: malformed; no-policy: an SR policy it names is not here;
 * other-proto: the route is somebody else's; full: a table is; failed: what else
 */
#define LOAD_RESULTS(X)							\
	X(LOAD_APPLIED, "applied")					\
	X(LOAD_UNCHANGED, "unchanged")					\
	X(LOAD_MALFORMED, "malformed")					\
	X(LOAD_NO_POLICY, "no-policy")					\
	X(LOAD_OTHER_PROTO, "other-proto")				\
	X(LOAD_FULL, "full")						\
	X(LOAD_FAILED, "failed")

#define LOAD_SYMBOL(symbol, name) symbol,

/** enum load_result - see LOAD_RESULTS */
enum load_result {
	LOAD_RESULTS(LOAD_SYMBOL)
	LOAD_RESULT_COUNT
};

#undef LOAD_SYMBOL

/** load_result_name - "applied", "no-policy", ... */
const char *load_result_name(enum load_result result);

/**
 * struct load_target - a service
 * @next: list
 * @vrf: VRF-ID
 * @csid: CS-ID, IPv4-mapped
 * @dirty: to be looked at
 * @next_dirty: list of these
 * @deleted: its decision was deleted, not merely never there
 * @result: of the last attempt
 * @why: if that is a refusal
 * @sequence: of the decision in force
 * @generation: of the route, when it was last found to be as decided
 * @draining: it has next hops with weight 0
 */
struct load_target {
	struct load_target *next;
	uint32_t vrf;
	uint8_t csid[16];
	bool dirty;
	struct load_target *next_dirty;
	bool deleted;
	enum load_result result;
	char why[160];
	uint64_t sequence;
	uint64_t generation;
	bool draining;
};

/**
 * struct load_targets - all
 * @first: list
 * @dirty: those to be looked at, in this order
 * @last_dirty: end of that
 * @count: how many
 * @tree: by VRF-ID and CS-ID
 */
struct load_targets {
	struct load_target *first;
	struct load_target *dirty;
	struct load_target **last_dirty;
	uint32_t count;
	void *tree;
};

/** load_target - that of a service, made if need be; NULL: no memory. */
struct load_target *load_target(struct load_targets *targets, uint32_t vrf,
				const uint8_t *csid);
/** load_target_want - it has to be looked at. */
void load_target_want(struct load_targets *targets,
		      struct load_target *target);
/** load_target_take - the next to be looked at, NULL if there is none. */
struct load_target *load_target_take(struct load_targets *targets);
/** load_targets_free - one that is all 0 is fine too. */
void load_targets_free(struct load_targets *targets);

#endif /* CATSD_LOADER_TARGET_H */
