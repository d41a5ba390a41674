// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "sma/announce.h"
#include "sma/sma.h"

#define LIMITS_EVERY	10	/* rounds */

static void key_of(const struct sma *sma, const struct sma_subject *subject,
		   char key[256])
{
	snprintf(key, 256, "metric/%s/%s", sma->site, subject->name);
}

static void tell(struct sma *sma, struct sma_subject *subject,
		 enum damping_reason reason)
{
	static struct log_limit limit;
	json_t *record;
	char key[256];

	subject->sequence++;
	record = sma_record(&sma->words, subject, reason, sma->nqi);
	key_of(sma, subject, key);
	if (record && !store_put(sma->store, key, record,
				 sma->config.ttl_s * 1000ULL))
		return;
	sma->refused++;
	catsd_log_limited(&limit, LOG_ERR, "sma: %s: %s", key,
			  cats_error_message());
}

static void sample(struct sma *sma, struct sma_subject *subject,
		   uint64_t now_ms)
{
	bool first = !subject->sampled;
	enum damping_reason reason;

	sma_subject_sample(subject, &sma->host, now_ms / 1000);
	subject->sampled = true;
	if (first)
		return;
	reason = sma_subject_damp(subject, sma->gradients, &sma->damping,
				  sma->nqi, now_ms);
	if (reason != DAMPING_NONE)
		tell(sma, subject, reason);
}

/* RFC 10053 5.5: that an instance is lost is an event for the log. */
static void log_change(struct sma_subject *subject,
		       const struct sma_health *health)
{
	enum sma_health_state state = sma_health_state(health);
	bool down = state == HEALTH_DOWN;

	/* not now is at the next check, unless it has gone back by then */
	if (state == subject->logged_health ||
	    clock_monotonic_ms() < subject->log.next_ms)
		return;
	subject->logged_health = state;
	catsd_log_limited(&subject->log, down ? LOG_WARNING : LOG_INFO,
			  "sma: instance %s of %s is %s%s%s", subject->name,
			  subject->service->name, sma_health_state_name(state),
			  down ? ": " : "", down ? sma_health_result_name(
						sma_health_last(health)) : "");
}

void sma_checked(void *ctx, struct sma_health *health)
{
	double response_us = sma_health_response_us(health);
	struct sma_subject *subject = ctx;
	double values[FACTORS];
	int i;

	log_change(subject, health);
	if (isnan(response_us) || !subject->service->weights.adapt)
		return;
	for (i = 0; i < FACTORS; i++)
		values[i] = sma_subject_latest(subject, i);
	sma_weights_learn(&subject->service->weights, &subject->usual, values,
			  response_us, clock_monotonic_ms() / 1000.0);
}

/* --- once for all instances ---------------------------------------------- */

/* struct paths - sum over paths */
struct paths {
	const struct sma_nqi_rules *rules;
	double sum;
	unsigned int known;
};

static int add_path(void *ctx, const struct store_entry *entry)
{
	struct paths *paths = ctx;
	double index = sma_nqi_path(paths->rules, entry->value);

	if (isnan(index))
		return 0;
	paths->sum += index;
	paths->known++;
	return 0;
}

static void update_nqi(struct sma *sma)
{
	struct paths paths = { .rules = &sma->nqi_rules };
	char prefix[128];

	if (!sma->nqi_stale)
		return;
	sma->nqi_stale = false;
	snprintf(prefix, sizeof(prefix), "path/%s/", sma->site);
	store_each(sma->store, prefix, add_path, &paths);
	sma->nqi = paths.known ? paths.sum / paths.known : NAN;
}

static int compare_id(const void *id, const void *subject)
{
	return memcmp(id, (*(struct sma_subject *const *)subject)->id, 16);
}

static void take_egress(void *ctx, const uint8_t id[16],
			const struct sma_egress_values *values)
{
	struct sma_subject **found;
	struct sma *sma = ctx;

	found = bsearch(id, sma->by_id, sma->subjects_count,
			sizeof(*sma->by_id), compare_id);
	if (!found)
		return;
	(*found)->egress = *values;
	(*found)->egress_s = clock_monotonic_ms() / 1000;
}

static void take_limit(void *ctx, const uint8_t id[16],
		       const struct sma_egress_values *values)
{
	struct sma_subject **found;
	struct sma *sma = ctx;

	found = bsearch(id, sma->by_id, sma->subjects_count,
			sizeof(*sma->by_id), compare_id);
	if (found)
		(*found)->flow_limit = values->flow_limit;
}

static void begin_round(struct sma *sma, uint64_t now_ms)
{
	uint32_t i;

	sma_host_sample(&sma->host);
	update_nqi(sma);
	if (sma->subjects_count) {
		if (sma->samples % LIMITS_EVERY == 0)
			sma_egress_read(&sma->egress, now_ms / 1000, true,
					take_limit, sma);
		sma_egress_read(&sma->egress, now_ms / 1000, false,
				take_egress, sma);
	}
	for (i = 0; i < sma->services_count; i++) {
		sma_weights_move(&sma->services[i].weights, now_ms / 1000.0);
		sma_service_describe(&sma->services[i]);
	}
	sample(sma, &sma->host_subject, now_ms);
	sma->samples++;
}

void sma_slice(struct sma *sma)
{
	uint64_t now_ms = clock_monotonic_ms();
	uint32_t i;

	if (sma->due_ms &&
	    now_ms > sma->due_ms + sma->config.sample_ms / sma->slices)
		sma->late++;
	sma->due_ms = now_ms + sma->config.sample_ms / sma->slices;
	if (!sma->slice)
		begin_round(sma, now_ms);
	for (i = sma->slice; i < sma->subjects_count; i += sma->slices) {
		sma_announce(sma, &sma->subjects[i], now_ms);
		sample(sma, &sma->subjects[i], now_ms);
	}
	sma->slice = (sma->slice + 1) % sma->slices;
}

void sma_withdraw(struct sma *sma)
{
	char key[256];
	uint32_t i;

	for (i = 0; i < sma->subjects_count; i++) {
		key_of(sma, &sma->subjects[i], key);
		store_delete(sma->store, key);
	}
	key_of(sma, &sma->host_subject, key);
	store_delete(sma->store, key);
}
