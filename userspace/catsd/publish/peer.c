// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A C-PS that was away is given everything there is, then the changes.  What it
 * does not read in time is not queued: it is brought up to date later.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "carriage/frame.h"
#include "carriage/tls.h"
#include "clock.h"
#include "endpoint.h"
#include "error.h"
#include "log.h"
#include "publish/peer.h"

#define DELAY_MIN_MS	250
#define DELAY_MAX_MS	30000
#define ALIVE_S		5
#define DEAD_MS		15000		/* unacknowledged that long: gone */
#define OUTPUT_MAX	(4u << 20)

enum peer_state { PEER_WAITING, PEER_CONNECTING, PEER_SYNCING, PEER_SYNCED };

static const char *const state_names[] = { "waiting", "connecting", "syncing",
					   "synced" };
static const char *const prefixes[] = { "instance/", "metric/", "path/" };

#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/**
 * struct publish_peer - a C-PS
 * @catsd: daemon
 * @context: of TLS
 * @to: of the file
 * @at: where it is
 * @bev: connection, NULL without one
 * @state: enum peer_state
 * @watch: changes of the store
 * @timer: connects again, or says that we are alive
 * @delay_ms: until the next attempt
 * @incarnation: of this process: another one after each start
 * @why: the last connection failed
 * @seq: of the last message of this connection
 * @behind: it does not read; it gets everything once it does
 * @connects: connections that were made
 * @failures: connections that were not made, or lost
 * @syncs: times it was brought up to date
 * @puts: entries sent
 * @deletes: removals sent
 * @refused: number of them by reason, as the C-PS says
 * @limit: of the lines about failures
 * @refused_limit: of the lines about refusals
 */
struct publish_peer {
	struct catsd *catsd;
	SSL_CTX *context;
	const struct publish_to *to;
	struct endpoint at;
	struct bufferevent *bev;
	enum peer_state state;
	struct store_watch *watch[PREFIXES];
	struct event *timer;
	unsigned int delay_ms;
	char incarnation[17];
	char why[128];
	uint64_t seq;
	bool behind;
	uint64_t connects;
	uint64_t failures;
	uint64_t syncs;
	uint64_t puts;
	uint64_t deletes;
	json_t *refused;
	struct log_limit limit;
	struct log_limit refused_limit;
};

static void arm(struct publish_peer *peer, unsigned int ms)
{
	const struct timeval after = { .tv_sec = ms / 1000,
				       .tv_usec = ms % 1000 * 1000 };

	event_add(peer->timer, &after);
}

/* Twice as long each time, and never all agents at the same moment. */
static void wait_to_connect(struct publish_peer *peer)
{
	unsigned int spread = peer->delay_ms / 2;

	peer->state = PEER_WAITING;
	arm(peer, peer->delay_ms - spread / 2 + random() % (spread + 1));
	peer->delay_ms *= 2;
	if (peer->delay_ms > DELAY_MAX_MS)
		peer->delay_ms = DELAY_MAX_MS;
}

static void lost(struct publish_peer *peer, const char *why)
{
	peer->failures++;
	snprintf(peer->why, sizeof(peer->why), "%s", why);
	catsd_log_limited(&peer->limit, LOG_WARNING, "publish: %s (%s): %s",
			  peer->to->address, peer->to->name, why);
	if (peer->bev)
		bufferevent_free(peer->bev);
	peer->bev = NULL;
	wait_to_connect(peer);
}

static void send_message(struct publish_peer *peer, json_t *message)
{
	if (message)
		json_object_set_new(message, "seq", json_integer(++peer->seq));
	/* without memory the receiver sees the gap and asks for another start */
	frame_send(peer->bev, message);
}

static bool is_ours(const struct store_entry *entry)
{
	/* what another agent told us is not ours to tell */
	return !json_object_get(entry->value, "via");
}

static void send_put(struct publish_peer *peer, const struct store_entry *entry)
{
	uint64_t now = clock_monotonic_ms(), ttl;

	if (!is_ours(entry))
		return;
	ttl = entry->expires_ms > now ? entry->expires_ms - now : 1;
	send_message(peer, json_pack("{s:s, s:O, s:I, s:I}", "put", entry->key,
				     "value", entry->value, "time-ms",
				     (json_int_t)clock_realtime_ms(), "ttl-ms",
				     (json_int_t)ttl));
	peer->puts++;
}

