// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages are numbered from 1: one that is missing, or comes twice, ends the
 * session, and the agent begins again with everything it has.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>

#include "carriage/frame.h"
#include "carriage/tls.h"
#include "clock.h"
#include "ps/session.h"

#define HANDSHAKE_S	10
#define SILENT_S	15	/* agents say something every 5 s */

/**
 * struct session - an agent
 * @next: list
 * @sessions: it
 * @bev: connection
 * @peer: who, after the handshake
 * @greeted: said hello
 * @seq: of its last message
 * @seen: keys it has put since "sync": "begin"; NULL outside
 * @since_ms: CLOCK_MONOTONIC
 * @updates: accepted ones
 * @refused: others
 */
struct session {
	struct session *next;
	struct sessions *sessions;
	struct bufferevent *bev;
	struct tls_peer peer;
	bool greeted;
	uint64_t seq;
	json_t *seen;
	uint64_t since_ms;
	uint64_t updates;
	uint64_t refused;
};

static void close_session(struct session *session)
{
	struct session **at = &session->sessions->first;

	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	session->sessions->count--;
	bufferevent_free(session->bev);
	json_decref(session->seen);
	free(session);
}

static void refuse(struct session *session, const json_t *message,
		   const char *member, enum admit_reason reason)
{
	const json_t *key = json_object_get(message, member);

	session->refused++;
	frame_send(session->bev,
		   json_pack("{s:s, s:s, s:I}", "refused",
			     json_is_string(key) ? json_string_value(key) : "",
			     "reason", admit_name(reason), "seq",
			     (json_int_t)session->seq));
}

static bool take_put(struct session *session, const json_t *message)
{
	const char *key = json_string_value(json_object_get(message, "put"));
	enum admit_reason reason;

	reason = admit_put(session->sessions->admit, &session->peer, message);
	if (reason > ADMIT_UNCHANGED) {
		refuse(session, message, "put", reason);
		return true;
	}
	session->updates++;
	if (session->seen)
		json_object_set_new(session->seen, key, json_true());
	return true;
}

static bool take_delete(struct session *session, const json_t *message)
{
	enum admit_reason reason;

	reason = admit_delete(session->sessions->admit, &session->peer,
			      message);
	if (reason > ADMIT_UNCHANGED)
		refuse(session, message, "delete", reason);
	else
		session->updates++;
	return true;
}

static bool has(const json_t *value, const char *member, const char *text)
{
	const char *is = json_string_value(json_object_get(value, member));

	return is && !strcmp(is, text);
}

/*
 * Keys this agent put in an earlier session, and no longer has.  One that was
 * started again may not have measured everything yet: what it put before then
 * ends with its time to live.
 */
static int note_gone(void *ctx, const struct store_entry *entry)
{
	struct session *session = ctx;

	if (has(entry->value, "via", session->peer.name) &&
	    has(entry->value, "incarnation", session->peer.incarnation) &&
	    !json_object_get(session->seen, entry->key))
		json_object_set_new(session->seen, entry->key, json_false());
	return 0;
}

static void end_sync(struct session *session)
{
	struct store *store = session->sessions->admit->store;
	json_int_t kept = 0;
	const char *key;
	json_t *is_there;

	store_each(store, "instance/", note_gone, session);
	store_each(store, "metric/", note_gone, session);
	store_each(store, "path/", note_gone, session);
	json_object_foreach(session->seen, key, is_there) {
		kept += json_is_true(is_there);
		if (json_is_false(is_there))
			store_delete(store, key);
	}
	json_decref(session->seen);
	session->seen = NULL;
	frame_send(session->bev, json_pack("{s:I}", "synced", kept));
}

static bool take_sync(struct session *session, const json_t *message)
{
	const char *what = json_string_value(json_object_get(message, "sync"));

	if (what && !strcmp(what, "begin")) {
		json_decref(session->seen);
		session->seen = json_object();
		return session->seen;
	}
	if (!what || strcmp(what, "end") || !session->seen)
		return false;
	end_sync(session);
	return true;
}

