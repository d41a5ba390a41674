/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Levels of a metric, whose crossing is an event (draft-fu-cats-flow-lb 5.5). */
#ifndef CATS_THRESHOLD_H
#define CATS_THRESHOLD_H

#include <linux/cats_metric.h>

#include "dump.h"

/**
 * struct cats_level - entered at @rise, left below @fall
 */
struct cats_level {
	uint64_t rise;
	uint64_t fall;
};

/**
 * struct cats_threshold - the levels of one metric of an instance
 * @instance: CSCI-ID, IPv6 or IPv4-mapped
 * @kind: enum cats_metric_kind
 * @levels: how many
 * @level: ascending
 * @current: level it is in, 0 is below the first
 * @previous: level it was in; of an event only
 * @value: that decided it
 * @crossings: how often a level was entered or left
 * @time_ns: CLOCK_MONOTONIC; of an event only
 */
struct cats_threshold {
	uint8_t instance[16];
	uint32_t kind;
	uint32_t levels;
	struct cats_level level[CATS_METRIC_LEVELS_MAX];
	uint32_t current;
	uint32_t previous;
	uint64_t value;
	uint64_t crossings;
	uint64_t time_ns;
};

/** cats_threshold_decode - read one from an answer or an event. */
int cats_threshold_decode(struct nlmsghdr *nlh,
			  struct cats_threshold *threshold);

/** cats_threshold_set - replace the levels of a metric. */
int cats_threshold_set(struct cats_genl *genl,
		       const struct cats_threshold *threshold);

/** cats_threshold_del - remove the levels of a metric. */
int cats_threshold_del(struct cats_genl *genl,
		       const struct cats_threshold *threshold);

/** cats_threshold_dump - those of an instance, or with NULL all. */
int cats_threshold_dump(struct cats_genl *genl, const uint8_t *instance,
			struct cats_dump *dump);

#endif /* CATS_THRESHOLD_H */
