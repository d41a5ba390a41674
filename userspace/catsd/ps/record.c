// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "mapped.h"
#include "ps/service.h"

static json_t *address(const uint8_t *sid)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, sid, text, sizeof(text));
	return json_string(text);
}

static json_t *nexthop(const struct select_candidate *candidate,
		       const struct ps_names *names)
{
	return json_pack("{s:s, s:o, s:s, s:s, s:i}", "policy",
			 names->policy->name, "sid",
			 address(names->instance->sid), "instance",
			 names->instance->name, "site", names->instance->site,
			 "weight", (int)candidate->weight);
}

static bool is_gone(const struct ps_service *service, uint32_t i)
{
	const struct select_candidate *c = &service->candidate[i];
	uint32_t j;

	if (c->serving || !service->names[i].was_serving ||
	    select_reason_fate(c->reason) != SELECT_FATE_MOVED)
		return false;
	/* by another path it goes on */
	for (j = 0; j < service->candidates; j++)
		if (service->names[j].instance == service->names[i].instance &&
		    service->candidate[j].serving)
			return false;
	return true;
}

static void add_nexthops(const struct ps_service *service, json_t *record)
{
	json_t *nexthops = json_array(), *gone = json_array();
	uint32_t i;

	for (i = 0; i < service->candidates; i++) {
		if (service->candidate[i].serving)
			json_array_append_new(nexthops,
					      nexthop(&service->candidate[i],
						      &service->names[i]));
		else if (is_gone(service, i))
			json_array_append_new(gone, address(
				service->names[i].instance->sid));
	}
	json_object_set_new(record, "nexthops", nexthops);
	if (json_array_size(gone))
		json_object_set(record, "gone", gone);
	json_decref(gone);
}

static void add_route(const struct ps_service_config *config, json_t *record)
{
	if (config->affinity)
		json_object_set_new(record, "affinity",
				    json_string(config->affinity));
	if (config->timeout)
		json_object_set_new(record, "timeout",
				    json_integer(*config->timeout));
	if (config->table)
		json_object_set_new(record, "table",
				    json_string(config->table));
	if (config->size)
		json_object_set_new(record, "size",
				    json_integer(*config->size));
	if (config->mode)
		json_object_set_new(record, "mode", json_string(config->mode));
}

json_t *ps_record_make(const struct ps_service *service, const char *writer)
{
	char text[INET6_ADDRSTRLEN];
	json_t *record;

	record = json_pack("{s:s, s:I, s:s, s:I, s:s, s:s, s:f}", "csid",
			   mapped_text(service->target->csid, text), "vrf",
			   (json_int_t)service->target->vrf, "policy",
			   select_objective_name(service->select.objective),
			   "sequence", (json_int_t)service->sequence, "reason",
			   select_change_name(service->reason), "writer",
			   writer, "share-error", service->report.error);
	if (!record)
		return NULL;
	if (*service->ingress)
		json_object_set_new(record, "ingress",
				    json_string(service->ingress));
	if (service->report.unmet)
		json_object_set_new(record, "unmet", json_true());
	add_route(service->config, record);
	add_nexthops(service, record);
	return record;
}

bool ps_record_is_as_configured(const struct ps_service *service,
				const json_t *record)
{
	static const char *const members[] = { "policy", "affinity", "timeout",
					       "table", "size", "mode" };
	json_t *now = json_object();
	bool same = true;
	size_t i;

	json_object_set_new(now, "policy", json_string(
		select_objective_name(service->select.objective)));
	add_route(service->config, now);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *is = json_object_get(record, members[i]);
		const json_t *shall = json_object_get(now, members[i]);

		same &= is && shall ? json_equal(is, shall) : is == shall;
	}
	json_decref(now);
	return same;
}

static struct select_candidate *find(const struct ps_service *service,
				     const struct decision_nexthop *nexthop)
{
	uint32_t i;

	for (i = 0; i < service->candidates; i++)
		if (!memcmp(service->names[i].instance->facts.id,
			    nexthop->instance, 16) &&
		    !memcmp(service->names[i].instance->sid, nexthop->sid,
			    16) &&
		    !strcmp(service->names[i].policy->name, nexthop->policy))
			return &service->candidate[i];
	return NULL;
}

bool ps_record_restore(struct ps_service *service, const json_t *record)
{
	static struct decision decision;
	struct select_candidate *c;
	uint32_t i, sum = 0;
	bool whole = true;

	if (decision_parse(record, &decision))
		return false;
	if (decision.sequence > service->sequence)
		service->sequence = decision.sequence;
	for (i = 0; i < service->candidates; i++) {
		service->candidate[i].weight = 0;
		service->candidate[i].serving = false;
	}
	for (i = 0; i < decision.nexthops; i++)
		sum += decision.nexthop[i].weight;
	for (i = 0; i < decision.nexthops; i++) {
		c = find(service, &decision.nexthop[i]);
		if (!c) {
			whole &= !decision.nexthop[i].weight;
			continue;
		}
		c->weight = decision.nexthop[i].weight;
		c->serving = true;
		if (c->weight && sum)
			c->base = (double)c->weight / sum;
	}
	service->memory.decided = whole && sum;
	return whole;
}
