// SPDX-License-Identifier: GPL-2.0-or-later
/* What the C-PS says of its decisions. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "mapped.h"
#include "ps/decide.h"

/* with more services, the candidates of one that is asked for only */
#define EXPLAIN_MAX	256

int ps_decider_ask(struct ps_decider *decider, const json_t *question,
		   json_t *lines)
{
	const json_t *csid = json_object_get(question, "csid");
	const json_t *vrf = json_object_get(question, "vrf");
	const struct ps_service *service;
	uint8_t addr[16];
	uint32_t i;

	if (csid && (!json_is_string(csid) ||
		     !mapped_parse(json_string_value(csid), addr)))
		return cats_error(EINVAL, "csid is an IP address");
	for (i = 0; i < decider->services.count; i++) {
		service = &decider->services.service[i];
		if ((csid && memcmp(service->target->csid, addr, 16)) ||
		    (json_is_integer(vrf) &&
		     json_integer_value(vrf) != service->target->vrf))
			continue;
		json_array_append_new(lines, ps_explain(service, csid ||
			decider->services.count <= EXPLAIN_MAX));
	}
	return 0;
}

static void count_changes(const struct ps_decider *decider,
			  uint64_t sum[SELECT_CHANGE_COUNT])
{
	const struct ps_service *service;
	uint32_t i, j;

	memset(sum, 0, SELECT_CHANGE_COUNT * sizeof(*sum));
	for (i = 0; i < decider->services.count; i++) {
		service = &decider->services.service[i];
		for (j = 0; j < SELECT_CHANGE_COUNT; j++)
			sum[j] += service->changes[j];
	}
}

json_t *ps_decider_status(const struct ps_decider *decider)
{
	uint64_t sum[SELECT_CHANGE_COUNT];
	json_t *changes = json_object();
	unsigned int i;

	count_changes(decider, sum);
	for (i = 0; i < SELECT_CHANGE_COUNT; i++)
		json_object_set_new(changes, select_change_name(i),
				    json_integer(sum[i]));
	return json_pack("{s:s, s:s, s:I, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:o}",
			 "writer", decider->claims.name, "name",
			 name_claim_state(decider->claims.member), "namesakes",
			 (json_int_t)name_claim_namesakes(decider->claims.member),
			 "services",
			 (int)decider->services.count, "members",
			 (int)decider->claims.members, "shards",
			 (int)decider->claims.own, "lost",
			 (json_int_t)decider->claims.lost, "selections",
			 (json_int_t)decider->runs, "written",
			 (json_int_t)decider->written, "refused",
			 (json_int_t)decider->refused, "malformed",
			 (json_int_t)decider->facts.malformed, "changes",
			 changes);
}

void ps_decider_measure(const struct ps_decider *decider,
			struct openmetrics *om)
{
	uint64_t sum[SELECT_CHANGE_COUNT];
	unsigned int i;

	count_changes(decider, sum);
	for (i = 0; i < SELECT_CHANGE_COUNT; i++)
		om_counter(om, "cats_ps_selections",
			   "Selections, by what they came to.",
			   OM_LABELS({ "change", select_change_name(i) }),
			   sum[i]);
	om_counter(om, "cats_ps_decisions_written",
		   "Decisions the store has taken.", NULL, decider->written);
	om_counter(om, "cats_ps_decisions_refused",
		   "Decisions the store has not taken; they are written again.",
		   NULL, decider->refused);
	om_counter(om, "cats_ps_records_malformed",
		   "Records that are not right; what was known before stays.",
		   NULL, decider->facts.malformed);
	om_counter(om, "cats_ps_namesakes",
		   "Others found to run with the name of this C-PS.", NULL,
		   name_claim_namesakes(decider->claims.member));
	om_gauge(om, "cats_ps_shards", "Parts of the services that are decided here.",
		 NULL, decider->claims.own);
}
