// SPDX-License-Identifier: GPL-2.0-or-later
/* Role sma with a store and a tree: what it tells others, when, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <stdlib.h>

#include "base64.h"
#include "carh.h"
#include "clock.h"
#include "role.h"
#include "sma/config.h"
#include "tree.h"

#define LIMIT_MS	20000	/* of a condition, on a busy machine */
#define GROUP		"/cg/web"

static char root[64];
static struct catsd catsd;
static void *role;
static unsigned int updates;
static unsigned long busy, idle;

static struct sma_health_config health = {
	.type = (char *)"tcp",
	.port = 1,
	.address = (char *)"127.0.0.1",
	.interval_ms = 100,
	.timeout_ms = 100,
};

static struct sma_instance_config instances[] = {
	{ .instance = (char *)"10.0.1.2", .cgroup = (char *)"web" },
	{ .instance = (char *)"2001:DB8:0::7" },
	{ .instance = (char *)"10.0.1.9" },
};

static char *csid[] = { (char *)"203.0.113.1" };

static struct sma_service_config services[] = {
	{
		.name = (char *)"web",
		.csid = csid,
		.csid_count = 1,
		.adapt = true,
		.instances = instances,
		.instances_count = 3,
	},
};

static struct sma_config config = {
	.root = root,
	.cgroup_root = (char *)"/cg",
	.nvml = (char *)"/nonexistent.so",
	.sample_ms = 100,
	.window_ms = 100,
	.interval_ms = 60000,
	.spacing_ms = 1000,
	.ttl_s = 61,
	.services = services,
	.services_count = 1,
};

static void on_update(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	(void)ctx;
	updates += change == STORE_PUT && !strcmp(entry->key, "metric/s1/host");
}

static int setup(void **state)
{
	(void)state;
	tree_new(root);
	busy = idle = 1000;
	tree_cpu(root, 2, busy, idle);
	tree_memory(root, 1000, 600);
	updates = 0;
	instances[2].health = NULL;
	catsd.base = event_base_new();
	catsd.store = store_new();
	catsd.site = "s1";
	assert_non_null(store_watch(catsd.store, "metric/s1/", on_update,
				    NULL));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (role)
		role_sma.stop(role);
	role = NULL;
	assert_int_equal(store_count(catsd.store), 0);
	store_free(catsd.store);
	event_base_free(catsd.base);
	tree_free(root);
	return 0;
}

static void start(void)
{
	assert_int_equal(role_sma.check(&catsd, &config), 0);
	assert_int_equal(role_sma.start(&catsd, &config, &role), 0);
}

static json_t *record(const char *name)
{
	const struct store_entry *entry;
	char key[128];

	snprintf(key, sizeof(key), "metric/s1/%s", name);
	entry = store_get(catsd.store, key);
	return entry ? entry->value : NULL;
}

