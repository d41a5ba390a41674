/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of the verdicts, summed over the CPUs. */
#ifndef CATS_COUNTERS_H
#define CATS_COUNTERS_H

#include "forwarder.h"

/**
 * struct cats_reason_name - what a reason is called
 * @name: as in `cats stats`; NULL for a number that is no reason
 * @text: what it means
 * @disposition: what became of the packet
 */
struct cats_reason_name {
	const char *name;
	const char *text;
	enum cats_disposition disposition;
};

/** cats_reason_name - by enum cats_reason. */
const struct cats_reason_name *cats_reason_name(uint32_t reason);

/** cats_disposition_name - "steered", "passed", "dropped" */
const char *cats_disposition_name(enum cats_disposition disposition);

/** cats_count_total - sum of column @what: enum cats_reason or cats_extra. */
struct cats_counter cats_count_total(const struct cats_forwarder *f,
				     uint32_t what);

/**
 * cats_counters_reset - start all counters afresh
 * @f: forwarder, locked
 *
 * A packet counted at the very moment may be counted in or not.
 */
void cats_counters_reset(struct cats_forwarder *f);

#endif /* CATS_COUNTERS_H */
