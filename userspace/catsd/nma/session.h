/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A STAMP session of ours: the probes of one SR policy. */
#ifndef CATSD_NMA_SESSION_H
#define CATSD_NMA_SESSION_H

#include <stddef.h>

#include "config.h"
#include "frame.h"
#include "measure.h"
#include "watch.h"

/** enum nma_fate - of a probe */
enum nma_fate { NMA_WAITING, NMA_ANSWERED, NMA_LOST };

/**
 * struct nma_probe - a probe that was sent
 * @stamp: its timestamp, NTP
 * @when: CLOCK_MONOTONIC, ns
 * @label: index of its flow label
 * @fate: enum nma_fate
 */
struct nma_probe {
	uint64_t stamp;
	uint64_t when;
	uint8_t label;
	uint8_t fate;
};

/**
 * struct nma_session - a session; what every probe needs stands together
 * @config: as written
 * @ssid: RFC 8972 3
 * @interval: between probes, ns
 * @slack: a probe may be sent on a grid of so many ns
 * @timeout: ns, then a probe is lost
 * @missed: probes missed for the path to be down
 * @labels: flow labels
 * @label: they themselves
 * @key: of authenticated mode
 * @endpoint: from the file; :: if it is the policy's
 * @has_route: @route is valid; else @trouble says why not
 * @route: how to get there
 * @trouble: why the policy is not probed
 * @path: its state in the maps, NULL if it is not marked
 * @watch: what the filter knows of it, NULL likewise
 * @from: probes sent before it was watched
 * @sent: number of the last probe, from 1
 * @tail: oldest probe whose fate is not known
 * @ring: probes by number
 * @mask: size of @ring less 1
 * @smoothed: time to an answer, ns, and
 * @deviation: its deviation, both as TCP keeps them (RFC 6298 2)
 * @heard: CLOCK_MONOTONIC, ns, of the last answer
 * @good: answered without a gap since, while the path is down
 * @opened: CLOCK_MONOTONIC, ns, when the window began
 * @measure: window in progress
 * @result: last finished window
 * @results: windows finished
 * @total: since the session began
 * @counts: by enum stamp_reason
 */
struct nma_session {
	const struct nma_session_config *config;
	uint32_t ssid;
	uint64_t interval;
	uint64_t slack;
	uint64_t timeout;
	uint32_t missed;
	uint32_t labels;
	uint32_t label[NMA_LABELS];
	struct stamp_key key;
	bool has_route;
	struct nma_route route;
	struct cats_path_state *path;
	struct stamp_watch *watch;
	uint64_t from;
	uint64_t sent;
	uint64_t tail;
	struct nma_probe *ring;
	uint32_t mask;
	double smoothed;
	double deviation;
	uint64_t heard;
	uint64_t good;
	uint64_t opened;
	struct nma_measure measure;
	uint64_t counts[STAMP_REASON_MAX];
	uint64_t results;
	struct nma_loss total;
	struct in6_addr endpoint;
	char trouble[128];
	struct nma_result result;
};

/** nma_session_init - from the file; @at: place in the list; 0 or -errno. */
int nma_session_init(struct nma_session *session,
		     const struct nma_session_config *config, uint32_t at);

/** nma_session_fini - release its memory. */
void nma_session_fini(struct nma_session *session);

/** nma_session_expire - what has not been answered in time by @now is lost. */
void nma_session_expire(struct nma_session *session, uint64_t now);

/** nma_session_window - finish the window if it is @length ns old. */
void nma_session_window(struct nma_session *session, uint64_t now,
			uint64_t length);

/** nma_session_judge - bring the path up, at once or after the hold-down. */
void nma_session_judge(struct nma_session *session, uint64_t now);

/** nma_session_liveness - of the path, also if it is only observed. */
enum cats_liveness nma_session_liveness(const struct nma_session *session,
					uint64_t now);

/** nma_session_timed - an answer took @ns: how long may the next ones take? */
void nma_session_timed(struct nma_session *session, uint64_t ns);

/*
 * Of a thousand sessions none is in the cache when its turn comes: whoever has
 * several to deal with asks for all of them first.
 */
static inline void nma_session_prefetch(const struct nma_session *session)
{
	const char *at = (const char *)session;
	uint32_t i;

	for (i = 0; i < offsetof(struct nma_session, measure) + 192; i += 64)
		__builtin_prefetch(at + i, 1);
}

/* What it points to, once it is there itself: the next probe, and the oldest. */
static inline void nma_session_prefetch_rings(const struct nma_session *session)
{
	uint64_t next = session->sent + 1;
	uint32_t at = next & (STAMP_RING - 1);

	__builtin_prefetch(&session->ring[next & session->mask], 1);
	__builtin_prefetch(&session->ring[session->tail & session->mask], 1);
	if (!session->watch)
		return;
	__builtin_prefetch(&session->watch->stamp[at], 1);
	__builtin_prefetch(&session->watch->when[at], 1);
	__builtin_prefetch(session->path, 1);
}

/** nma_now - CLOCK_MONOTONIC, ns */
uint64_t nma_now(void);

#endif /* CATSD_NMA_SESSION_H */
