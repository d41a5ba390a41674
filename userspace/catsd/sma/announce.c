// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "sma/announce.h"
#include "sma/sma.h"

/* of the time to live: two may be lost */
#define TIMES_PER_TTL	3

static int bad(const char *where, const char *key, const char *what)
{
	return cats_error(EINVAL, "sma.%s%s: %s", where, key, what);
}

static bool is_in6(const char *text)
{
	struct in6_addr addr;

	return inet_pton(AF_INET6, text, &addr) == 1;
}

static int check_numbers(const char *where,
			 const struct sma_instance_config *instance)
{
	if (instance->capacity && !*instance->capacity)
		return bad(where, "capacity", "is 0; an instance that shall take no flows has state drain");
	if (instance->cost && !(*instance->cost >= 0 &&
				*instance->cost <= 0x1p53))
		return bad(where, "cost", "is no number from 0 on");
	if (instance->computing_us && !*instance->computing_us)
		return bad(where, "computing-us", "is 0");
	return 0;
}

int sma_announce_check(const char *where, const struct sma_config *config,
		       const struct sma_instance_config *instance)
{
	const char *endpoint = instance->endpoint ? instance->endpoint :
						    config->endpoint;
	const char *state = instance->state;

	if (!instance->sid) {
		if (instance->endpoint || instance->capacity ||
		    instance->cost || instance->computing_us || state)
			return bad(where, "sid", "is missing: without it nobody gets to the instance");
		return 0;
	}
	if (!is_in6(instance->sid))
		return bad(where, "sid", "is no IPv6 address");
	if (!endpoint)
		return bad(where, "endpoint", "is missing, here or for all of sma");
	if (!is_in6(endpoint))
		return bad(where, "endpoint", "is no IPv6 address");
	if (state && strcmp(state, "up") && strcmp(state, "drain") &&
	    strcmp(state, "down"))
		return bad(where, "state", "is none of up, drain, down");
	return check_numbers(where, instance);
}

static double capacity_of(const struct sma_subject *subject)
{
	const uint32_t *capacity = subject->config->capacity;

	return capacity ? *capacity : subject->flow_limit;
}

static json_t *make_record(const struct sma *sma,
			   const struct sma_subject *subject)
{
	const struct sma_instance_config *config = subject->config;
	double capacity = capacity_of(subject);
	json_t *record;

	record = json_pack("{s:O, s:s, s:O, s:I, s:s, s:s, s:s}", "site",
			   sma->words.site, "instance", subject->name, "csid",
			   subject->service->csid, "vrf",
			   (json_int_t)subject->service->vrf, "sid",
			   config->sid, "endpoint", config->endpoint ?
			   config->endpoint : sma->config.endpoint, "state",
			   config->state ? config->state : "up");
	if (!record)
		return NULL;
	if (!isnan(capacity))
		json_object_set_new(record, "capacity", json_integer(capacity));
	if (config->cost)
		json_object_set_new(record, "cost", json_real(*config->cost));
	if (config->computing_us)
		json_object_set_new(record, "computing-us",
				    json_integer(*config->computing_us));
	return record;
}

void sma_announce(struct sma *sma, struct sma_subject *subject,
		  uint64_t now_ms)
{
	uint64_t ttl_ms = sma->config.ttl_s * 1000ull;
	static struct log_limit limit;
	json_t *record;
	char key[256];

	if (subject->is_host || !subject->config->sid ||
	    now_ms < subject->announce_ms)
		return;
	subject->announce_ms = now_ms + ttl_ms / TIMES_PER_TTL;
	record = make_record(sma, subject);
	snprintf(key, sizeof(key), "instance/%s/%s", sma->site, subject->name);
	if (record && !store_put(sma->store, key, record, ttl_ms))
		return;
	sma->refused++;
	catsd_log_limited(&limit, LOG_ERR, "sma: %s: %s", key,
			  cats_error_message());
}
