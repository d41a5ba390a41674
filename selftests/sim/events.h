/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens when. */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/** enum event_type - what */
enum event_type {
	EVENT_FLOW,		/* a flow comes to an ingress */
	EVENT_JOIN,		/* it comes to its instance */
	EVENT_END,		/* an ingress sees it end */
	EVENT_SAMPLE,		/* a site perceives its instance */
	EVENT_METRIC,		/* and an ingress hears of it */
	EVENT_PROBE,		/* a probe comes to an instance */
	EVENT_ANSWER,		/* and back */
	EVENT_DOWN,		/* an instance fails */
	EVENT_UP,		/* and is back */
	EVENT_HEAR,		/* and an ingress knows */
};

/**
 * struct event - one
 * @at: when, in s
 * @type: what
 * @ingress: where, or who asked
 * @instance: which
 * @since: flow: came to the ingress; metric, answer: was perceived; end: came to
 *	the instance
 * @value: flow: work, 1 on average; metric, answer: flows the instance has,
 *	INFINITY when it is down; end: when it was served
 */
struct event {
	double at;
	enum event_type type;
	uint32_t ingress;
	uint32_t instance;
	double since;
	double value;
};

/** struct events - those to come, the next first; all 0: none */
struct events {
	struct event *event;
	uint32_t count;
	uint32_t room;
};

/** events_add - one more. */
void events_add(struct events *events, const struct event *event);
/** events_next - take the next one; false: there is none. */
bool events_next(struct events *events, struct event *event);
/** events_free - all 0 again. */
void events_free(struct events *events);

#endif /* SIM_EVENTS_H */
