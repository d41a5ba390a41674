// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "counters.h"
#include "route.h"

#define NAME(nr, symbol, name, disp, text) [nr] = { name, text, disp },

static const struct cats_reason_name reasons[CATS_REASON_MAX] = {
	CATS_REASONS(NAME)
};

const struct cats_reason_name *cats_reason_name(uint32_t reason)
{
	return &reasons[reason % CATS_REASON_MAX];
}

const char *cats_disposition_name(enum cats_disposition disposition)
{
	static const char *const names[] = {
		[CATS_DISP_STEERED] = "steered",
		[CATS_DISP_PASSED] = "passed",
		[CATS_DISP_DROPPED] = "dropped",
		[CATS_DISP_DELIVERED] = "delivered",
		[CATS_DISP_CONSUMED] = "consumed",
	};

	return names[disposition];
}

struct cats_counter cats_count_total(const struct cats_forwarder *f,
				     uint32_t what)
{
	struct cats_counter sum = {};
	uint32_t cpu;

	for (cpu = 0; cpu < f->cpus; cpu++) {
		sum.packets += f->count[cpu * CATS_COUNTERS + what].packets;
		sum.bytes += f->count[cpu * CATS_COUNTERS + what].bytes;
	}
	return sum;
}

void cats_counters_reset(struct cats_forwarder *f)
{
	struct cats_service *service;
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;
	struct cats_walk walk;

	memset(f->count, 0, f->cpus * CATS_COUNTERS * sizeof(*f->count));
	while ((service = cats_route_each(f, &id))) {
		service->gone_packets = 0;
		service->gone_bytes = 0;
		cats_walk_start(&walk, f, service);
		while (cats_walk_next(&walk))
			cats_nexthop_zero(f, walk.id);
	}
	id = UINT32_MAX;
	while ((policy = cats_table_each(&f->policy, &id))) {
		policy->gone_packets = 0;
		policy->gone_bytes = 0;
	}
}
