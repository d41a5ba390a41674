// SPDX-License-Identifier: GPL-2.0-or-later
/* What the thread that places flows is told, of decisions and facts of the store. */
#include <math.h>
#include <string.h>

#include "bed.h"
#include "hybrid/learn.h"
#include "mapped.h"

#define KEY	"decision/100/203.0.113.1"

/**
 * struct lesson - a learner, and a store with two instances; no C-PS
 * @bed: store and event loop; its decider is closed
 * @briefs: result
 * @learner: of them
 * @text: as it was read last
 */
struct lesson {
	struct bed bed;
	struct briefs briefs;
	struct hybrid_learner learner;
	struct brief_text text;
};

static uint32_t vrf = 100;
static char *csids[] = { "203.0.113.1" };
static struct ps_service_config service = { .csid = csids, .csid_count = 1,
					    .vrf = &vrf };
static const struct ps_config plain = { .services = &service,
					.services_count = 1 };

static void turn(struct lesson *lesson)
{
	event_base_loop(lesson->bed.catsd.base, EVLOOP_NONBLOCK);
}

static void lesson_open(struct lesson *lesson)
{
	memset(lesson, 0, sizeof(*lesson));
	bed_open(&lesson->bed, &plain);
	ps_decider_close(&lesson->bed.decider);
	announce(&lesson->bed, "s1", 1, ", \"computing-us\": 1000");
	announce(&lesson->bed, "s2", 2, ", \"computing-us\": 2000");
	briefs_init(&lesson->briefs);
	lesson->learner.store = lesson->bed.catsd.store;
	lesson->learner.ingress = "in";
	lesson->learner.briefs = &lesson->briefs;
	assert_int_equal(hybrid_learner_open(&lesson->learner,
					     lesson->bed.catsd.base), 0);
}

static void lesson_close(struct lesson *lesson)
{
	hybrid_learner_close(&lesson->learner);
	briefs_free(&lesson->briefs);
	store_free(lesson->bed.catsd.store);
	event_base_free(lesson->bed.catsd.base);
}

/* With weight @weight for the first of two, and the one at @host second. */
static void decide(struct lesson *lesson, const char *policy, int weight,
		   int host)
{
	char text[768];
	json_t *record;

	snprintf(text, sizeof(text),
		 "{\"csid\": \"203.0.113.1\", \"vrf\": 100, \"mode\": \"control\", "
		 "\"policy\": \"%s\", \"nexthops\": [{\"policy\": \"P1\", "
		 "\"sid\": \"2001:db8:4::1\", \"instance\": \"10.0.1.1\", "
		 "\"site\": \"s1\", \"weight\": %d}, {\"policy\": \"P2\", "
		 "\"sid\": \"2001:db8:4::%d\", \"instance\": \"10.0.1.%d\", "
		 "\"site\": \"s2\", \"weight\": 50}]}", policy, weight, host,
		 host);
	record = json_loads(text, 0, NULL);
	assert_non_null(record);
	assert_int_equal(store_put(lesson->bed.catsd.store, KEY, record, 0), 0);
	turn(lesson);
}

/* Return: is something else said than before? */
static bool told(struct lesson *lesson)
{
	struct brief *brief;
	uint8_t csid[16];

	turn(lesson);
	mapped_parse("203.0.113.1", csid);
	brief = brief_find(&lesson->briefs, 100, csid);
	return brief && brief_read(&lesson->briefs, brief, &lesson->text);
}

static void test_known(void **state)
{
	static struct lesson lesson;
	const struct brief_text *text = &lesson.text;

	(void)state;
	lesson_open(&lesson);
	assert_false(told(&lesson));
	decide(&lesson, "least-response", 50, 2);
	assert_true(told(&lesson));
	assert_true(text->known);
	assert_int_equal(text->instances, 2);
	assert_true(text->instance[1].service_us == 2000);
	assert_true(text->instance[0].delay_us == 0);
	assert_true(isnan(text->instance[0].flows));
	metric(&lesson.bed, "s1", 1, 7, "");
	assert_true(told(&lesson));
	assert_true(text->instance[0].flows == 7);
	/* the delay of one of two is known: that is not enough */
	path(&lesson.bed, "in", "P1", "2001:db8:e::1", 4000, "up");
	assert_true(told(&lesson));
	assert_false(text->known);
	path(&lesson.bed, "in", "P2", "2001:db8:e::2", 8000, "up");
	assert_true(told(&lesson));
	assert_true(text->known);
	assert_true(text->instance[1].delay_us > text->instance[0].delay_us);
	/* another policy: nothing is said any more */
	decide(&lesson, "weighted", 50, 2);
	assert_true(told(&lesson));
	assert_false(text->known);
	lesson_close(&lesson);
}

/* An instance that is decided for before its site has said anything. */
static void test_late(void **state)
{
	static struct lesson lesson;

	(void)state;
	lesson_open(&lesson);
	decide(&lesson, "least-response", 50, 3);
	assert_true(told(&lesson));
	assert_false(lesson.text.known);
	announce(&lesson.bed, "s2", 3, ", \"computing-us\": 3000");
	assert_true(told(&lesson));
	assert_true(lesson.text.known);
	lesson_close(&lesson);
}

/* Weights change all the time: facts must not remember each decision. */
static void test_weights(void **state)
{
	static struct lesson lesson;
	struct fact_instance *instance;
	uint8_t id[16];
	int i;

	(void)state;
	lesson_open(&lesson);
	for (i = 1; i < 100; i++)
		decide(&lesson, "least-response", i, 2);
	mapped_parse("10.0.1.1", id);
	instance = facts_instance(&lesson.learner.facts, "s1", id);
	assert_non_null(instance);
	assert_int_equal(instance->users.count, 1);
	/* and what is said is still about them */
	told(&lesson);
	metric(&lesson.bed, "s1", 1, 9, "");
	assert_true(told(&lesson));
	assert_true(lesson.text.instance[0].flows == 9);
	lesson_close(&lesson);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
