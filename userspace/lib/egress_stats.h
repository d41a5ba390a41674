/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How packets ended that came to a cats device. */
#ifndef CATS_EGRESS_STATS_H
#define CATS_EGRESS_STATS_H

#include <linux/cats.h>

#include "dump.h"

/**
 * struct cats_egress_reason - one way to end
 * @number: 96 to 127, see include/cats/verdict.h
 * @name: as the kernel calls it
 * @packets: that ended so
 */
struct cats_egress_reason {
	uint32_t number;
	char name[32];
	uint64_t packets;
};

/**
 * struct cats_egress_stats - of one device
 * @ifindex: device
 * @reasons: how many
 * @reason: these
 */
struct cats_egress_stats {
	uint32_t ifindex;
	uint32_t reasons;
	struct cats_egress_reason reason[32];
};

/** cats_egress_stats_decode - read an answer. */
int cats_egress_stats_decode(struct nlmsghdr *nlh,
			     struct cats_egress_stats *stats);

/** cats_egress_stats_dump - of all cats devices. */
int cats_egress_stats_dump(struct cats_genl *genl, struct cats_dump *dump);

#endif /* CATS_EGRESS_STATS_H */
