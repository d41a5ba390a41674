// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>

#include "loader/loader.h"
#include "mapped.h"

/* of those that are refused, in the status */
#define SHOWN_MAX	32

static json_t *refused(const struct loader *loader)
{
	const struct load_target *target;
	json_t *array = json_array();
	char csid[INET6_ADDRSTRLEN];

	for (target = loader->targets.first; target; target = target->next)
		if (target->result > LOAD_UNCHANGED &&
		    json_array_size(array) < SHOWN_MAX)
			json_array_append_new(array, json_pack(
				"{s:s, s:I, s:s, s:s}", "csid",
				mapped_text(target->csid, csid), "vrf",
				(json_int_t)target->vrf, "result",
				load_result_name(target->result), "why",
				target->why));
	return array;
}

static uint32_t draining(const struct loader *loader)
{
	const struct load_target *target;
	uint32_t n = 0;

	for (target = loader->targets.first; target; target = target->next)
		n += target->draining;
	return n;
}

json_t *loader_status(void *state)
{
	const struct loader *loader = state;
	json_t *decisions = json_object();
	unsigned int i;

	for (i = 0; i < LOAD_RESULT_COUNT; i++)
		json_object_set_new(decisions, load_result_name(i),
				    json_integer(loader->count[i]));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			 "state", "running", "ingress", loader->ingress,
			 "services", (json_int_t)loader->targets.count,
			 "draining", (json_int_t)draining(loader), "drifted",
			 (json_int_t)loader->drifted, "followed",
			 (json_int_t)loader->followed, "unreached",
			 (json_int_t)loader->unreached, "events",
			 (json_int_t)loader->follow.events, "overruns",
			 (json_int_t)loader->follow.overruns, "troubles",
			 (json_int_t)loader->troubles, "decisions", decisions,
			 "refused", refused(loader));
}

void loader_measure(void *state, struct openmetrics *om)
{
	const struct loader *loader = state;
	unsigned int i;

	for (i = 0; i < LOAD_RESULT_COUNT; i++)
		om_counter(om, "cats_loader_decisions",
			   "Decisions, by what became of them.",
			   OM_LABELS({ "result", load_result_name(i) }),
			   loader->count[i]);
	om_counter(om, "cats_loader_drifted",
		   "Routes that another writer had changed.", NULL,
		   loader->drifted);
	om_counter(om, "cats_loader_paths_followed",
		   "Paths whose headers changed with the host's routes and neighbours.",
		   NULL, loader->followed);
	om_gauge(om, "cats_loader_draining",
		 "Services with next hops that take no new flows.", NULL,
		 draining(loader));
	om_counter(om, "cats_loader_troubles",
		   "Times the tables could not be written.", NULL,
		   loader->troubles);
}
