/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The largest instance fails, and comes back. */
#ifndef SIM_OUTAGE_H
#define SIM_OUTAGE_H

#include "world.h"

/**
 * struct flow - one that is at the instance, or was to be
 * @ingress: it came by
 * @since: when it came there
 * @work: of it
 * @end: when it will have been served
 */
struct flow {
	uint32_t ingress;
	double since;
	double work;
	double end;
};

/**
 * struct outage - of an instance
 * @wanted: there is to be one
 * @instance: which
 * @from: when it fails
 * @to: when it is back
 * @down: it has failed
 * @known: by ingress
 * @flow: there; once it is down, those that wait to be sent elsewhere
 * @count: of them
 * @room: of @flow
 * @moved: flows that had been sent there and were sent elsewhere
 */
struct outage {
	bool wanted;
	uint32_t instance;
	double from;
	double to;
	bool down;
	bool known[WORLD_INGRESSES];
	struct flow *flow;
	uint32_t count;
	uint32_t room;
	uint64_t moved;
};

/** outage_init - adds its events to the world, if the setting wants one. */
void outage_init(struct outage *outage, struct world *world);
/** outage_free - what it holds. */
void outage_free(struct outage *outage);

/** outage_has - is that instance the one that fails in this run? */
bool outage_has(const struct outage *outage, uint32_t instance);
/** outage_add - a flow is there, or has come for nothing. */
void outage_add(struct outage *outage, const struct flow *flow);
/**
 * outage_take - one that meets a condition
 * @ingress: of that; negative: any
 * @end: that ends until then
 *
 * Return: is there one?  @flow is it, and is no more there.
 */
bool outage_take(struct outage *outage, int ingress, double end,
		 struct flow *flow);

/** outage_begin - it fails: nothing is in it any more. */
void outage_begin(struct outage *outage, struct world *world);
/** outage_end - it is back. */
void outage_end(struct outage *outage, struct world *world);

#endif /* SIM_OUTAGE_H */
