// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a reservation: its tunnel is set up, it is renewed, it is
 * finished.  Whoever does none of it has it ended by its time to live.  A
 * change depends on the revision it was made from; of two at once one is done
 * again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/cmas.h"
#include "cmas/pin.h"
#include "error.h"
#include "mapped.h"
#include "platform/service.h"

#define LEASE_S		30
#define TRIES		4
#define LIMIT		1000
#define KEY_MAX		(sizeof(RESERVATION_PREFIX) + API_SEGMENT_MAX)

/**
 * struct step - a change on its way
 * @cmas: role
 * @counter: what it counts as
 * @json: flow of the tunnel, of the body; NULL
 * @flow: the same
 * @active: it is to be
 * @tries: so far
 * @csci: of the reservation
 * @key: of the store
 */
struct step {
	struct cmas *cmas;
	enum cmas_counter counter;
	json_t *json;
	struct cmas_flow flow;
	bool active;
	unsigned int tries;
	uint8_t csci[16];
	char key[KEY_MAX];
};

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

/* --- who may -------------------------------------------------------------- */

static bool is_its_client(const struct api_call *call, const json_t *value)
{
	return call->who.kinds & API_CLIENT &&
	       !strcmp(call->who.name, text_of(value, "client"));
}

static bool is_its_site(const struct api_call *call, const json_t *value)
{
	return api_who_is_site(&call->who, text_of(value, "site"));
}

/* A client, or a site, is told of no reservation but its own. */
static const struct store_entry *find(struct api_call *call, struct cmas *cmas,
				      char *key)
{
	const struct store_entry *entry;

	snprintf(key, KEY_MAX, RESERVATION_PREFIX "%s", call->segment[0]);
	entry = store_get(cmas->catsd->store, key);
	if (!entry) {
		api_refuse(call, API_UNKNOWN, "there is no such reservation, or it has ended");
		return NULL;
	}
	if (call->who.kinds & (API_OPERATOR | API_FORWARDER) ||
	    is_its_client(call, entry->value) ||
	    is_its_site(call, entry->value))
		return entry;
	api_refuse(call, API_NOT_GRANTED, "%s has no part in this reservation",
		   call->who.name);
	return NULL;
}

/* --- reading -------------------------------------------------------------- */

static json_t *describe(const struct api_call *call,
			const struct store_entry *entry)
{
	json_t *value = json_copy(entry->value);

	if (!value)
		return NULL;
	json_object_set_new(value, "reservation", json_string(
		entry->key + strlen(RESERVATION_PREFIX)));
	/* the instances stay shielded from clients */
	if (!(call->who.kinds & ~API_CLIENT)) {
		json_object_del(value, "csci");
		json_object_del(value, "site");
	}
	return value;
}

void cmas_reservation_show(struct api_call *call, void *ctx)
{
	const struct store_entry *entry;
	char key[KEY_MAX];

	entry = find(call, ctx, key);
	if (entry)
		api_answer(call, HTTP_OK, describe(call, entry));
}

/**
 * struct listing - reservations that were asked for
 * @call: by whom
 * @after: id of the last of the page before, or NULL
 * @array: result
 */
struct listing {
	struct api_call *call;
	const char *after;
	json_t *array;
};

static int list_one(void *ctx, const struct store_entry *entry)
{
	const char *id = entry->key + strlen(RESERVATION_PREFIX);
	struct listing *listing = ctx;

	if (listing->after && strcmp(id, listing->after) <= 0)
		return 0;
	json_array_append_new(listing->array, describe(listing->call, entry));
	return json_array_size(listing->array) == LIMIT;
}

