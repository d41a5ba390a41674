/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reservations by their flows: a flow that an instance here serves renews its
 * reservation, one that ended ends it.
 */
#ifndef CATSD_EGRESS_RESERVED_H
#define CATSD_EGRESS_RESERVED_H

#include "egress_flow.h"
#include "store.h"

struct reserved;

/** enum reserved_result - what became of a flow that was looked at */
enum reserved_result {
	RESERVED_NONE,		/* it has no reservation */
	RESERVED_RENEWED,
	RESERVED_ENDED,
	RESERVED_KEPT,		/* it goes on under the same 5-tuple */
};

/** reserved_new - of all reservations of @store; NULL with a message. */
struct reserved *reserved_new(struct store *store);
/** reserved_free - NULL is fine. */
void reserved_free(struct reserved *reserved);

/** reserved_count - flows that are reserved */
size_t reserved_count(const struct reserved *reserved);

/** reserved_see - the flow is there: its reservation lives @lease_ms longer. */
enum reserved_result reserved_see(struct reserved *reserved,
				  const struct cats_egress_flow *flow,
				  uint64_t lease_ms);

/** reserved_end - the flow is over, @flow->end says why. */
enum reserved_result reserved_end(struct reserved *reserved,
				  const struct cats_egress_flow *flow);

#endif /* CATSD_EGRESS_RESERVED_H */
