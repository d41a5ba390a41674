// SPDX-License-Identifier: GPL-2.0-or-later
/* The C-NMA (RFC 10053 3.4.3) as a role of catsd. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "engine.h"
#include "error.h"
#include "log.h"
#include "reflect_xdp.h"
#include "report.h"
#include "role.h"

#define LOOK_MS		100
#define INTERVAL_MS	60000

/**
 * struct nma - the role
 * @catsd: what it was given
 * @config: section
 * @engine: thread
 * @reports: what was said of each session
 * @timer: looks for news
 * @refused: packets refused so far, as last logged
 * @limit: of that line of the log
 * @published: entries put into the store
 */
struct nma {
	struct catsd *catsd;
	const struct nma_config *config;
	struct nma_engine engine;
	struct nma_report *reports;
	struct event *timer;
	uint64_t refused;
	struct log_limit limit;
	uint64_t published;
};

static int nma_check(const struct catsd *catsd, const void *config)
{
	(void)catsd;
	return nma_config_check(config);
}

static void log_state(const struct nma_session *session,
		      enum cats_liveness liveness)
{
	catsd_log(liveness == CATS_PATH_DOWN ? LOG_WARNING : LOG_NOTICE,
		  "nma: path %s is %s", session->config->policy,
		  nma_liveness_name(liveness));
}

/* What is new of a session; the thread stands still for no more than that. */
static json_t *news(struct nma *nma, uint32_t at)
{
	const struct nma_session *session = &nma->engine.sender.sessions[at];
	struct nma_report *report = &nma->reports[at];
	const char *reason;
	json_t *json = NULL;

	nma_engine_lock(&nma->engine);
	reason = nma_report_reason(report, session, nma->config, nma_now());
	if (reason) {
		nma_report_made(report, session, nma_now());
		json = nma_report_json(report, session, nma->catsd->site,
				       reason);
	}
	nma_engine_unlock(&nma->engine);
	return json;
}

static void publish(struct nma *nma, uint32_t at)
{
	const struct nma_session *session = &nma->engine.sender.sessions[at];
	uint64_t ttl = 3ull * nma_or(nma->config->interval_ms, INTERVAL_MS);
	enum cats_liveness before = nma->reports[at].liveness;
	char key[256];
	json_t *json;

	json = news(nma, at);
	if (!json)
		return;
	if (nma->reports[at].liveness != before)
		log_state(session, nma->reports[at].liveness);
	snprintf(key, sizeof(key), "path/%s/%s", nma->catsd->site,
		 session->config->policy);
	if (store_put(nma->catsd->store, key, json, ttl))
		catsd_log(LOG_ERR, "nma: %s: %s", key, cats_error_message());
	else
		nma->published++;
}

/* Reasons of a kind over sender and sessions, STAMP_OK aside. */
static uint64_t count_of(const struct nma_sender *sender,
			 enum stamp_reason reason)
{
	uint64_t sum = sender->unknown[reason];
	uint32_t i;

	for (i = 0; i < sender->count; i++)
		sum += sender->sessions[i].counts[reason];
	return sum;
}

static void log_refused(struct nma *nma)
{
	const uint64_t *asked = nma->engine.reflector.counts;
	uint64_t sum = 0, count, most = 0;
	uint32_t i, worst = 0;

	for (i = STAMP_OK + 1; i < STAMP_REASON_MAX; i++) {
		/* answers after the timeout are the path's doing, not bad */
		if (i == STAMP_LATE)
			continue;
		count = count_of(&nma->engine.sender, i) + asked[i];
		sum += count;
		if (count > most) {
			most = count;
			worst = i;
		}
	}
	if (sum > nma->refused)
		catsd_log_limited(&nma->limit, LOG_WARNING,
				  "nma: %llu test packets refused so far, most of them: %s (cats agent has them by reason)",
				  (unsigned long long)sum,
				  stamp_reason_name(worst));
	nma->refused = sum;
}