static bool take_hello(struct session *session, const json_t *message)
{
	const json_t *hello = json_object_get(message, "hello");
	const json_t *incarnation = json_object_get(hello, "incarnation");

	if (session->greeted || !json_string_length(incarnation) ||
	    json_string_length(incarnation) >= TLS_NAME_MAX ||
	    json_integer_value(json_object_get(hello, "version")) !=
		    CARRIAGE_VERSION)
		return false;
	session->greeted = true;
	strcpy(session->peer.incarnation, json_string_value(incarnation));
	frame_send(session->bev, json_pack("{s:{s:i}}", "hello", "version",
					   CARRIAGE_VERSION));
	return true;
}

static bool take(struct session *session, const json_t *message)
{
	static const struct {
		const char *member;
		bool (*take)(struct session *session, const json_t *message);
	} kinds[] = {
		{ "put", take_put },
		{ "delete", take_delete },
		{ "sync", take_sync },
	};
	const json_t *seq = json_object_get(message, "seq");
	size_t i;

	if (!json_is_integer(seq) ||
	    (uint64_t)json_integer_value(seq) != session->seq + 1)
		return false;
	session->seq++;
	if (json_object_get(message, "hello"))
		return take_hello(session, message);
	if (!session->greeted)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_object_get(message, kinds[i].member))
			return kinds[i].take(session, message);
	return json_is_true(json_object_get(message, "alive"));
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct session *session = ctx;
	json_t *message;
	bool good = true;

	while (good && !frame_receive(bufferevent_get_input(bev), &message)) {
		if (!message)
			return;
		good = take(session, message);
		json_decref(message);
	}
	session->sessions->broken++;
	catsd_log_limited(&session->sessions->limit, LOG_WARNING,
			  "ps: agent %s: sent what is no message of this protocol, or not in order",
			  session->peer.name);
	close_session(session);
}

static void handshake_failed(struct session *session)
{
	const char *why = tls_problem(session->bev);

	session->sessions->failed++;
	catsd_log_limited(&session->sessions->limit, LOG_WARNING,
			  "ps: an agent could not be authenticated: %s",
			  why ? why : "it gave up");
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	const struct timeval silent = { .tv_sec = SILENT_S };
	struct session *session = ctx;

	if (!(what & BEV_EVENT_CONNECTED)) {
		if (!session->since_ms)
			handshake_failed(session);
		close_session(session);
		return;
	}
	if (tls_peer_read(bev, &session->peer)) {
		handshake_failed(session);
		close_session(session);
		return;
	}
	session->since_ms = clock_monotonic_ms();
	session->sessions->opened++;
	bufferevent_set_timeouts(bev, &silent, NULL);
}

void session_accept(struct sessions *sessions, evutil_socket_t fd)
{
	const struct timeval handshake = { .tv_sec = HANDSHAKE_S };
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		evutil_closesocket(fd);
		return;
	}
	session->sessions = sessions;
	session->bev = tls_accept(sessions->base, sessions->context, fd);
	if (!session->bev) {
		free(session);
		return;
	}
	session->next = sessions->first;
	sessions->first = session;
	sessions->count++;
	bufferevent_setcb(session->bev, on_read, NULL, on_event, session);
	bufferevent_setwatermark(session->bev, EV_READ, 0, 2 * FRAME_MAX);
	bufferevent_set_timeouts(session->bev, &handshake, NULL);
	bufferevent_enable(session->bev, EV_READ | EV_WRITE);
}

void sessions_close(struct sessions *sessions)
{
	while (sessions->first)
		close_session(sessions->first);
}

json_t *sessions_status(const struct sessions *sessions)
{
	uint64_t now = clock_monotonic_ms();
	const struct session *session;
	json_t *array = json_array();

	for (session = sessions->first; session; session = session->next)
		if (session->since_ms)
			json_array_append_new(array, json_pack(
				"{s:s, s:I, s:I, s:I}", "name",
				session->peer.name, "connected-s",
				(json_int_t)((now - session->since_ms) / 1000),
				"updates", (json_int_t)session->updates,
				"refused", (json_int_t)session->refused));
	return array;
}
