/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Size and timeouts of the flow table of cats.ko. */
#ifndef CATS_FLOW_TABLE_H
#define CATS_FLOW_TABLE_H

#include <linux/cats.h>

#include "genl.h"

/** enum cats_flow_timeout - of a flow that is idle, by its state */
enum cats_flow_timeout {
	CATS_FLOW_TIMEOUT_SYN,
	CATS_FLOW_TIMEOUT_ESTABLISHED,
	CATS_FLOW_TIMEOUT_CLOSING,
	CATS_FLOW_TIMEOUT_UDP,
	CATS_FLOW_TIMEOUT_OTHER,
	CATS_FLOW_TIMEOUTS,
};

/**
 * struct cats_flow_table - the table, or what to change of it
 * @has_max: @max is given
 * @max: flows that are kept
 * @timeout_s: by enum cats_flow_timeout; 0: not given
 * @flows: there are
 * @flow_size: bytes of memory for one
 * @untracked: packets of flows it had no room for
 */
struct cats_flow_table {
	bool has_max;
	uint32_t max;
	uint32_t timeout_s[CATS_FLOW_TIMEOUTS];
	uint32_t flows;
	uint32_t flow_size;
	uint64_t untracked;
};

/** cats_flow_table_get - read it. */
int cats_flow_table_get(struct cats_genl *genl, struct cats_flow_table *table);

/** cats_flow_table_set - change what is given. */
int cats_flow_table_set(struct cats_genl *genl,
			const struct cats_flow_table *table);

#endif /* CATS_FLOW_TABLE_H */