void cmas_reservation_list(struct api_call *call, void *ctx)
{
	struct cmas *cmas = ctx;
	struct listing listing = {
		.call = call, .after = api_query(call, "after"),
		.array = json_array(),
	};
	json_t *answer, *last;
	int more;

	more = store_each(cmas->catsd->store, RESERVATION_PREFIX, list_one,
			  &listing);
	last = json_array_get(listing.array, LIMIT - 1);
	answer = json_pack("{s:o}", "reservations", listing.array);
	if (more)
		json_object_set(answer, "next",
				json_object_get(last, "reservation"));
	api_answer(call, HTTP_OK, answer);
}

/* --- changing ------------------------------------------------------------- */

static uint64_t lease_ms(const struct cmas *cmas)
{
	return 1000ull * cmas_option(cmas->config->lease_s, LEASE_S);
}

static struct step *make_step(struct api_call *call, struct cmas *cmas,
			      enum cmas_counter counter)
{
	struct step *step = calloc(1, sizeof(*step));

	call->job = step;
	if (!step) {
		api_refuse(call, API_UNAVAILABLE, "out of memory");
		return NULL;
	}
	step->cmas = cmas;
	step->counter = counter;
	return step;
}

static void take_step(struct api_call *call);

static void undo_pin(struct step *step)
{
	if (step->json && step->cmas->pin)
		cmas_unpin_flow(step->cmas->pin, &step->flow, step->csci);
}

static void on_step(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct step *step = call->job;
	struct cmas *cmas = step->cmas;
	const struct store_entry *entry;

	(void)revision;
	entry = store_get(cmas->catsd->store, step->key);
	if (result == -ECANCELED && entry && ++step->tries < TRIES) {
		take_step(call);
		return;
	}
	if (!result && entry) {
		cmas->count[step->counter]++;
		api_answer(call, HTTP_OK, describe(call, entry));
		return;
	}
	undo_pin(step);
	if (result == -ECANCELED || !result)
		api_refuse(call, API_CONFLICT, "the reservation has ended, or changes all the time");
	else
		api_refuse(call, API_UNAVAILABLE, "the store did not take it");
}

/* From what the store has now; an active one stays so. */
static void take_step(struct api_call *call)
{
	struct step *step = call->job;
	struct store *store = step->cmas->catsd->store;
	const struct store_entry *entry = store_get(store, step->key);
	const struct store_compare compare = { STORE_IS_REVISION, step->key,
					       entry->revision };
	bool active = step->active || !strcmp(text_of(entry->value, "state"),
					      "active");
	struct store_op op = {
		.key = step->key, .value = json_copy(entry->value),
		.ttl_ms = lease_ms(step->cmas),
	};
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };

	if (op.value && active)
		json_object_set_new(op.value, "state", json_string("active"));
	if (op.value && step->json)
		json_object_set(op.value, "flow", step->json);
	if (!op.value || store_txn(store, &txn, on_step, call)) {
		undo_pin(step);
		api_refuse(call, API_UNAVAILABLE, "out of memory");
	}
	json_decref(op.value);
}

/*
 * A client has no say in the flows of others.  One that asks over loopback is on
 * this host, where the API is not for those outside.
 */