static void look(evutil_socket_t fd, short what, void *ctx)
{
	struct nma *nma = ctx;
	uint32_t i;

	(void)fd, (void)what;
	nma_engine_refresh(&nma->engine);
	for (i = 0; i < nma->engine.sender.count; i++)
		publish(nma, i);
	nma_engine_lock(&nma->engine);
	log_refused(nma);
	nma_engine_unlock(&nma->engine);
}

static void nma_stop(void *state)
{
	struct nma *nma = state;

	if (nma->timer)
		event_free(nma->timer);
	nma_engine_stop(&nma->engine);
	free(nma->reports);
	free(nma);
}

static int nma_start(struct catsd *catsd, const void *section, void **state)
{
	static const struct timeval interval = { 0, LOOK_MS * 1000 };
	struct nma *nma = calloc(1, sizeof(*nma));
	int ret;

	if (!nma)
		return cats_error_kernel(ENOMEM, "nma");
	nma->catsd = catsd;
	nma->config = section;
	nma->reports = calloc(nma->config->sessions_count + 1,
			      sizeof(*nma->reports));
	ret = nma->reports ? nma_engine_start(&nma->engine, nma->config) :
			     cats_error_kernel(ENOMEM, "nma");
	if (ret) {
		free(nma->reports);
		free(nma);
		return ret;
	}
	nma->timer = event_new(catsd->base, -1, EV_PERSIST, look, nma);
	if (!nma->timer || event_add(nma->timer, &interval)) {
		nma_stop(nma);
		return cats_error_kernel(ENOMEM, "nma");
	}
	if (!nma->engine.realtime)
		catsd_log(LOG_NOTICE, "nma: without SCHED_FIFO a busy host adds to what is measured");
	*state = nma;
	return 0;
}

static json_t *counts_json(const struct nma_sender *sender,
			   const uint64_t *counts)
{
	json_t *json = json_object();
	uint64_t count;
	uint32_t i;

	for (i = 0; i < STAMP_REASON_MAX; i++) {
		count = counts ? counts[i] : count_of(sender, i);
		if (count)
			json_object_set_new(json, stamp_reason_name(i),
					    json_integer(count));
	}
	return json;
}

static void reflector_status(struct nma_reflector *reflector, json_t *json)
{
	json_t *counts = counts_json(NULL, reflector->counts);

	if (reflector->xdp)
		json_object_set_new(counts, "answered-in-xdp",
			json_integer(nma_reflect_xdp_count(reflector->xdp,
						STAMP_XDP_ANSWERED)));
	json_object_set_new(json, "probes-received", counts);
	json_object_set_new(json, "reflected-sessions",
			    json_integer(reflector->peer_count));
	json_object_set_new(json, "answers-failed",
			    json_integer(reflector->failed));
}

/* Over all sessions and finished windows. */
static void totals(const struct nma_sender *sender, json_t *json)
{
	struct nma_loss sum = {};
	uint32_t i;

	for (i = 0; i < sender->count; i++) {
		sum.probes += sender->sessions[i].total.probes;
		sum.answered += sender->sessions[i].total.answered;
		sum.forward += sender->sessions[i].total.forward;
		sum.backward += sender->sessions[i].total.backward;
	}
	json_object_update_new(json, json_pack("{s:I, s:I, s:I, s:I}",
		"probes", (json_int_t)sum.probes, "answered",
		(json_int_t)sum.answered, "lost-forward",
		(json_int_t)sum.forward, "lost-backward",
		(json_int_t)sum.backward));
}

