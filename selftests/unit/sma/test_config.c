// SPDX-License-Identifier: GPL-2.0-or-later
/* Section sma: what is right, what is wrong and what is said then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "sma/config.h"
#include "sma/rules.h"

#define FUZZ_ROUNDS	4000

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sma_config, sma_fields),
};

static const cyaml_config_t how = {
	.mem_fn = cyaml_mem,
	.log_level = CYAML_LOG_ERROR + 1,
	.flags = CYAML_CFG_NO_ALIAS,
};

static const char whole[] =
	"root: /tmp\n"
	"cgroup-root: /sys/fs/cgroup/unified\n"
	"nvml: libnvidia-ml.so.1\n"
	"sample-ms: 1000\n"
	"interval-ms: 10000\n"
	"window-ms: 10000\n"
	"ttl-s: 30\n"
	"burst: 3\n"
	"spacing-ms: 5000\n"
	"normalization: sigmoid\n"
	"steepness: 8\n"
	"aggregation: geometric-mean\n"
	"storage: [ /, /var ]\n"
	"levels:\n"
	"  - { value: cps, levels: [ 200, 400, 600 ], hysteresis: 30 }\n"
	"  - { value: response-time, levels: [ 1000, 10000 ] }\n"
	"factors:\n"
	"  - { factor: cpu-utilisation, weight: 3 }\n"
	"  - { factor: memory-utilisation, weight: 1, best: 0.1, worst: 0.9 }\n"
	"nqi:\n"
	"  - { factor: delay, weight: 1, worst: 50000 }\n"
	"services:\n"
	"  - name: web\n"
	"    csid: [ 203.0.113.1, \"2001:db8:c5::1\" ]\n"
	"    adapt: true\n"
	"    factors:\n"
	"      - { factor: response-time, weight: 1, best: 100, worst: 20000 }\n"
	"      - { factor: flows, weight: 1, best: 0, worst: 500,\n"
	"          weight-min: 0.1, weight-max: 0.9 }\n"
	"    health: { type: http, port: 80, path: /healthz, host: web,\n"
	"              interval-ms: 5000, timeout-ms: 500, status: 204,\n"
	"              fall: 3, rise: 2 }\n"
	"    instances:\n"
	"      - { instance: 10.0.1.2, cgroup: system.slice/web.service }\n"
	"      - instance: 2001:db8::7\n"
	"        health: { type: tcp, port: 443, address: 10.0.1.7 }\n";

static int load(const char *text, size_t len)
{
	struct sma_config *config = NULL;
	cyaml_err_t err;
	int ret = -EBADMSG;

	err = cyaml_load_data((const uint8_t *)text, len, &how, &schema,
			      (cyaml_data_t **)&config, NULL);
	if (err == CYAML_OK && config)
		ret = sma_config_check(config);
	cyaml_free(&how, &schema, config, 0);
	return ret;
}

static void test_whole(void **state)
{
	(void)state;
	if (load(whole, strlen(whole)))
		fail_msg("%s", cats_error_message());
}

static void test_least(void **state)
{
	static const char least[] = "sample-ms: 1000\n";
	static const char short_interval[] =
		"sample-ms: 100\nwindow-ms: 1000\ninterval-ms: 200\n";

	(void)state;
	assert_int_equal(load(least, strlen(least)), 0);
	/* the default spacing follows it */
	if (load(short_interval, strlen(short_interval)))
		fail_msg("%s", cats_error_message());
}

#define SERVICE "services:\n  - name: web\n    csid: [ 203.0.113.1 ]\n"
#define INSTANCE SERVICE "    instances:\n      - instance: 10.0.1.2\n"
#define HEALTH(text) INSTANCE "        health: { " text " }\n"
#define FACTORS_(text) "factors:\n  - { " text " }\n"

