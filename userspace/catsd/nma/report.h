/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the C-NMA says of a path, and when it says it again. */
#ifndef CATSD_NMA_REPORT_H
#define CATSD_NMA_REPORT_H

#include <jansson.h>

#include "session.h"

/**
 * struct nma_report - what was last said of a path
 * @results: windows finished by then
 * @liveness: of the path then
 * @at: CLOCK_MONOTONIC, ns; 0: nothing was said yet
 * @result: what it said
 * @sequence: of what is said, from 1
 * @budget_full_ms: see budget_take()
 */
struct nma_report {
	uint64_t results;
	enum cats_liveness liveness;
	uint64_t at;
	struct nma_result result;
	uint64_t sequence;
	uint64_t budget_full_ms;
};

/**
 * nma_report_reason - is it time to say something?
 * @report: what was said last
 * @session: what is known now
 * @config: interval-ms, threshold-percent, budget
 * @now: CLOCK_MONOTONIC, ns
 *
 * RFC 8570 5: a value is advertised when it has moved by more than a threshold,
 * and periodically; RFC 10053 6: never more often than a budget.
 *
 * Return: "start", "state", "threshold", "interval", or NULL.
 */
const char *nma_report_reason(struct nma_report *report,
			      const struct nma_session *session,
			      const struct nma_config *config, uint64_t now);

/** nma_report_made - it is being said. */
void nma_report_made(struct nma_report *report,
		     const struct nma_session *session, uint64_t now);

/** nma_report_json - the entry of the store; NULL: out of memory. */
json_t *nma_report_json(const struct nma_report *report,
			const struct nma_session *session, const char *site,
			const char *reason);

/** nma_liveness_name - "unknown", "up", "down" */
const char *nma_liveness_name(enum cats_liveness liveness);

#endif /* CATSD_NMA_REPORT_H */
