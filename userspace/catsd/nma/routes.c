// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "error.h"
#include "log.h"
#include "path_state.h"
#include "routes.h"

/* From now on the filter takes note, and the timer may mark the path down. */
static void watch(struct nma_engine *engine, struct nma_session *session)
{
	struct stamp_watch *entry = nma_watch_entry(engine->watch,
						    session->ssid);
	struct cats_path_state *path = cats_path_state(&engine->f,
						       session->route.state);

	memcpy(entry->endpoint, &session->route.endpoint, 16);
	entry->missed = session->missed;
	entry->interval = session->interval;
	entry->wait = session->interval;
	entry->ssid = session->ssid;
	entry->port = htons(nma_or(session->config->port, STAMP_PORT));
	entry->flags = session->key.len ? STAMP_WATCH_AUTH : 0;
	/* nothing is missed yet, nor heard */
	path->sent = session->sent;
	path->answered = session->sent;
	path->heard = 0;
	/* what another key or endpoint proved says nothing of ours */
	if (path->liveness == CATS_PATH_UP)
		cats_path_set_liveness(&engine->f, session->route.state,
				       CATS_PATH_UNKNOWN);
	session->from = session->sent;
	session->path = path;
	session->watch = entry;
	__atomic_store_n(&entry->state, session->route.state,
			 __ATOMIC_RELEASE);
	if (nma_watch_begin(engine->watch, session->ssid))
		catsd_log(LOG_WARNING, "nma: %s: %s", session->config->policy,
			  cats_error_message());
}

static void unwatch(struct nma_engine *engine, struct nma_session *session)
{
	if (!session->watch)
		return;
	nma_watch_end(engine->watch, session->ssid);
	session->watch = NULL;
	session->path = NULL;
	session->good = 0;
}

static void take_route(struct nma_engine *engine, struct nma_session *session,
		       const struct nma_route *route)
{
	bool same = session->has_route &&
		    session->route.policy == route->policy &&
		    IN6_ARE_ADDR_EQUAL(&session->route.endpoint,
				       &route->endpoint);

	if (!same)
		unwatch(engine, session);
	session->route = *route;
	session->has_route = true;
	session->trouble[0] = '\0';
	if (engine->watch && !session->watch && !session->config->observe_only)
		watch(engine, session);
}

static void lose_route(struct nma_engine *engine, struct nma_session *session,
		       const char *why)
{
	unwatch(engine, session);
	session->has_route = false;
	snprintf(session->trouble, sizeof(session->trouble), "%s", why);
}

static void lose_all(struct nma_engine *engine, const char *why)
{
	uint32_t i;

	nma_engine_lock(engine);
	for (i = 0; i < engine->sender.count; i++)
		lose_route(engine, &engine->sender.sessions[i], why);
	nma_engine_unlock(engine);
}

/* Its own lock: the thread may be about to look for answers. */
static void set_hear(struct nma_engine *engine, struct nma_hear_xdp *hear)
{
	nma_engine_lock(engine);
	engine->sender.hear = hear;
	nma_engine_unlock(engine);
}

static void hear_in_xdp(struct nma_engine *engine)
{
	struct nma_hear_xdp *hear;

	if (!engine->config->devices_count)
		return;
	if (nma_hear_xdp_open(engine->config, engine->watch,
			      engine->reflects ? &engine->reflector : NULL,
			      &hear))
		catsd_log(LOG_WARNING, "nma: answers are read from the socket, not in XDP: %s",
			  cats_error_message());
	else
		set_hear(engine, hear);
}

static void close_tables(struct nma_engine *engine)
{
	struct nma_hear_xdp *hear = engine->sender.hear;

	set_hear(engine, NULL);
	nma_hear_xdp_close(hear);
	nma_pulse_show(&engine->sender.pulse, NULL);
	nma_watch_close(engine->watch);
	engine->watch = NULL;
	if (engine->has_f)
		cats_forwarder_close(&engine->f);
	engine->has_f = false;
}

static int open_tables(struct nma_engine *engine)
{
	int ret = cats_forwarder_open(&engine->f, false);

	if (ret)
		return ret;
	engine->has_f = true;
	engine->generation = UINT64_MAX;
	if (nma_watch_open(&engine->f, engine->sender.udp, engine->sender.port,
			   &engine->watch)) {
		catsd_log(LOG_WARNING, "nma: paths are measured, but not marked: %s",
			  cats_error_message());
		return 0;
	}
	nma_pulse_show(&engine->sender.pulse, nma_watch_pulse(engine->watch));
	hear_in_xdp(engine);
	return 0;
}

static void look_up(struct nma_engine *engine, struct nma_session *session)
{
	bool given = session->config->endpoint;
	struct nma_route route;
	int ret;

	ret = nma_route_find(&engine->f, session->config->policy,
			     given ? &session->endpoint : NULL, &route);
	nma_engine_lock(engine);
	if (ret)
		lose_route(engine, session, cats_error_message());
	else
		take_route(engine, session, &route);
	nma_engine_unlock(engine);
}

void nma_engine_refresh(struct nma_engine *engine)
{
	uint64_t generation;
	uint32_t i;

	if (!engine->sender.count)
		return;
	if (engine->has_f && engine->f.control->schema != CATS_SCHEMA) {
		lose_all(engine, "the tables were removed");
		close_tables(engine);
	}
	if (!engine->has_f && open_tables(engine)) {
		lose_all(engine, "there are no tables");
		return;
	}
	generation = engine->f.control->generation;
	if (generation == engine->generation || cats_read_begin(&engine->f))
		return;
	for (i = 0; i < engine->sender.count; i++)
		look_up(engine, &engine->sender.sessions[i]);
	cats_end(&engine->f);
	engine->generation = generation;
}

/*
 * Watches and timers stay: a path that is down must not attract flows while catsd
 * starts again, and one that nobody probes any more becomes unknown by itself.
 */
void nma_routes_end(struct nma_engine *engine)
{
	close_tables(engine);
}
