/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions: whatever changes in the store, the services it touches - and no
 * others - are selected anew, and what comes out is written below decision/.
 */
#ifndef CATSD_PS_DECIDE_H
#define CATSD_PS_DECIDE_H

#include "openmetrics.h"
#include "ps/claim.h"
#include "ps/config.h"
#include "ps/gas.h"
#include "ps/service.h"
#include "role.h"

/**
 * struct ps_decider - the part of the role that decides
 * @config: section
 * @store: of the process
 * @facts: what is known
 * @services: what is decided
 * @claims: which of them are ours
 * @gas: of their instances; NULL: no service selects by it
 * @guides: watch of the decisions that guide ours; NULL: nobody's
 * @dirty: services to be selected anew; room for all
 * @dirties: length of @dirty
 * @run: selects them, as soon as the store may be changed
 * @retry: looks after what has to wait: for its budget, its time, the store
 * @swept_ms: when facts were last looked through
 * @runs: selections
 * @written: decisions the store has
 * @refused: decisions it did not take; they are written again
 * @limit: of the line about these
 */
struct ps_decider {
	const struct ps_config *config;
	struct store *store;
	struct facts facts;
	struct ps_services services;
	struct ps_claims claims;
	struct ps_gas *gas;
	struct store_watch *guides;
	struct ps_service **dirty;
	uint32_t dirties;
	struct event *run;
	struct event *retry;
	uint64_t swept_ms;
	uint64_t runs;
	uint64_t written;
	uint64_t refused;
	struct log_limit limit;
};

/**
 * ps_decider_open - begin to decide
 * @decider: all 0
 *
 * Return: 0; -ENOMEM with a message; ps_decider_close() in any case.
 */
int ps_decider_open(struct ps_decider *decider, struct catsd *catsd,
		    const struct ps_config *config);
/** ps_decider_close - in any state. */
void ps_decider_close(struct ps_decider *decider);

/**
 * ps_decider_ask - {"decision": {"csid": TEXT, "vrf": N}}, both optional
 * @lines: explanations are added; an object each
 *
 * Return: 0; -EINVAL with a message.
 */
int ps_decider_ask(struct ps_decider *decider, const json_t *question,
		   json_t *lines);

/** ps_decider_status - a new object */
json_t *ps_decider_status(const struct ps_decider *decider);
/** ps_decider_measure - the same as samples. */
void ps_decider_measure(const struct ps_decider *decider,
			struct openmetrics *om);

#endif /* CATSD_PS_DECIDE_H */
