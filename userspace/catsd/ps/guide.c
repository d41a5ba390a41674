// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "ps/service.h"

static void unguided(struct ps_service *service)
{
	uint32_t i;

	for (i = 0; i < service->candidates; i++)
		service->candidate[i].instance =
			&service->names[i].instance->facts;
}

/* Weight that the guide gives an instance, 0 if it leaves it out. */
static uint16_t weight_of(const struct decision *decision,
			  const struct fact_instance *instance)
{
	uint32_t i;

	for (i = 0; i < decision->nexthops; i++)
		if (!memcmp(decision->nexthop[i].sid, instance->sid, 16))
			return decision->nexthop[i].weight;
	return 0;
}

static struct select_instance guided(const struct fact_instance *instance,
				     uint16_t weight)
{
	struct select_instance facts = instance->facts;

	facts.score = NAN;
	facts.flows = NAN;
	facts.service_us = NAN;
	facts.capacity = weight ? weight : NAN;
	if (!weight && facts.state == SELECT_UP)
		facts.state = SELECT_DRAIN;
	return facts;
}

void ps_service_guide(struct ps_service *service,
		      const struct store_entry *entry)
{
	uint64_t revision = entry ? entry->revision : 0;
	static struct decision decision;
	struct ps_names *names = service->names;
	uint32_t i, first = 0;

	/* one that is not right guides nobody: what was in force stays */
	if (entry && decision_parse(entry->value, &decision))
		return;
	for (i = 0; i < service->candidates && revision != service->guide; i++)
		service->candidate[i].base = 0;
	service->guide = revision;
	if (!entry) {
		unguided(service);
		return;
	}
	for (i = 0; i < service->candidates; i++) {
		if (names[i].instance != names[first].instance)
			first = i;
		if (i == first)
			names[i].guided = guided(names[i].instance,
				weight_of(&decision, names[i].instance));
		service->candidate[i].instance = &names[first].guided;
	}
}
