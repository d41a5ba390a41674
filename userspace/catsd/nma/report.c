// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "damping.h"
#include "report.h"

#define MS		1000000ull
#define MINUTE_MS	60000
#define INTERVAL_MS	60000
#define PERCENT		10
#define BUDGET		20

const char *nma_liveness_name(enum cats_liveness liveness)
{
	return liveness == CATS_PATH_UP	  ? "up" :
	       liveness == CATS_PATH_DOWN ? "down" :
					    "unknown";
}

static bool moved(uint64_t was, uint64_t is, uint32_t percent)
{
	uint64_t off = is > was ? is - was : was - is;

	return off * 100 > was * percent;
}

static uint64_t average(const struct nma_delay *delay)
{
	return delay->count ? delay->sum / delay->count : 0;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / whole : 0;
}

static double lost(const struct nma_result *result)
{
	return 1 - share(result->loss.answered, result->loss.probes);
}

/* Delay as RFC 8570 4.1 and 4.2 have it; loss is a share already. */
static bool differs(const struct nma_result *was, const struct nma_result *is,
		    uint32_t percent)
{
	double loss = lost(is) - lost(was);

	if (!was->delay.count != !is->delay.count)
		return true;
	return moved(was->delay.min, is->delay.min, percent) ||
	       moved(was->delay.max, is->delay.max, percent) ||
	       moved(average(&was->delay), average(&is->delay), percent) ||
	       (loss < 0 ? -loss : loss) * 100 > percent;
}

const char *nma_report_reason(struct nma_report *report,
			      const struct nma_session *session,
			      const struct nma_config *config, uint64_t now)
{
	uint64_t interval = nma_or(config->interval_ms, INTERVAL_MS) * MS;
	uint32_t budget = nma_or(config->budget, BUDGET);

	if (!report->at)
		return session->results ? "start" : NULL;
	if (nma_session_liveness(session, now) != report->liveness)
		return "state";
	if (session->results == report->results)
		return NULL;
	if (now - report->at >= interval)
		return "interval";
	if (differs(&report->result, &session->result,
		    nma_or(config->threshold_percent, PERCENT)) &&
	    budget_take(&report->budget_full_ms, budget, MINUTE_MS / budget, 0,
			now / MS))
		return "threshold";
	return NULL;
}

void nma_report_made(struct nma_report *report,
		     const struct nma_session *session, uint64_t now)
{
	report->results = session->results;
	report->liveness = nma_session_liveness(session, now);
	report->result = session->result;
	report->at = now;
	report->sequence++;
}

static double us(uint64_t ns)
{
	return ns / 1000.0;
}

static json_t *delay_json(const struct nma_result *result)
{
	const struct nma_delay *delay = &result->delay;

	if (!delay->count)
		return json_pack("{s:s, s:s}", "what", "round-trip", "unit",
				 "us");
	return json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f}", "what",
			 "round-trip", "unit", "us", "min", us(delay->min),
			 "avg", us(average(delay)), "max", us(delay->max),
			 "p50", us(result->p50), "p90", us(result->p90), "p99",
			 us(result->p99));
}

static json_t *labels_json(const struct nma_session *session)
{
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; i < session->labels; i++) {
		const struct nma_label *label = &session->result.labels[i];
		json_t *entry = json_pack("{s:I, s:I, s:I}", "label",
			(json_int_t)session->label[i], "probes",
			(json_int_t)label->probes, "answered",
			(json_int_t)label->answered);

		if (entry && label->delay.count)
			json_object_update_new(entry, json_pack(
				"{s:f, s:f, s:f}", "min", us(label->delay.min),
				"avg", us(average(&label->delay)), "max",
				us(label->delay.max)));
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *loss_json(const struct nma_session *session)
{
	const struct nma_loss *loss = &session->result.loss;
	json_t *json;

	if (!loss->probes)
		return json_object();
	json = json_pack("{s:f}", "round-trip",
			 1 - share(loss->answered, loss->probes));
	/* a stateless reflector cannot tell the one from the other */
	if (!session->config->stateless)
		json_object_update_new(json, json_pack("{s:f, s:f}", "forward",
			share(loss->forward, loss->probes), "backward",
			share(loss->backward, loss->probes)));
	return json;
}

json_t *nma_report_json(const struct nma_report *report,
			const struct nma_session *session, const char *site,
			const char *reason)
{
	const struct nma_result *result = &session->result;
	json_t *json, *variation = json_object();
	char endpoint[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &session->route.endpoint, endpoint,
		  sizeof(endpoint));
	if (result->delay.count)
		json_object_update_new(variation, json_pack(
			"{s:s, s:s, s:f}", "name", "pdv-p99", "unit", "us",
			"value", us(result->variation)));
	json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "site", site,
			 "policy", session->config->policy, "endpoint",
			 endpoint, "state",
			 nma_liveness_name(report->liveness), "delay",
			 delay_json(result), "variation", variation, "loss",
			 loss_json(session));
	if (!json)
		return NULL;
	if (result->held.count)
		json_object_set_new(json, "turnaround", json_pack(
			"{s:s, s:f, s:f, s:f, s:f}", "unit", "us", "min",
			us(result->held.min), "avg", us(average(&result->held)),
			"max", us(result->held.max), "deviation",
			us(result->held_deviation)));
	json_object_update_new(json, json_pack(
		"{s:I, s:I, s:o, s:s, s:I, s:I}", "probes",
		(json_int_t)result->loss.probes, "answered",
		(json_int_t)result->loss.answered, "labels",
		labels_json(session), "reason", reason, "sequence",
		(json_int_t)report->sequence, "window",
		(json_int_t)result->ms));
	return json;
}