static json_t *nma_status(void *state)
{
	struct nma *nma = state;
	struct nma_sender *sender = &nma->engine.sender;
	uint32_t of[3] = {}, i;
	json_t *json, *trouble = json_object();

	nma_engine_lock(&nma->engine);
	for (i = 0; i < sender->count; i++) {
		of[nma_session_liveness(&sender->sessions[i], nma_now()) % 3]++;
		if (!sender->sessions[i].has_route)
			json_object_set_new(trouble,
				sender->sessions[i].config->policy,
				json_string(sender->sessions[i].trouble));
	}
	json = json_pack("{s:s, s:i, s:i, s:i, s:i, s:b, s:b, s:I, s:I, s:o, s:o}",
			 "state", sender->count ? "probing" : "reflecting",
			 "sessions", sender->count, "up", of[CATS_PATH_UP],
			 "down", of[CATS_PATH_DOWN], "unknown",
			 of[CATS_PATH_UNKNOWN], "realtime",
			 nma->engine.realtime, "marks-paths",
			 nma->engine.watch != NULL, "published",
			 (json_int_t)nma->published, "probes-not-sent",
			 (json_int_t)sender->failed, "answers-received",
			 counts_json(sender, NULL), "trouble", trouble);
	if (json)
		json_object_set_new(json, "cpu-ms",
				    json_integer(nma->engine.cpu / 1000000));
	if (json && nma->config->devices_count)
		json_object_set_new(json, "answers-taken-in-xdp",
				    json_integer(sender->heard));
	if (json && sender->count)
		totals(sender, json);
	if (json && nma->engine.reflects)
		reflector_status(&nma->engine.reflector, json);
	nma_engine_unlock(&nma->engine);
	return json;
}

static void measure_session(struct openmetrics *om, const char *site,
			    const struct nma_session *session)
{
	const struct om_label *labels = OM_LABELS(
		{ "site", site }, { "policy", session->config->policy });
	enum cats_liveness liveness = nma_session_liveness(session, nma_now());
	const struct nma_result *result = &session->result;
	const struct nma_delay *delay = &result->delay;

	if (liveness != CATS_PATH_UNKNOWN)
		om_gauge(om, "cats_path_up", "1: up, 0: down; absent: unknown.",
			 labels, liveness == CATS_PATH_UP);
	om_counter(om, "cats_path_probes", "Probes whose fate is known.",
		   labels, session->total.probes);
	om_counter(om, "cats_path_answered", "Probes that were answered.",
		   labels, session->total.answered);
	om_counter(om, "cats_path_lost_forward",
		   "Probes that did not reach the reflector, by its count.",
		   labels, session->total.forward);
	om_counter(om, "cats_path_lost_backward",
		   "Answers that did not come back.", labels,
		   session->total.backward);
	if (!delay->count)
		return;
	om_gauge(om, "cats_path_delay_min_seconds",
		 "Least round-trip delay of the last window.", labels,
		 delay->min / 1e9);
	om_gauge(om, "cats_path_delay_avg_seconds",
		 "Average round-trip delay of the last window.", labels,
		 delay->sum / 1e9 / delay->count);
	om_gauge(om, "cats_path_delay_max_seconds",
		 "Largest round-trip delay of the last window.", labels,
		 delay->max / 1e9);
	om_gauge(om, "cats_path_pdv_p99_seconds",
		 "99th percentile of the delay over its minimum (RFC 5481 4.2).",
		 labels, result->variation / 1e9);
}

static void nma_measure(void *state, struct openmetrics *om)
{
	struct nma *nma = state;
	struct nma_sender *sender = &nma->engine.sender;
	uint32_t i;

	nma_engine_lock(&nma->engine);
	for (i = 0; i < sender->count; i++)
		measure_session(om, nma->catsd->site, &sender->sessions[i]);
	om_counter(om, "cats_stamp_answers_taken_in_xdp",
		   "Answers to probes that did not come by the socket.", NULL,
		   sender->heard);
	for (i = 0; i < STAMP_REASON_MAX; i++) {
		om_counter(om, "cats_stamp_answers",
			   "Answers to probes, by what became of them.",
			   OM_LABELS({ "reason", stamp_reason_name(i) }),
			   count_of(sender, i));
		if (nma->engine.reflects)
			om_counter(om, "cats_stamp_probes",
				   "Probes of others, by what became of them.",
				   OM_LABELS({ "reason",
					       stamp_reason_name(i) }),
				   nma->engine.reflector.counts[i]);
	}
	nma_engine_unlock(&nma->engine);
}

const struct role role_nma = {
	.name = "nma",
	.check = nma_check,
	.start = nma_start,
	.stop = nma_stop,
	.status = nma_status,
	.measure = nma_measure,
};