/* A mistake, and what names it. */
static const struct {
	const char *text;
	const char *why;
} mistakes[] = {
	{ "sample-ms: 99\n", "sma.sample-ms" },
	{ "interval-ms: 999\n", "sma.interval-ms" },
	{ "window-ms: 500\n", "sma.window-ms" },
	{ "window-ms: 61000\n", "sma.window-ms" },
	{ "ttl-s: 256\n", "sma.ttl-s" },
	{ "ttl-s: 10\n", "sma.ttl-s: is not longer than interval-ms" },
	{ "spacing-ms: 10001\n", "sma.spacing-ms" },
	{ "burst: 1001\n", "sma.burst" },
	{ "normalization: linear\n",
	  "sma.normalization: \"linear\" is none of min-max, sigmoid" },
	{ "aggregation: mean\n", "sma.aggregation" },
	{ "steepness: 0\n", "sma.steepness" },
	{ "steepness: nan\n", "sma.steepness" },
	{ "levels: [ { value: cpu, levels: [ 1 ] } ]\n", "sma.levels.value" },
	{ "levels: [ { value: cps, levels: [ 2, 1 ] } ]\n",
	  "sma.levels.cps: level 1 is not above level 2" },
	{ "levels: [ { value: cps, levels: [ 1, 2 ], hysteresis: 1 } ]\n",
	  "sma.levels.cps: hysteresis" },
	{ "levels: [ { value: cps, levels: [ 1 ] },"
	  " { value: cps, levels: [ 1 ] } ]\n", "sma.levels.cps: is there twice" },
	{ "levels: [ { value: cps, levels: [ 1,2,3,4,5,6,7,8,9,10,11,12,13,14,"
	  "15,16,17 ] } ]\n", "sma.levels.cps: up to 16" },
	{ FACTORS_("factor: cpu, weight: 1"), "sma.factors.cpu: there is no" },
	{ FACTORS_("factor: flows, weight: 1"), "sma.factors.flows.worst" },
	{ FACTORS_("factor: flows, weight: 0, best: 0, worst: 1"),
	  "sma.factors.flows.weight" },
	{ FACTORS_("factor: cpu-utilisation, weight: -1"),
	  "sma.factors.cpu-utilisation.weight" },
	{ FACTORS_("factor: cpu-utilisation, weight: nan"),
	  "sma.factors.cpu-utilisation.weight" },
	{ FACTORS_("factor: cpu-utilisation, weight: 1, weight-max: 0.5"),
	  "weight-max" },
	{ FACTORS_("factor: cpu-utilisation, weight: 1, weight-min: -0.5"),
	  "weight-min" },
	{ FACTORS_("factor: cpu-utilisation, weight: 1, worst: 0"),
	  "worst: is the same as best" },
	{ FACTORS_("factor: cpu-utilisation, weight: 1, worst: inf"),
	  "is no number" },
	{ FACTORS_("factor: cpu-utilisation, weight: 1 }\n"
		   "  - { factor: cpu-utilisation, weight: 1"), "twice" },
	{ "nqi: [ { factor: jitter, weight: 1 } ]\n", "sma.nqi.jitter" },
	{ "nqi: [ { factor: loss, weight: 1, worst: 0 } ]\n",
	  "sma.nqi.loss.worst" },
	{ "nqi: [ { factor: loss, weight: 1, weight-max: 1 } ]\n",
	  "weights of the NQI do not adapt" },
	{ "services: [ { name: a, csid: [ x ], instances: [ { instance: 10.0.1.2"
	  " } ] } ]\n", "sma.services.a.csid: \"x\"" },
	{ SERVICE "    instances: [ { instance: ten } ]\n",
	  "sma.services.web.instances.ten.instance" },
	{ INSTANCE "      - instance: \"::ffff:10.0.1.2\"\n", "twice" },
	{ INSTANCE "        cgroup: /system.slice\n", "cgroup" },
	{ INSTANCE "        cgroup: a/../../b\n", "cgroup" },
	{ HEALTH("type: udp, port: 1"), "health.type" },
	{ HEALTH("type: tcp, port: 0"), "health.port" },
	{ HEALTH("type: tcp, port: 1, address: localhost"), "health.address" },
	{ HEALTH("type: http, port: 1, path: x"), "health.path" },
	{ HEALTH("type: http, port: 1, path: \"/ HTTP/1.1\\r\\nA: b\""),
	  "health.path" },
	{ HEALTH("type: http, port: 1, host: \"a\\r\\nb\""), "health.host" },
	{ HEALTH("type: http, port: 1, status: 100"), "health.status" },
	{ HEALTH("type: tcp, port: 1, interval-ms: 99"), "health.interval-ms" },
	{ HEALTH("type: tcp, port: 1, timeout-ms: 60001"),
	  "health.timeout-ms" },
};

static void test_mistakes(void **state)
{
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		cats_error(0, "nothing");
		ret = load(mistakes[i].text, strlen(mistakes[i].text));
		print_message("# %s\n", cats_error_message());
		if (ret != -EINVAL)
			fail_msg("%d for\n%s", ret, mistakes[i].text);
		assert_non_null(strstr(cats_error_message(), mistakes[i].why));
		assert_non_null(strstr(cats_error_message(), "sma."));
	}
}

static void test_schema(void **state)
{
	static const char *const wrong[] = {
		"unknown-key: 1\n", "sample-ms: -1\n", "sample-ms: many\n",
		"services: web\n", "services:\n  - name: web\n", "[ 1 ]\n", "",
		"levels: [ { value: cps, levels: [] } ]\n",
		HEALTH("type: tcp, port: 65536"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(load(wrong[i], strlen(wrong[i])), -EBADMSG);
}

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static size_t mutate(char *text, size_t len)
{
	static const char *const words[] = {
		"0", "-1", "99999999999999999999", "1e308", "nan", ".inf", "~",
		"{", "[", "\"", ": ", "\n", "- ", "&a ", "*a", "!!binary ", "\t",
	};
	const char *word;
	unsigned int n;
	size_t at;

	for (n = 1 + any(3); n; n--) {
		at = any(len);
		word = words[any(sizeof(words) / sizeof(words[0]))];
		switch (any(4)) {
		case 0:
			text[at] = 32 + any(95);
			break;
		case 1:
			text[at] = any(256);
			break;
		case 2:
			if (at + strlen(word) < len)
				memcpy(text + at, word, strlen(word));
			break;
		case 3:
			memmove(text + at, text + at + 1, len - at - 1);
			len--;
			break;
		}
	}
	return any(8) ? len : any(len) + 1;
}

static void test_fuzz(void **state)
{
	unsigned int good = 0, bad = 0, wrong = 0, i;
	char *text;
	size_t len;
	int ret;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		text = malloc(sizeof(whole));
		assert_non_null(text);
		memcpy(text, whole, sizeof(whole) - 1);
		len = mutate(text, sizeof(whole) - 1);
		ret = load(text, len);
		free(text);
		good += !ret;
		bad += ret == -EINVAL;
		wrong += ret == -EBADMSG;
	}
	print_message("# %u right, %u refused, %u not of the schema\n", good,
		      bad, wrong);
	assert_int_equal(good + bad + wrong, FUZZ_ROUNDS);
	assert_true(good && bad && wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