static double number(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static double raw(const char *name, const char *factor)
{
	return number(json_object_get(record(name), "raw"), factor);
}

/* work SHARE: that much of the CPUs is used from now on, for one sample */
static void work(double share)
{
	busy += 1000 * share;
	idle += 1000 * (1 - share);
	tree_cpu(root, 2, busy, idle);
}

typedef bool (*condition_fn)(void);

static void until(condition_fn condition, double share)
{
	uint64_t end = clock_monotonic_ms() + LIMIT_MS;

	while (!condition()) {
		assert_true(clock_monotonic_ms() < end);
		if (share >= 0)
			work(share);
		event_base_loop(catsd.base, EVLOOP_ONCE);
	}
}

static bool host_is_there(void)
{
	return record("host");
}

static bool cpu_is_known(void)
{
	return !isnan(raw("host", "cpu-utilisation"));
}

static bool are_there(void)
{
	return record("10.0.1.2") && record("2001:db8::7") &&
	       record("10.0.1.9") && cpu_is_known();
}

static void decode(const char *name, struct carh *carh)
{
	const char *of = text(record(name), "carh");
	/* the reverse of base64_encode(), by trying */
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t data[CARH_ENCODED_MAX + 3];
	size_t len = 0, i;
	uint32_t bits = 0;

	for (i = 0; of[i] && of[i] != '='; i++) {
		bits = bits << 6 | (strchr(digits, of[i]) - digits);
		if (i % 4)
			data[len++] = bits >> (6 - 2 * (i % 4));
	}
	assert_int_equal(carh_decode(data, len, carh), CARH_OK);
	assert_int_equal(carh->length, len);
	assert_int_equal(carh_judge(carh, carh_time_now(), 0), CARH_OK);
}

static void test_host(void **state)
{
	struct carh carh;
	json_t *host;

	(void)state;
	start();
	until(host_is_there, -1);
	host = record("host");
	/* one sample of counters is no utilisation */
	assert_string_equal(text(host, "reason"), "start");
	assert_true(isnan(raw("host", "cpu-utilisation")));
	assert_true(fabs(raw("host", "memory-utilisation") - 0.4) < 1e-9);
	decode("host", &carh);
	assert_true(isnan(carh_get(&carh, CAI_CPU_UTILISATION)));
	assert_true(fabs(carh_get(&carh, CAI_MEMORY_UTILISATION) - 40) < 1e-9);
	assert_true(isnan(carh_get(&carh, CAI_GPU_UTILISATION)));
	assert_true(isnan(carh_get(&carh, CAI_NQI)));
	assert_int_equal(carh.ttl_s, 61);
	assert_null(json_object_get(host, "instance"));
	assert_string_equal(text(host, "site"), "s1");
	assert_true(json_is_null(json_object_get(host, "nqi")));
	assert_int_equal(number(host, "sequence"), 1);
}

static void check_metrics(const json_t *of)
{
	static const char *const keys[] = {
		"type", "level", "format", "length", "unit", "source",
		"statistics", "window", "value",
	};
	json_t *metrics = json_object_get(of, "metrics"), *metric = NULL;
	size_t i, j;

	assert_true(json_array_size(metrics) >= 2);
	json_array_foreach(metrics, i, metric) {
		for (j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			assert_non_null(json_object_get(metric, keys[j]));
		assert_true(number(metric, "value") >= 0);
		assert_true(number(metric, "value") <= 10);
		assert_int_equal(number(metric, "window"), 100);
	}
	assert_string_equal(text(metric, "type"), "norm_fi");
	assert_int_equal(number(metric, "value"), number(of, "level2"));
}

static void test_instances(void **state)
{
	json_t *with, *without;
	struct carh carh;

	(void)state;
	tree_write(root, GROUP "/memory.current", "262144\n");
	tree_write(root, GROUP "/memory.max", "524288\n");
	start();
	until(are_there, 0.5);
	with = record("10.0.1.2");
	/* its own key in the form that everybody uses */
	without = record("2001:db8::7");
	assert_string_equal(text(without, "instance"), "2001:db8::7");
	assert_string_equal(json_string_value(json_array_get(
		json_object_get(with, "csid"), 0)), "203.0.113.1");
	assert_true(fabs(raw("10.0.1.2", "memory-utilisation") - 0.5) < 1e-4);
	assert_true(fabs(raw("2001:db8::7", "memory-utilisation") - 0.4) <
		    1e-4);
	/* no cpu.stat in its group: unknown, not the host's, not 0 */
	assert_true(isnan(raw("10.0.1.2", "cpu-utilisation")));
	decode("10.0.1.2", &carh);
	assert_true(isnan(carh_get(&carh, CAI_CPU_UTILISATION)));
	assert_true(fabs(carh_get(&carh, CAI_MEMORY_UTILISATION) - 50) < 0.01);
	assert_int_equal(carh_get(&carh, CAI_CPS), number(with, "cps"));
	assert_int_equal(number(with, "level2"),
			 (int)number(with, "cps") / 100);
	check_metrics(with);
	check_metrics(without);
	assert_string_equal(text(json_object_get(with, "functions"),
				 "normalization"), "min-max");
	assert_true(number(with, "coverage") > 0);
	assert_true(number(with, "coverage") < 1);
	assert_non_null(json_object_get(with, "weights-why"));
}

static unsigned int had;

static bool is_new(void)
{
	return updates > had;
}

static bool is_loaded(void)
{
	return raw("host", "cpu-utilisation") > 0.9;
}

static void test_threshold(void **state)
{
	uint64_t start_ms;

	(void)state;
	start();
	until(cpu_is_known, 0.1);
	start_ms = clock_monotonic_ms();
	until(is_loaded, 1);
	/* a level was crossed: long before the interval of a minute */
	assert_true(clock_monotonic_ms() - start_ms < LIMIT_MS);
	assert_string_equal(text(record("host"), "reason"), "threshold");
}

static bool spoke_often(void)
{
	return updates >= 6;
}

static void test_budget(void **state)
{
	uint64_t begin = clock_monotonic_ms(), end;
	bool up = false;

	(void)state;
	start();
	end = begin + LIMIT_MS;
	while (!spoke_often() && clock_monotonic_ms() < end) {
		work(up ? 1 : 0);
		up = !up;
		event_base_loop(catsd.base, EVLOOP_ONCE);
	}
	/* 3 at once, and one a second: the 6th is 3 seconds later */
	assert_int_equal(updates, 6);
	assert_true(clock_monotonic_ms() - begin >= 2900);
}

static void put_path(const char *key, const char *value)
{
	assert_int_equal(store_put(catsd.store, key,
				   json_loads(value, 0, NULL), 0), 0);
}

static bool nqi_is_800(void)
{
	return number(record("host"), "nqi") == 800;
}

static bool nqi_is_400(void)
{
	return number(record("host"), "nqi") == 400;
}

static bool nqi_is_unknown(void)
{
	return json_is_null(json_object_get(record("host"), "nqi"));
}

static void test_nqi(void **state)
{
	struct carh carh;

	(void)state;
	start();
	until(host_is_there, -1);
	put_path("path/s1/p1", "{\"delay\": {\"avg\": 20000}}");
	put_path("path/s2/p1", "{\"delay\": {\"avg\": 90000}}");
	until(nqi_is_800, -1);
	decode("host", &carh);
	assert_int_equal(carh_get(&carh, CAI_NQI), 800);
	put_path("path/s1/p2", "{\"state\": \"down\"}");
	until(nqi_is_400, -1);
	store_delete(catsd.store, "path/s1/p1");
	store_delete(catsd.store, "path/s1/p2");
	store_delete(catsd.store, "path/s2/p1");
	until(nqi_is_unknown, -1);
}

static bool is_down(void)
{
	return !strcmp(text(record("10.0.1.9"), "health"), "down");
}

static void test_down(void **state)
{
	(void)state;
	instances[2].health = &health;
	start();
	until(is_down, 0.1);
	assert_int_equal(number(record("10.0.1.9"), "cps"), 0);
	assert_int_equal(number(record("10.0.1.9"), "level2"), 0);
	/* told long before the interval of a minute; what it has is told too */
	assert_true(raw("10.0.1.9", "memory-utilisation") > 0);
	/* the neighbours are what they were */
	assert_true(number(record("2001:db8::7"), "cps") > 0);
	assert_true(isnan(raw("10.0.1.9", "response-time")));
}

static void test_show(void **state)
{
	struct openmetrics *om = om_new();
	json_t *status, *weights;
	char *exposition;

	(void)state;
	start();
	until(are_there, 0.3);
	status = role_sma.status(role);
	assert_string_equal(text(status, "state"), "running");
	assert_int_equal(number(status, "instances"), 3);
	assert_true(number(json_object_get(status, "updates"), "start") == 4);
	weights = json_object_get(json_object_get(status, "weights"), "web");
	assert_non_null(json_object_get(json_object_get(weights,
							"cpu-utilisation"),
					"why"));
	json_decref(status);
	role_sma.measure(role, om);
	exposition = om_text(om);
	assert_non_null(exposition);
	assert_non_null(strstr(exposition,
			       "cats_sma_cps{site=\"s1\",instance=\"host\"} "));
	assert_non_null(strstr(exposition, "cats_sma_updates_total"));
	free(exposition);
	om_free(om);
}

/* Nothing can be read at all: records, but no score. */
static void test_unknown(void **state)
{
	char *nowhere[] = { (char *)"/none" };

	(void)state;
	tree_write(root, "/proc/stat", " ");
	tree_write(root, "/proc/meminfo", " ");
	config.storage = nowhere;
	config.storage_count = 1;
	start();
	had = 0;
	until(is_new, -1);
	config.storage_count = 0;
	assert_true(json_is_null(json_object_get(record("host"), "cps")));
	assert_true(json_is_null(json_object_get(record("host"), "level2")));
	assert_int_equal(json_array_size(json_object_get(record("host"),
							 "metrics")), 0);
	assert_int_equal(json_object_size(json_object_get(record("host"),
							  "raw")), 0);
}

static void test_base64(void **state)
{
	static const char *const of[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
	};
	char out[16];
	size_t i;

	(void)state;
	/* RFC 4648 section 10 */
	for (i = 0; i < 7; i++) {
		base64_encode((const uint8_t *)"foobar", i, out);
		assert_string_equal(out, of[i]);
		assert_int_equal(strlen(out), BASE64_LEN(i));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_host),      TEST(test_instances),
		TEST(test_threshold), TEST(test_budget),
		TEST(test_nqi),	      TEST(test_down),
		TEST(test_show),      TEST(test_unknown),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
