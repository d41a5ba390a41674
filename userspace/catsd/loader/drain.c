// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "flow.h"
#include "loader/drain.h"

int drain_count(struct drain *drain, struct cats_forwarder *f)
{
	struct cats_flow flow;
	uint32_t at = 0;

	drain->limit = cats_table_limit(&f->nexthop);
	drain->bits = calloc(drain->limit / 8 + 1, 1);
	if (!drain->bits)
		return cats_error_kernel(ENOMEM, "loader");
	while (cats_flow_each(f, 0, &at, &flow))
		if (flow.nexthop < drain->limit)
			drain->bits[flow.nexthop / 8] |= 1 << flow.nexthop % 8;
	return 0;
}

void drain_free(struct drain *drain)
{
	free(drain->bits);
	drain->bits = NULL;
}

bool drain_busy(void *ctx, uint32_t id)
{
	const struct drain *drain = ctx;

	return id >= drain->limit || drain->bits[id / 8] >> id % 8 & 1;
}
