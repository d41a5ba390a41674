// SPDX-License-Identifier: GPL-2.0-or-later
/* Hybrid forwarding (draft-fu-cats-flow-lb 5.3) as a role of catsd. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "hybrid/answer.h"
#include "hybrid/learn.h"
#include "role.h"

/**
 * struct hybrid - the role
 * @briefs: from one to the other
 * @learner: main thread: what the store says
 * @answer: thread that is asked
 */
struct hybrid {
	struct briefs briefs;
	struct hybrid_learner learner;
	struct hybrid_answer *answer;
};

static int hybrid_check(const struct catsd *catsd, const void *section)
{
	const struct hybrid_config *config = section;

	(void)catsd;
	if (config->priority > 98 && config->priority != HYBRID_PRIORITY_NONE)
		return cats_error(EINVAL, "hybrid: priority is 1 to 98, or 100 for none");
	if (config->max_age_ms > 60000)
		return cats_error(EINVAL, "hybrid: max-age-ms is 1 to 60000");
	return 0;
}

static void hybrid_stop(void *state)
{
	struct hybrid *hybrid = state;

	hybrid_answer_stop(hybrid->answer);
	hybrid_learner_close(&hybrid->learner);
	briefs_free(&hybrid->briefs);
	free(hybrid);
}

static int hybrid_start(struct catsd *catsd, const void *section, void **state)
{
	struct hybrid *hybrid = calloc(1, sizeof(*hybrid));
	int ret;

	if (!hybrid)
		return cats_error_kernel(ENOMEM, "hybrid");
	briefs_init(&hybrid->briefs);
	hybrid->learner.store = catsd->store;
	hybrid->learner.ingress = catsd->site;
	hybrid->learner.briefs = &hybrid->briefs;
	ret = hybrid_learner_open(&hybrid->learner, catsd->base);
	if (!ret)
		ret = hybrid_answer_start(section, &hybrid->briefs,
					  &hybrid->answer);
	if (ret) {
		hybrid_stop(hybrid);
		return ret;
	}
	*state = hybrid;
	return 0;
}

static uint64_t answered(const struct hybrid_counts *counts)
{
	return counts->placed + counts->known + counts->by_table;
}

static json_t *flows_status(const struct hybrid_counts *counts)
{
	const struct hybrid_flow_counts *flows = &counts->flows;

	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "placed",
			 (json_int_t)counts->expected, "open",
			 (json_int_t)flows->open, "ended",
			 (json_int_t)flows->ended, "idle",
			 (json_int_t)flows->idle, "gone",
			 (json_int_t)flows->gone);
}

static json_t *hybrid_status(void *state)
{
	struct hybrid *hybrid = state;
	struct hybrid_counts counts;
	uint32_t services, known;
	char trouble[128];
	json_t *json;

	hybrid_answer_read(hybrid->answer, &counts, trouble, sizeof(trouble));
	hybrid_learner_count(&hybrid->learner, &services, &known);
	json = json_pack("{s:s}", "state", *trouble ? trouble : "answering");
#define SET(member, name, text)						\
	json_object_set_new(json, name, json_integer(counts.member));
	HYBRID_COUNTS(SET)
#undef SET
	if (answered(&counts))
		json_object_set_new(json, "delay-us", json_pack("{s:f, s:f}",
			"avg", counts.delay_sum / 1e3 / answered(&counts),
			"max", counts.delay_max / 1e3));
	json_object_set_new(json, "least-response", json_pack("{s:I, s:I, s:o}",
		"services", (json_int_t)services, "known",
		(json_int_t)known, "flows", flows_status(&counts)));
	return json;
}

static void measure_flows(const struct hybrid_counts *counts,
			  struct openmetrics *om)
{
	const struct hybrid_flow_counts *flows = &counts->flows;
	const struct {
		const char *why;
		uint64_t value;
	} ends[] = { { "ended", flows->ended }, { "idle", flows->idle },
		     { "gone", flows->gone } };
	size_t i;

	om_counter(om, "cats_hybrid_least_response_flows",
		   "Flows placed where they are expected to be served first.",
		   NULL, counts->expected);
	om_gauge(om, "cats_hybrid_open_flows",
		 "Flows of such services that have begun here and not ended.",
		 NULL, flows->open);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		om_counter(om, "cats_hybrid_ended_flows",
			   "Those that have, by how that was seen.",
			   OM_LABELS({ "how", ends[i].why }), ends[i].value);
}

static void hybrid_measure(void *state, struct openmetrics *om)
{
	struct hybrid *hybrid = state;
	struct hybrid_counts counts;
	uint32_t services, known;
	char trouble[128];

	hybrid_answer_read(hybrid->answer, &counts, trouble, sizeof(trouble));
	hybrid_learner_count(&hybrid->learner, &services, &known);
	om_gauge(om, "cats_hybrid_least_response_services",
		 "Services of policy least-response in mode control.", NULL,
		 services);
	om_gauge(om, "cats_hybrid_least_response_known_services",
		 "Those of them of which enough is known to place flows so.",
		 NULL, known);
	measure_flows(&counts, om);
	om_gauge(om, "cats_hybrid_answering",
		 "1: new flows of routes in mode control are placed here.",
		 NULL, !*trouble);
#define MEASURE(member, name, text)					\
	om_counter(om, "cats_hybrid_questions",				\
		   "First packets handed over, by what became of them.", \
		   OM_LABELS({ "result", name }), counts.member);
	HYBRID_COUNTS(MEASURE)
#undef MEASURE
	om_counter(om, "cats_hybrid_delay_seconds",
		   "Sum of the time from a question to the packet sent on.",
		   NULL, counts.delay_sum / 1e9);
}

const struct role role_hybrid = {
	.name = "hybrid",
	.check = hybrid_check,
	.start = hybrid_start,
	.stop = hybrid_stop,
	.status = hybrid_status,
	.measure = hybrid_measure,
};
