// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients: request, set up, finish, each in its turn, on a connection of its
 * own. A client knows of what it was told only: what it was granted is its own
 * until it says otherwise, or a time has passed in which it may have ended.
 */
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmas.h"

/* a client that was held up longer than that does not know what it has */
#define SURE_MS		(1000 * OFFER_S - 1500)
#define AGAIN_MS	10

enum what { REQUEST, TUNNEL, FINISH };

/**
 * struct worker - a client
 * @load: the whole
 * @connection: or NULL
 * @timer: tries again
 * @what: it asks for
 * @id: of its reservation
 * @service: of it
 * @row: of it
 * @gas: of it that is surely its own; 0: none, or it has said that it is
 *	finished
 * @since_ms: it was granted, or set up
 * @unsure: the answer to this step was lost
 */
struct worker {
	struct load *load;
	struct evhttp_connection *connection;
	struct event *timer;
	enum what what;
	char id[40];
	unsigned int service;
	unsigned int row;
	unsigned int gas;
	uint64_t since_ms;
	bool unsure;
};

static void step(struct worker *worker);

static void try_later(struct worker *worker)
{
	const struct timeval later = { .tv_usec = AGAIN_MS * 1000 };

	event_add(worker->timer, &later);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	step(ctx);
}

static bool is_sure(const struct worker *worker)
{
	return now_ms() - worker->since_ms < SURE_MS;
}

/* From now on it may be somebody else's. */
static void disown(struct worker *worker)
{
	worker->load->live[worker->service][worker->row] -= worker->gas;
	worker->gas = 0;
}

static void let_go(struct worker *worker)
{
	disown(worker);
	worker->what = REQUEST;
	worker->unsure = false;
}

static void take_grant(struct worker *worker, const json_t *answer)
{
	struct load *load = worker->load;
	const char *csci, *id;

	csci = json_string_value(json_object_get(answer, "csci"));
	id = json_string_value(json_object_get(answer, "reservation"));
	if (!json_is_true(json_object_get(answer, "success"))) {
		load->refused++;
		return;
	}
	load->granted++;
	if (!csci || !id || sscanf(csci, "10.0.%u.%u", &worker->service,
				   &worker->row) != 2) {
		load_fail(load, "an answer without CSCI-ID");
		return;
	}
	worker->row--;
	worker->gas = json_integer_value(json_object_get(answer, "gas"));
	snprintf(worker->id, sizeof(worker->id), "%s", id);
	load->live[worker->service][worker->row] += worker->gas;
	if (load->live[worker->service][worker->row] > load->options.gas)
		load_fail(load, "%s: %u slots are granted, it has %u", csci,
			  load->live[worker->service][worker->row],
			  load->options.gas);
	worker->what = TUNNEL;
	if (load->options.requests_only)
		let_go(worker);
}

/* A client that dies leaves what it has to the lease. */
static bool abandons(struct worker *worker)
{
	if (random() % 200)
		return false;
	worker->load->abandoned++;
	let_go(worker);
	return true;
}

static void take_tunnel(struct worker *worker, int status)
{
	/* 409: it was set up, and the answer was lost */
	if (status != 200 && !(worker->unsure && status == 409) &&
	    is_sure(worker))
		load_fail(worker->load, "a reservation %llu ms old has no tunnel: %d",
			  (unsigned long long)(now_ms() - worker->since_ms),
			  status);
	if (status != 200 && status != 409) {
		let_go(worker);
		return;
	}
	worker->what = FINISH;
}

static void take_finish(struct worker *worker, int status)
{
	if (status != 204 && !worker->unsure && is_sure(worker))
		load_fail(worker->load, "a reservation was not there to be finished: %d",
			  status);
	let_go(worker);
}

static json_t *read_answer(struct evhttp_request *request)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t len = evbuffer_get_length(in);

	return len ? json_loadb((char *)evbuffer_pullup(in, len), len, 0,
				NULL) : NULL;
}

static void lost(struct worker *worker)
{
	worker->load->unanswered++;
	worker->unsure = worker->what != REQUEST;
	evhttp_connection_free(worker->connection);
	worker->connection = NULL;
	try_later(worker);
}

