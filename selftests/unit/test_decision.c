// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of decisions: what is right, and what is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "decision.h"
#include "error.h"
#include "mapped.h"

#define HOP	"{\"policy\": \"P\", \"sid\": \"2001:db8::1\", "		\
		"\"instance\": \"10.0.0.1\", \"weight\": 3}"

static struct decision decision;

static int parse(const char *text)
{
	json_t *record = json_loads(text, 0, NULL);
	int ret;

	assert_non_null(record);
	ret = decision_parse(record, &decision);
	json_decref(record);
	return ret;
}

static void test_right(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"csid\": \"203.0.113.1\", \"vrf\": 4294967295, "
			       "\"sequence\": 7, \"affinity\": \"src\", "
			       "\"table\": \"exact\", \"timeout\": 9, "
			       "\"policy\": \"least-delay\", "
			       "\"mode\": \"control\", "
			       "\"size\": 64, \"gone\": [\"2001:db8::9\"], "
			       "\"nexthops\": [" HOP "]}"), 0);
	assert_int_equal(decision.vrf, UINT32_MAX);
	assert_int_equal(decision.sequence, 7);
	assert_int_equal(decision.route.affinity, CATS_AFFINITY_SRC);
	assert_int_equal(decision.route.compiler, CATS_COMPILER_EXACT);
	assert_int_equal(decision.route.timeout_s, 9);
	assert_int_equal(decision.route.size, 64);
	assert_int_equal(decision.route.mode, 1);
	assert_string_equal(decision.policy, "least-delay");
	assert_int_equal(decision.nexthops, 1);
	assert_string_equal(decision.nexthop[0].site, "");
	assert_int_equal(decision.nexthop[0].weight, 3);
	assert_string_equal(decision.nexthop[0].policy, "P");
	assert_int_equal(decision.gones, 1);
	/* what is not said is the default */
	assert_int_equal(parse("{\"csid\": \"2001:db8::5\", \"nexthops\": [" HOP
			       "]}"), 0);
	assert_int_equal(decision.vrf, 0);
	assert_int_equal(decision.route.timeout_s, CATS_TIMEOUT_DEFAULT);
	assert_int_equal(decision.gones, 0);
	assert_int_equal(decision.route.mode, 0);
	assert_string_equal(decision.policy, "");
}

/* Each with the member that the message has to name. */
static void test_wrong(void **state)
{
	static const char *const wrong[][2] = {
		{ "{}", "csid" },
		{ "{\"csid\": 1}", "csid" },
		{ "{\"csid\": \"203.0.113\"}", "csid" },
		{ "{\"csid\": \"::1\"}", "nexthops" },
		{ "{\"csid\": \"::1\", \"nexthops\": []}", "nexthops" },
		{ "{\"csid\": \"::1\", \"nexthops\": {}}", "nexthops" },
		{ "{\"csid\": \"::1\", \"nexthops\": [1]}", "policy" },
		{ "{\"csid\": \"::1\", \"vrf\": -1}", "vrf" },
		{ "{\"csid\": \"::1\", \"vrf\": 4294967296}", "vrf" },
		{ "{\"csid\": \"::1\", \"vrf\": 1.5}", "vrf" },
		{ "{\"csid\": \"::1\", \"sequence\": -1}", "sequence" },
		{ "{\"csid\": \"::1\", \"affinity\": \"x\"}", "affinity" },
		{ "{\"csid\": \"::1\", \"table\": \"x\"}", "table" },
		{ "{\"csid\": \"::1\", \"mode\": \"x\"}", "mode" },
		{ "{\"csid\": \"::1\", \"timeout\": 1000001}", "timeout" },
		{ "{\"csid\": \"::1\", \"size\": 262145}", "size" },
		{ "{\"csid\": \"::1\", \"nexthops\": [" HOP "], \"gone\": [1]}",
		  "gone" },
		{ "{\"csid\": \"::1\", \"nexthops\": [{\"policy\": \"\"}]}",
		  "policy" },
		{ "{\"csid\": \"::1\", \"nexthops\": [{\"policy\": \"P\"}]}",
		  "instance" },
		{ "{\"csid\": \"::1\", \"nexthops\": [{\"policy\": \"P\", "
		  "\"instance\": \"::1\", \"sid\": \"10.0.0.1\"}]}", "sid" },
		{ "{\"csid\": \"::1\", \"nexthops\": [{\"policy\": \"P\", "
		  "\"instance\": \"::1\", \"sid\": \"::1\", "
		  "\"weight\": 65536}]}", "weight" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(parse(wrong[i][0]), -EINVAL);
		assert_non_null(strstr(cats_error_message(), wrong[i][1]));
	}
}

static void test_too_many(void **state)
{
	json_t *record = json_pack("{s:s, s:[]}", "csid", "::1", "nexthops");
	json_t *hops = json_object_get(record, "nexthops");
	int i;

	(void)state;
	for (i = 0; i < CATS_NEXTHOPS_MAX; i++)
		json_array_append_new(hops, json_loads(HOP, 0, NULL));
	assert_int_equal(decision_parse(record, &decision), 0);
	json_array_append_new(hops, json_loads(HOP, 0, NULL));
	assert_int_equal(decision_parse(record, &decision), -EINVAL);
	json_decref(record);
}

static void test_keys(void **state)
{
	static const char *const wrong[] = {
		"decision/", "decision/1", "decision/1/", "decision/x/::1",
		"decision/1/::1/", "decision/1/::1/a/b", "decision/-1/::1",
		"decision/01/::1", "decision/1/::0001", "decision/+1/::1",
		"decision/4294967297/::1", "decision/1/10.0.0.1 ",
	};
	uint8_t csid[16], again[16];
	char key[160], ingress[64];
	uint32_t vrf;
	size_t i;

	(void)state;
	mapped_parse("203.0.113.1", csid);
	decision_key(key, sizeof(key), 100, csid, "");
	assert_string_equal(key, "decision/100/203.0.113.1");
	assert_int_equal(decision_key_parse(key, &vrf, again, ingress), 0);
	assert_int_equal(vrf, 100);
	assert_memory_equal(csid, again, 16);
	assert_string_equal(ingress, "");
	decision_key(key, sizeof(key), 0, csid, "in");
	assert_int_equal(decision_key_parse(key, &vrf, again, ingress), 0);
	assert_string_equal(ingress, "in");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(decision_key_parse(wrong[i], &vrf, again,
						    ingress), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
