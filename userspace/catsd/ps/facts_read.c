// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "mapped.h"
#include "ps/carh_record.h"
#include "ps/facts.h"

#define CSIDS_MAX	64
#define SCORE_MAX	1000

double facts_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A member that is absent is NAN; one that cannot be makes the record wrong. */
static bool read_number(const json_t *record, const char *key, double min,
			double max, double *value)
{
	const json_t *member = json_object_get(record, key);

	*value = NAN;
	if (!member || json_is_null(member))
		return true;
	*value = facts_number(record, key);
	return *value >= min && *value <= max;
}

static bool read_in6(const json_t *record, const char *key, uint8_t addr[16])
{
	const char *text = json_string_value(json_object_get(record, key));

	return text && inet_pton(AF_INET6, text, addr) == 1;
}

static bool is_csids(const json_t *csids)
{
	const json_t *csid;
	uint8_t addr[16];
	size_t i;

	if (!json_array_size(csids) || json_array_size(csids) > CSIDS_MAX)
		return false;
	json_array_foreach(csids, i, csid)
		if (!json_is_string(csid) ||
		    !mapped_parse(json_string_value(csid), addr))
			return false;
	return true;
}

static bool read_state(const json_t *record, enum select_state *state)
{
	static const char *const names[] = { "up", "drain", "down" };
	const json_t *member = json_object_get(record, "state");
	int i;

	*state = SELECT_UP;
	if (!member)
		return true;
	for (i = 0; i < 3; i++)
		if (json_is_string(member) &&
		    !strcmp(json_string_value(member), names[i])) {
			*state = i;
			return true;
		}
	return false;
}

bool fact_read_instance(struct fact_instance *instance, const json_t *record)
{
	const char *name = json_string_value(json_object_get(record,
							     "instance"));
	json_t *csid = json_object_get(record, "csid");
	struct fact_instance read = *instance;
	double vrf;

	if (!name || strcmp(name, instance->name) || !is_csids(csid) ||
	    !read_in6(record, "sid", read.sid) ||
	    !read_in6(record, "endpoint", read.endpoint) ||
	    !read_state(record, &read.facts.state) ||
	    !read_number(record, "vrf", 0, UINT32_MAX, &vrf) ||
	    !read_number(record, "capacity", 0x1p-20, 0x1p53,
			 &read.facts.capacity) ||
	    !read_number(record, "cost", 0, 0x1p53, &read.facts.cost) ||
	    !read_number(record, "computing-us", 0x1p-20, 0x1p53,
			 &read.facts.service_us))
		return false;
	read.vrf = isnan(vrf) ? 0 : (uint32_t)vrf;
	read.announced = true;
	read.facts.silent = false;
	read.csid = json_incref(csid);
	json_decref(instance->csid);
	*instance = read;
	return true;
}

/* When it was perceived: it may have been on its way, or in the store. */
static uint64_t sampled_ms(const json_t *record, uint64_t now_ms)
{
	struct carh carh;
	int64_t age;

	if (!carh_record_read(record, &carh))
		return now_ms;
	age = carh_time_ms(carh.timestamp, carh_time_now());
	/* a clock that was set makes it neither new nor very old */
	if (age < 0 || age > carh.ttl_s * 1000ll)
		age = age < 0 ? 0 : carh.ttl_s * 1000ll;
	return now_ms > (uint64_t)age ? now_ms - age : 1;
}

bool fact_read_metric(struct fact_instance *instance, const json_t *record,
		      uint64_t now_ms)
{
	const json_t *raw = json_object_get(record, "raw");
	const char *health = json_string_value(json_object_get(record,
							       "health"));
	double score, flows, computing;

	if (!record) {
		instance->facts.score = NAN;
		instance->facts.flows = NAN;
		instance->facts.unhealthy = false;
		instance->facts.mismatch = false;
		instance->facts.sampled_ms = 0;
		return true;
	}
	if (!read_number(record, "cps", 0, SCORE_MAX, &score) ||
	    !read_number(raw, "flows", 0, 0x1p53, &flows) ||
	    !read_number(raw, "computing-us", 0x1p-20, 0x1p53, &computing))
		return false;
	if (isnan(score) && json_is_number(json_object_get(record, "level2")) &&
	    (!read_number(record, "level2", 0, 10, &score) ||
	     isnan(score *= 100)))
		return false;
	instance->facts.score = score;
	instance->facts.flows = flows;
	instance->facts.unhealthy = health && !strcmp(health, "down");
	instance->facts.mismatch = json_object_get(record, "mismatch");
	instance->facts.sampled_ms = sampled_ms(record, now_ms);
	return true;
}

static bool read_part(const json_t *record, const char *part, const char *key,
		      double max, double *value)
{
	const json_t *object = json_object_get(record, part);

	*value = NAN;
	return !object || (json_is_object(object) &&
			   read_number(object, key, 0, max, value));
}

bool fact_read_path(struct fact_path *path, const json_t *record)
{
	const char *state = json_string_value(json_object_get(record,
							      "state"));
	struct select_path read = { .delay_us = NAN, .variation_us = NAN,
				    .loss = NAN };

	if (record) {
		read.down = state && !strcmp(state, "down");
		if (!read_part(record, "delay", "avg", 0x1p53,
			       &read.delay_us) ||
		    !read_part(record, "variation", "value", 0x1p53,
			       &read.variation_us) ||
		    !read_part(record, "loss", "round-trip", 1, &read.loss))
			return false;
		/* STAMP says what the way there and back takes */
		read.delay_us /= 2;
	}
	path->facts = read;
	path->known = record;
	return true;
}

void fact_merge_paths(struct fact_policy *policy)
{
	struct select_path merged = { .down = true, .delay_us = NAN,
				      .variation_us = NAN, .loss = NAN };
	const struct fact_path *path;
	bool any = false;

	for (path = policy->paths; path; path = path->next) {
		if (!path->known)
			continue;
		any = true;
		merged.down &= path->facts.down;
		merged.delay_us = fmax(merged.delay_us, path->facts.delay_us);
		merged.variation_us = fmax(merged.variation_us,
					   path->facts.variation_us);
		merged.loss = fmax(merged.loss, path->facts.loss);
	}
	merged.down &= any;
	policy->merged.facts = merged;
	policy->merged.known = any;
}