static void on_answer(struct evhttp_request *request, void *ctx)
{
	struct worker *worker = ctx;
	struct load *load = worker->load;
	int status = request ? evhttp_request_get_response_code(request) : 0;
	json_t *answer;

	/* 503: catsd ends, or does not grant yet; or etcd went: it may be done */
	if (!status || status == 503) {
		if (status && load->options.etcd)
			worker->unsure = worker->what != REQUEST;
		if (status)
			try_later(worker);
		else
			lost(worker);
		return;
	}
	answer = read_answer(request);
	if (worker->what == REQUEST && status != 200)
		load_fail(load, "a request is answered with %d", status);
	else if (worker->what == REQUEST)
		take_grant(worker, answer);
	else if (worker->what == TUNNEL)
		take_tunnel(worker, status);
	else
		take_finish(worker, status);
	worker->unsure = false;
	json_decref(answer);
	if (++load->done >= load->options.operations)
		event_base_loopexit(load->base, NULL);
	step(worker);
}

static void send_step(struct worker *worker, const char *path, const char *text)
{
	struct evhttp_request *request = evhttp_request_new(on_answer, worker);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

	evhttp_add_header(headers, "Host", "localhost");
	evhttp_add_header(headers, "Authorization", "Bearer " TOKEN);
	evhttp_add_header(headers, "Content-Type", "application/json");
	evbuffer_add(evhttp_request_get_output_buffer(request), text,
		     strlen(text));
	evhttp_make_request(worker->connection, request, EVHTTP_REQ_POST,
			    path);
}

static void step(struct worker *worker)
{
	static const char *const ends[] = { [TUNNEL] = "tunnel",
					    [FINISH] = "finished" };
	struct load *load = worker->load;
	char path[96], text[128];

	if (!worker->connection)
		worker->connection = evhttp_connection_base_new(load->base,
			NULL, "127.0.0.1", load->port);
	/* what may have ended while nobody answered is no longer ours */
	if (worker->gas && !is_sure(worker))
		let_go(worker);
	if (worker->gas && abandons(worker))
		worker->what = REQUEST;
	if (worker->what == REQUEST) {
		worker->since_ms = now_ms();
		snprintf(text, sizeof(text),
			 "{\"service\":\"svc%ld\",\"gas\":%ld,\"cost\":%ld,\"delay-us\":1000}",
			 random() % SERVICES, 1 + random() % 3,
			 random() % (10 * ROWS));
		send_step(worker, "/requests", text);
		return;
	}
	/* catsd may give it to others before we read its answer */
	if (worker->what == FINISH)
		disown(worker);
	snprintf(path, sizeof(path), "/reservations/%s/%s", worker->id,
		 ends[worker->what]);
	send_step(worker, path, "{}");
}

static void on_kill(evutil_socket_t fd, short what, void *ctx)
{
	struct load *load = ctx;

	(void)fd, (void)what;
	lab_kill(load);
}

/* A site that is started again sends its whole model. */
static void on_site(evutil_socket_t fd, short what, void *ctx)
{
	struct load *load = ctx;
	int status;

	(void)fd, (void)what;
	status = lab_model(load, random() % ROWS);
	if (status != 200)
		load_fail(load, "a model is answered with %d", status);
}

static struct event *every(struct load *load, unsigned int ms,
			   event_callback_fn fn)
{
	const struct timeval period = { .tv_sec = ms / 1000,
					.tv_usec = ms % 1000 * 1000 };
	struct event *event = event_new(load->base, -1, EV_PERSIST, fn, load);

	event_add(event, &period);
	return event;
}

void workers_run(struct load *load)
{
	struct worker *worker = calloc(load->options.clients, sizeof(*worker));
	struct event *kills = NULL, *sites = NULL;
	unsigned int i;

	for (i = 0; i < load->options.clients; i++) {
		worker[i].load = load;
		worker[i].timer = evtimer_new(load->base, on_timer,
					      &worker[i]);
		step(&worker[i]);
	}
	if (load->options.kill_ms) {
		kills = every(load, load->options.kill_ms, on_kill);
		sites = every(load, load->options.kill_ms / 3 + 1, on_site);
	}
	event_base_dispatch(load->base);
	for (i = 0; i < load->options.clients; i++) {
		event_free(worker[i].timer);
		if (worker[i].connection)
			evhttp_connection_free(worker[i].connection);
	}
	if (kills)
		event_free(kills);
	if (sites)
		event_free(sites);
	free(worker);
}
