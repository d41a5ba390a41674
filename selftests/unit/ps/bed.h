/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A C-PS on a store in memory, and the records it decides by. */
#ifndef PS_BED_H
#define PS_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "ps/decide.h"

#define PATIENCE_MS	5000

/**
 * struct bed - a store, an event loop, a C-PS
 * @catsd: what the role is given
 * @config: section
 * @decider: the C-PS
 */
struct bed {
	struct catsd catsd;
	struct ps_config config;
	struct ps_decider decider;
};

/** open_decider - begin to decide, by @config and what the store has. */
void open_decider(struct bed *bed);
/** bed_open - an empty store, and a C-PS. */
void bed_open(struct bed *bed, const struct ps_config *config);
void bed_close(struct bed *bed);

/** announce - instance 10.0.1.HOST of a site; @extra: more members. */
void announce(struct bed *bed, const char *site, int host, const char *extra);
/** metric - of it. */
void metric(struct bed *bed, const char *site, int host, int flows,
	    const char *extra);
/** path - an SR policy at an ingress; @us: one way. */
void path(struct bed *bed, const char *ingress, const char *policy,
	  const char *endpoint, double us, const char *state);
/** two_sites - with an instance each, a policy to each. */
void two_sites(struct bed *bed);

/** decision_at - record, NULL if there is none. */
json_t *decision_at(struct bed *bed, const char *key);
/** sequence - of a decision. */
int sequence(struct bed *bed, const char *key);
/** weight - of a SID in a decision, -1 if it is no next hop of it. */
int weight(struct bed *bed, const char *key, int host);

/* Turns of the loop until it is so. */
#define until(bed, condition) do {					\
	uint64_t end_ = clock_monotonic_ms() + PATIENCE_MS;		\
	while (!(condition)) {						\
		assert_true(clock_monotonic_ms() < end_);		\
		event_base_loop((bed)->catsd.base, EVLOOP_ONCE);	\
	}								\
} while (0)

/** settle - as many turns as it takes until nothing is to be done at once. */
void settle(struct bed *bed);

#endif /* PS_BED_H */
