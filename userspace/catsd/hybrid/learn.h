/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the store to briefs: for services decided for in mode control with policy
 * least-response, what metrics say of the instances behind their next hops.
 */
#ifndef CATSD_HYBRID_LEARN_H
#define CATSD_HYBRID_LEARN_H

#include <event2/event.h>

#include "decision.h"
#include "hybrid/brief.h"
#include "ps/facts.h"

struct learnt;

/**
 * struct hybrid_learner - all of it
 * @store: where from
 * @ingress: site this is
 * @briefs: where to
 * @facts: of instances and SR policies
 * @decisions: watch
 * @first: services, list
 * @tree: the same, by VRF-ID and CS-ID
 * @run: looks at decisions that are other ones
 * @sweep: forgets what is gone
 * @decision: room for one
 * @text: room for one
 */
struct hybrid_learner {
	struct store *store;
	const char *ingress;
	struct briefs *briefs;
	struct facts facts;
	struct store_watch *decisions;
	struct learnt *first;
	void *tree;
	struct event *run;
	struct event *sweep;
	struct decision decision;
	struct brief_text text;
};

/**
 * hybrid_learner_open - read what there is, and go on watching
 * @learner: all 0 but @store, @ingress and @briefs
 *
 * Return: 0 or -ENOMEM with a message; hybrid_learner_close() in any case.
 */
int hybrid_learner_open(struct hybrid_learner *learner,
			struct event_base *base);
/** hybrid_learner_close - in any state. */
void hybrid_learner_close(struct hybrid_learner *learner);

/** hybrid_learner_count - services to be placed so, and how many can be */
void hybrid_learner_count(const struct hybrid_learner *learner,
			  uint32_t *services, uint32_t *known);

#endif /* CATSD_HYBRID_LEARN_H */
