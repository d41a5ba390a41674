// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "session.h"

#define MS	1000000ull

/* A probe of a slow session may wait for others, to be sent with them. */
#define SLACK_SHARE	8
#define SLACK_MAX	(10 * MS)

uint64_t nma_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/*
 * Labels of the probes: different for every session, the same in every run, and
 * spread like those of flows.
 */
static void choose_labels(struct nma_session *session)
{
	uint32_t i, hash;

	for (i = 0; i < session->labels; i++) {
		hash = (session->ssid * NMA_LABELS + i + 1) * 0x9e3779b1u;
		hash ^= hash >> 15;
		hash *= 0x85ebca77u;
		session->label[i] = (hash >> 12) ? hash >> 12 : 1;
	}
}

static int make_ring(struct nma_session *session)
{
	uint64_t want = session->timeout / session->interval + 4;
	uint32_t size = 64;

	while (size < want)
		size *= 2;
	session->mask = size - 1;
	session->ring = calloc(size, sizeof(*session->ring));
	return session->ring ? 0 : cats_error_kernel(ENOMEM, "nma sessions");
}

int nma_session_init(struct nma_session *session,
		     const struct nma_session_config *config, uint32_t at)
{
	int ret;

	memset(session, 0, sizeof(*session));
	session->config = config;
	session->ssid = nma_or(config->ssid, at + 1);
	session->interval = nma_or(config->interval_us, 100000) * 1000ull;
	session->timeout = nma_or(config->timeout_ms, 1000) * MS;
	session->missed = nma_or(config->missed, 3);
	session->labels = nma_or(config->labels, 4);
	session->slack = session->interval / SLACK_SHARE;
	if (session->slack > SLACK_MAX)
		session->slack = SLACK_MAX;
	/* where milliseconds count nothing waits */
	if (session->slack < 2 * MS)
		session->slack = 1;
	session->tail = 1;
	if (config->endpoint)
		inet_pton(AF_INET6, config->endpoint, &session->endpoint);
	snprintf(session->trouble, sizeof(session->trouble), "not looked up");
	choose_labels(session);
	ret = nma_key_read(config->key_file, &session->key);
	return ret ? ret : make_ring(session);
}

void nma_session_fini(struct nma_session *session)
{
	free(session->ring);
	OPENSSL_cleanse(&session->key, sizeof(session->key));
}

void nma_session_expire(struct nma_session *session, uint64_t now)
{
	struct nma_probe *probe;

	while (session->tail <= session->sent) {
		probe = &session->ring[session->tail & session->mask];
		if (probe->fate == NMA_WAITING) {
			/* the ring must have room for the next one */
			if (now - probe->when < session->timeout &&
			    session->sent - session->tail < session->mask)
				return;
			probe->fate = NMA_LOST;
			measure_lost(&session->measure, probe->label);
		}
		session->tail++;
	}
}

void nma_session_window(struct nma_session *session, uint64_t now,
			uint64_t length)
{
	if (!session->opened)
		session->opened = now;
	if (now - session->opened < length)
		return;
	measure_finish(&session->measure, !session->config->stateless,
		       &session->result);
	session->result.ms = (now - session->opened) / MS;
	session->opened = now;
	session->total.probes += session->result.loss.probes;
	session->total.answered += session->result.loss.answered;
	session->total.forward += session->result.loss.forward;
	session->total.backward += session->result.loss.backward;
	session->results++;
}

/* No answer for so long is a gap. */
static uint64_t gap(const struct nma_session *session)
{
	return session->missed * session->interval +
	       (uint64_t)(session->smoothed + 4 * session->deviation);
}

static void set_up(struct cats_path_state *path, uint64_t now)
{
	path->changed = now;
	__atomic_store_n(&path->liveness, CATS_PATH_UP, __ATOMIC_RELEASE);
}

void nma_session_judge(struct nma_session *session, uint64_t now)
{
	struct cats_path_state *path = session->path;
	uint64_t heard, hold;

	if (!path)
		return;
	heard = __atomic_load_n(&path->heard, __ATOMIC_ACQUIRE);
	if (path->liveness == CATS_PATH_UNKNOWN) {
		if (path->answered > session->from &&
		    now - heard < gap(session))
			set_up(path, now);
		return;
	}
	if (path->liveness == CATS_PATH_UP) {
		session->good = 0;
		return;
	}
	/* of the time it was up the last answer may be recent still */
	if (heard <= path->changed || now - heard >= gap(session)) {
		session->good = 0;
		return;
	}
	if (!session->good)
		session->good = now;
	hold = nma_or(session->config->hold_down_ms, 1000) * MS;
	if (now - session->good >= hold)
		set_up(path, now);
}

enum cats_liveness nma_session_liveness(const struct nma_session *session,
					uint64_t now)
{
	if (session->path)
		return session->path->liveness;
	if (!session->heard)
		return CATS_PATH_UNKNOWN;
	return now - session->heard < gap(session) + session->slack ?
		       CATS_PATH_UP : CATS_PATH_DOWN;
}

void nma_session_timed(struct nma_session *session, uint64_t ns)
{
	double off = (double)ns - session->smoothed;
	uint64_t wait;

	if (!session->smoothed) {
		session->smoothed = ns;
		session->deviation = ns / 2.0;
	} else {
		session->deviation += ((off < 0 ? -off : off) -
				       session->deviation) / 4;
		session->smoothed += off / 8;
	}
	if (!session->watch)
		return;
	wait = session->smoothed + 4 * session->deviation;
	if (wait < session->interval / 16)
		wait = session->interval / 16;
	__atomic_store_n(&session->watch->wait, wait, __ATOMIC_RELAXED);
}