static int send_entry(void *ctx, const struct store_entry *entry)
{
	send_put(ctx, entry);
	return 0;
}

static void synchronise(struct publish_peer *peer)
{
	size_t i;

	peer->state = PEER_SYNCING;
	peer->behind = false;
	peer->syncs++;
	send_message(peer, json_pack("{s:s}", "sync", "begin"));
	for (i = 0; i < PREFIXES; i++)
		store_each(peer->catsd->store, prefixes[i], send_entry, peer);
	send_message(peer, json_pack("{s:s}", "sync", "end"));
}

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	struct publish_peer *peer = ctx;
	struct evbuffer *out;

	if (peer->state < PEER_SYNCING || peer->behind || !is_ours(entry))
		return;
	out = bufferevent_get_output(peer->bev);
	if (evbuffer_get_length(out) > OUTPUT_MAX) {
		peer->behind = true;
		return;
	}
	if (change == STORE_PUT) {
		send_put(peer, entry);
		return;
	}
	/* the other end counts the time to live as well */
	if (change == STORE_EXPIRED)
		return;
	send_message(peer, json_pack("{s:s, s:I}", "delete", entry->key,
				     "time-ms",
				     (json_int_t)clock_realtime_ms()));
	peer->deletes++;
}

static void note_refusal(struct publish_peer *peer, const json_t *message)
{
	const char *reason = json_string_value(json_object_get(message,
							       "reason"));
	const char *key = json_string_value(json_object_get(message,
							    "refused"));
	json_int_t n;

	if (!reason || !key || strlen(reason) > 64)
		return;
	n = json_integer_value(json_object_get(peer->refused, reason));
	if (n || json_object_size(peer->refused) < 64)
		json_object_set_new(peer->refused, reason,
				    json_integer(n + 1));
	catsd_log_limited(&peer->refused_limit, LOG_WARNING,
			  "publish: %s refuses %.128s: %s", peer->to->name,
			  key, reason);
}

static void take(struct publish_peer *peer, const json_t *message)
{
	if (json_object_get(message, "refused")) {
		note_refusal(peer, message);
	} else if (json_object_get(message, "synced")) {
		peer->state = PEER_SYNCED;
		peer->delay_ms = DELAY_MIN_MS;
	}
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct publish_peer *peer = ctx;
	json_t *message;
	int ret;

	for (;;) {
		ret = frame_receive(bufferevent_get_input(bev), &message);
		if (ret)
			break;
		if (!message)
			return;
		take(peer, message);
		json_decref(message);
	}
	lost(peer, "sent what is no message");
}

static void on_drained(struct bufferevent *bev, void *ctx)
{
	struct publish_peer *peer = ctx;

	(void)bev;
	if (peer->behind && peer->state >= PEER_SYNCING)
		synchronise(peer);
}

static void on_connected(struct publish_peer *peer)
{
	const int dead = DEAD_MS, yes = 1;
	int fd = bufferevent_getfd(peer->bev);

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	peer->connects++;
	peer->seq = 0;
	send_message(peer, json_pack("{s:{s:i, s:s, s:s}}", "hello", "version",
				     CARRIAGE_VERSION, "agent",
				     peer->catsd->site, "incarnation",
				     peer->incarnation));
	synchronise(peer);
	arm(peer, ALIVE_S * 1000);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct publish_peer *peer = ctx;
	int err = EVUTIL_SOCKET_ERROR();
	const char *why = tls_problem(bev);

	if (what & BEV_EVENT_CONNECTED) {
		on_connected(peer);
		return;
	}
	if (!why && what & BEV_EVENT_EOF)
		why = "closed the connection";
	lost(peer, why ? why : strerror(err));
}

