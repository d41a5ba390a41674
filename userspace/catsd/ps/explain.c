// SPDX-License-Identifier: GPL-2.0-or-later
/* Every candidate of a service, and why it is what it is. */
#include <arpa/inet.h>
#include <math.h>

#include "mapped.h"
#include "ps/service.h"

/* Absent is what nobody knows. */
static void set_number(json_t *object, const char *key, double value)
{
	if (isfinite(value))
		json_object_set_new(object, key, json_real(value));
}

static json_t *explain_candidate(const struct select_candidate *c,
				 const struct ps_names *names)
{
	char sid[INET6_ADDRSTRLEN];
	json_t *object;

	inet_ntop(AF_INET6, names->instance->sid, sid, sizeof(sid));
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b}", "instance",
			   names->instance->name, "site",
			   names->instance->site, "policy",
			   names->policy->name, "sid", sid, "reason",
			   select_reason_name(c->reason), "weight",
			   (int)c->weight, "serving", c->serving);
	if (!object)
		return NULL;
	if (c->unknown)
		json_object_set_new(object, "unknown", json_true());
	set_number(object, "rank", c->rank);
	set_number(object, "load", c->load);
	set_number(object, "score", c->instance->score);
	set_number(object, "flows", c->instance->flows);
	set_number(object, "capacity", c->instance->capacity);
	set_number(object, "cost", c->instance->cost);
	set_number(object, "gas", c->instance->gas);
	set_number(object, "computing-us", c->instance->service_us);
	set_number(object, "real-us", c->real_us);
	if (c->path) {
		set_number(object, "delay-us", c->path->delay_us);
		set_number(object, "variation-us", c->path->variation_us);
		set_number(object, "loss", c->path->loss);
	}
	if (c->share > 0)
		set_number(object, "share", c->share);
	if (c->base > 0)
		set_number(object, "base", c->base);
	return object;
}

/* An instance no SR policy leads to is no candidate; that is a reason too. */
static void add_unreached(const struct ps_service *service, json_t *array)
{
	const struct fact_instance *instance;
	char endpoint[INET6_ADDRSTRLEN];
	uint32_t i, j;

	for (i = 0; i < service->target->members; i++) {
		instance = service->target->member[i];
		for (j = 0; j < service->candidates; j++)
			if (service->names[j].instance == instance)
				break;
		if (j < service->candidates)
			continue;
		inet_ntop(AF_INET6, instance->endpoint, endpoint,
			  sizeof(endpoint));
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}",
			"instance", instance->name, "site", instance->site,
			"reason", "no-policy", "endpoint", endpoint));
	}
}

static json_t *explain_candidates(const struct ps_service *service)
{
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; i < service->candidates; i++)
		json_array_append_new(array,
				      explain_candidate(&service->candidate[i],
							&service->names[i]));
	add_unreached(service, array);
	return array;
}

json_t *ps_explain(const struct ps_service *service, bool candidates)
{
	const struct select_report *report = &service->report;
	char csid[INET6_ADDRSTRLEN];
	json_t *object;

	object = json_pack("{s:s, s:I, s:s, s:I, s:i, s:i, s:f, s:f, s:b}",
			   "csid", mapped_text(service->target->csid, csid),
			   "vrf", (json_int_t)service->target->vrf, "policy",
			   select_objective_name(service->select.objective),
			   "sequence", (json_int_t)service->sequence,
			   "next-hops", (int)report->kept, "draining",
			   (int)report->draining, "moved", report->moved,
			   "share-error", report->error, "unmet", report->unmet);
	if (!object)
		return NULL;
	if (*service->ingress)
		json_object_set_new(object, "ingress",
				    json_string(service->ingress));
	if (service->config->mode)
		json_object_set_new(object, "mode",
				    json_string(service->config->mode));
	if (service->sequence)
		json_object_set_new(object, "reason", json_string(
			select_change_name(service->reason)));
	json_object_set_new(object, "last", json_string(
		select_change_name(report->change)));
	if (candidates)
		json_object_set_new(object, "candidates",
				    explain_candidates(service));
	return object;
}
