// SPDX-License-Identifier: GPL-2.0-or-later
/* When something is published (RFC 8570 5), and what a wrong section is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "error.h"
#include "nma/report.h"

#define SECOND	1000000000ull

static const struct nma_session_config named = { .policy = "P" };
static struct cats_path_state path;
static struct nma_session session;
static struct nma_report report;
static struct nma_config config;

static int begin(void **state)
{
	(void)state;
	memset(&session, 0, sizeof(session));
	memset(&report, 0, sizeof(report));
	memset(&path, 0, sizeof(path));
	memset(&config, 0, sizeof(config));
	session.config = &named;
	session.path = &path;
	return 0;
}

/* A window in which all delays were @us. */
static void window(uint64_t us)
{
	session.result.delay = (struct nma_delay){ .min = us * 1000,
		.max = us * 1000, .sum = us * 100000, .count = 100 };
	session.result.loss = (struct nma_loss){ .probes = 100,
						 .answered = 100 };
	session.results++;
}

static const char *ask(uint64_t now)
{
	const char *reason = nma_report_reason(&report, &session, &config, now);

	if (reason)
		nma_report_made(&report, &session, now);
	return reason;
}

static void test_damping(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	assert_null(ask(now));
	window(1000);
	assert_string_equal(ask(now), "start");
	assert_null(ask(now));
	/* 5 % off is not 10 % off */
	window(1050);
	assert_null(ask(now += 10 * SECOND));
	window(1200);
	assert_string_equal(ask(now += 10 * SECOND), "threshold");
	window(1200);
	assert_null(ask(now += 10 * SECOND));
	window(1200);
	assert_string_equal(ask(now += 60 * SECOND), "interval");
	path.liveness = CATS_PATH_DOWN;
	assert_string_equal(ask(now), "state");
	assert_int_equal(report.sequence, 4);
}

/* RFC 10053 6: what flaps is held to its budget, states are not. */
static void test_budget(void **state)
{
	uint32_t i, said = 0;
	uint64_t now = SECOND;

	(void)state;
	config.budget = 6;
	config.interval_ms = 3600000;
	window(1000);
	ask(now);
	for (i = 0; i < 600; i++) {
		window(i % 2 ? 1000 : 2000);
		said += ask(now += SECOND) != NULL;
	}
	/* ten minutes, and what was saved up before */
	assert_in_range(said, 55, 66);
	path.liveness = CATS_PATH_DOWN;
	assert_string_equal(ask(now), "state");
}

static void refuse(const char *key)
{
	assert_int_equal(nma_config_check(&config), -22);
	if (!strstr(cats_error_message(), key))
		fail_msg("\"%s\" does not name %s", cats_error_message(), key);
}

static void test_config(void **state)
{
	struct nma_session_config sessions[2] = { { .policy = "P" },
						  { .policy = "Q" } };
	struct nma_reflector_config reflector = {};
	char *devices[] = { "eth0" };
	struct nma_source_config source = { .source = "2001:db8::/129" };

	(void)state;
	config.sessions = sessions;
	config.sessions_count = 2;
	assert_int_equal(nma_config_check(&config), 0);
	sessions[0].ssid = 2;
	refuse("ssid");
	sessions[0].ssid = 4096;
	refuse("ssid");
	sessions[0].ssid = 0;
	sessions[1].interval_us = 999;
	refuse("interval-us");
	sessions[1].interval_us = 1000;
	sessions[1].missed = STAMP_RING;
	refuse("missed");
	sessions[1].missed = 3;
	sessions[1].endpoint = "192.0.2.1";
	refuse("endpoint");
	sessions[1].endpoint = NULL;
	sessions[1].labels = 17;
	refuse("labels");
	sessions[1].labels = 16;
	config.priority = 99;
	refuse("priority");
	config.priority = 0;
	config.reflector = &reflector;
	reflector.devices = devices;
	reflector.devices_count = 1;
	refuse("listen");
	reflector.listen = "2001:db8::1";
	reflector.sources = &source;
	reflector.sources_count = 1;
	refuse("2001:db8::/129");
	source.source = "192.0.2.0/24";
	assert_int_equal(nma_config_check(&config), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_damping), TEST(test_budget), TEST(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