static void begin(struct publish_peer *peer)
{
	peer->state = PEER_CONNECTING;
	peer->bev = tls_connect(peer->catsd->base, peer->context,
				peer->to->name);
	if (!peer->bev) {
		lost(peer, "out of memory");
		return;
	}
	bufferevent_setcb(peer->bev, on_read, on_drained, on_event, peer);
	bufferevent_setwatermark(peer->bev, EV_READ, 0, 2 * FRAME_MAX);
	bufferevent_enable(peer->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(peer->bev,
				       (struct sockaddr *)&peer->at.addr,
				       peer->at.len))
		lost(peer, strerror(errno));
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct publish_peer *peer = ctx;

	(void)fd, (void)what;
	if (peer->state == PEER_WAITING) {
		begin(peer);
		return;
	}
	if (peer->state >= PEER_SYNCING)
		send_message(peer, json_pack("{s:b}", "alive", 1));
	arm(peer, ALIVE_S * 1000);
}

static void name_incarnation(struct publish_peer *peer)
{
	uint64_t random = 0;

	/* before the random numbers are ready, the time will do */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) !=
	    sizeof(random))
		random = clock_realtime_ms();
	snprintf(peer->incarnation, sizeof(peer->incarnation), "%016" PRIx64,
		 random);
}

struct publish_peer *publish_peer_new(struct catsd *catsd, SSL_CTX *context,
				      const struct publish_to *to)
{
	struct publish_peer *peer = calloc(1, sizeof(*peer));
	size_t i;

	if (!peer)
		goto nomem;
	peer->catsd = catsd;
	peer->context = context;
	peer->to = to;
	peer->delay_ms = DELAY_MIN_MS;
	name_incarnation(peer);
	peer->refused = json_object();
	peer->timer = evtimer_new(catsd->base, on_timer, peer);
	if (!peer->refused || !peer->timer)
		goto nomem;
	for (i = 0; i < PREFIXES; i++) {
		peer->watch[i] = store_watch(catsd->store, prefixes[i],
					     on_change, peer);
		if (!peer->watch[i])
			goto nomem;
	}
	if (endpoint_parse("publish: to: address", to->address, &peer->at)) {
		publish_peer_free(peer);
		return NULL;
	}
	begin(peer);
	return peer;
nomem:
	publish_peer_free(peer);
	cats_error_kernel(ENOMEM, "publish");
	return NULL;
}

void publish_peer_free(struct publish_peer *peer)
{
	size_t i;

	if (!peer)
		return;
	for (i = 0; i < PREFIXES; i++)
		store_unwatch(peer->watch[i]);
	if (peer->bev)
		bufferevent_free(peer->bev);
	if (peer->timer)
		event_free(peer->timer);
	json_decref(peer->refused);
	free(peer);
}

json_t *publish_peer_status(const struct publish_peer *peer)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:O}",
			 "to",
			 peer->to->address, "name", peer->to->name, "state",
			 state_names[peer->state], "last-failure", peer->why,
			 "connects",
			 (json_int_t)peer->connects, "failures",
			 (json_int_t)peer->failures, "syncs",
			 (json_int_t)peer->syncs, "puts",
			 (json_int_t)peer->puts, "deletes",
			 (json_int_t)peer->deletes, "refused", peer->refused);
}

void publish_peer_measure(const struct publish_peer *peer,
			  struct openmetrics *om)
{
	const struct om_label *labels = OM_LABELS({ "peer", peer->to->name });
	const char *reason;
	json_t *n;

	om_gauge(om, "cats_publish_synced",
		 "1 if this C-PS has everything and gets the changes.", labels,
		 peer->state == PEER_SYNCED);
	om_counter(om, "cats_publish_connects", "Connections to a C-PS.",
		   labels, peer->connects);
	om_counter(om, "cats_publish_failures",
		   "Connections to a C-PS that failed or were lost.", labels,
		   peer->failures);
	om_counter(om, "cats_publish_updates", "Entries sent to a C-PS.",
		   labels, peer->puts + peer->deletes);
	json_object_foreach(peer->refused, reason, n)
		om_counter(om, "cats_publish_refused",
			   "Entries that a C-PS did not take, by reason.",
			   OM_LABELS({ "peer", peer->to->name },
				     { "reason", reason }),
			   json_integer_value(n));
}