static bool is_of_asker(struct api_call *call, const struct cmas_flow *flow)
{
	struct evhttp_connection *connection;
	char *text = NULL, host[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	uint16_t port;

	if (call->who.kinds & (API_OPERATOR | API_FORWARDER))
		return true;
	connection = evhttp_request_get_connection(call->request);
	evhttp_connection_get_peer(connection, &text, &port);
	/* without the device of a link-local address */
	snprintf(host, sizeof(host), "%.*s", text ?
		 (int)strcspn(text, "%") : 0, text ? text : "");
	if (!mapped_parse(host, addr))
		return false;
	return mapped_is_loopback(addr) ||
	       !memcmp(addr, flow->source, sizeof(addr));
}

/* The CS-ID is that of the service, where the catalogue says which. */
static bool is_of_service(struct cmas *cmas, const struct step *step)
{
	const struct store_entry *entry;
	const json_t *value;
	char key[sizeof(SERVICE_PREFIX) + API_SEGMENT_MAX];
	uint8_t csid[16];

	entry = store_get(cmas->catsd->store, step->key);
	value = entry ? entry->value : NULL;
	snprintf(key, sizeof(key), SERVICE_PREFIX "%s",
		 text_of(value, "service"));
	entry = store_get(cmas->catsd->store, key);
	return !entry || !mapped_parse(text_of(entry->value, "csid"), csid) ||
	       !memcmp(csid, step->flow.csid, sizeof(csid));
}

static bool may_have_flow(struct api_call *call, struct step *step)
{
	if (cmas_flow_read(step->json, &step->flow))
		api_refuse(call, API_INVALID, "%s", cats_error_message());
	else if (!is_of_asker(call, &step->flow))
		api_refuse(call, API_NOT_GRANTED, "source: is not the address that asks");
	else if (!is_of_service(step->cmas, step))
		api_refuse(call, API_INVALID, "csid: is not that of the service");
	else
		return true;
	return false;
}

/* The tunnel first, then the gas: what is counted can be used. */
static bool set_up_tunnel(struct api_call *call, struct step *step)
{
	struct cmas *cmas = step->cmas;

	if (!step->json)
		return true;
	if (!may_have_flow(call, step))
		return false;
	if (!cmas->pin)
		return true;
	if (!cmas_pin_flow(cmas->pin, &step->flow, step->csci)) {
		cmas->count[CMAS_PINNED]++;
		return true;
	}
	cmas->count[CMAS_PIN_FAILED]++;
	api_refuse(call, API_CONFLICT, "the flow cannot be pinned: %s",
		   cats_error_message());
	return false;
}

void cmas_reservation_tunnel(struct api_call *call, void *ctx)
{
	static const char *const members[] = { "flow", NULL };
	struct step *step = make_step(call, ctx, CMAS_TUNNELS);
	const struct store_entry *entry;

	if (!step)
		return;
	if (member_only(call->body, members)) {
		api_refuse(call, API_INVALID, "%s", cats_error_message());
		return;
	}
	entry = find(call, ctx, step->key);
	if (!entry)
		return;
	if (!strcmp(text_of(entry->value, "state"), "active")) {
		api_refuse(call, API_CONFLICT, "its tunnel is set up already");
		return;
	}
	step->active = true;
	step->json = json_object_get(call->body, "flow");
	mapped_parse(text_of(entry->value, "csci"), step->csci);
	if (set_up_tunnel(call, step))
		take_step(call);
}

void cmas_reservation_renew(struct api_call *call, void *ctx)
{
	struct step *step = make_step(call, ctx, CMAS_RENEWED);
	const struct store_entry *entry;

	if (!step)
		return;
	entry = find(call, ctx, step->key);
	if (!entry)
		return;
	/* an answer is good for its time, and no longer */
	if (strcmp(text_of(entry->value, "state"), "active")) {
		api_refuse(call, API_CONFLICT, "its tunnel is not set up");
		return;
	}
	take_step(call);
}

static void on_finished(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct step *step = call->job;

	(void)revision;
	if (!result) {
		step->cmas->count[CMAS_FINISHED]++;
		api_answer(call, HTTP_NOCONTENT, NULL);
	} else if (result == -ECANCELED) {
		api_refuse(call, API_UNKNOWN, "there is no such reservation, or it has ended");
	} else {
		api_refuse(call, API_UNAVAILABLE, "the store did not take it");
	}
}

void cmas_reservation_finished(struct api_call *call, void *ctx)
{
	struct step *step = make_step(call, ctx, CMAS_FINISHED);
	struct store_compare compare = { .what = STORE_EXISTS };
	struct store_op op = {};
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };

	if (!step || !find(call, ctx, step->key))
		return;
	op.key = compare.key = step->key;
	if (store_txn(step->cmas->catsd->store, &txn, on_finished, call))
		api_refuse(call, API_UNAVAILABLE, "out of memory");
}
