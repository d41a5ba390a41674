// SPDX-License-Identifier: GPL-2.0-or-later
/* Hybrid forwarding (draft-fu-cats-flow-lb 5.3) as a role of catsd. */
#include <errno.h>

#include "error.h"
#include "hybrid/answer.h"
#include "role.h"

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

static int hybrid_start(struct catsd *catsd, const void *section, void **state)
{
	(void)catsd;
	return hybrid_answer_start(section, (struct hybrid_answer **)state);
}

static void hybrid_stop(void *state)
{
	hybrid_answer_stop(state);
}

static uint64_t answered(const struct hybrid_counts *counts)
{
	return counts->placed + counts->known + counts->by_table;
}

static json_t *hybrid_status(void *state)
{
	struct hybrid_counts counts;
	char trouble[128];
	json_t *json;

	hybrid_answer_read(state, &counts, trouble, sizeof(trouble));
	json = json_pack("{s:s}", "state", *trouble ? trouble : "answering");
#define SET(member, name, text)						\
	json_object_set_new(json, name, json_integer(counts.member));
	HYBRID_COUNTS(SET)
#undef SET
	if (answered(&counts))
		json_object_set_new(json, "delay-us", json_pack("{s:f, s:f}",
			"avg", counts.delay_sum / 1e3 / answered(&counts),
			"max", counts.delay_max / 1e3));
	return json;
}

static void hybrid_measure(void *state, struct openmetrics *om)
{
	struct hybrid_counts counts;
	char trouble[128];

	hybrid_answer_read(state, &counts, trouble, sizeof(trouble));
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
