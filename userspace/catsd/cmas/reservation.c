// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a reservation: its tunnel is set up (tunnel.c), it is renewed,
 * it is finished.  Whoever does none of it has it ended by its time to live.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/step.h"
#include "error.h"

#define LEASE_S		30
#define TRIES		4
#define LIMIT		1000

/* --- who may -------------------------------------------------------------- */

bool step_is_its_client(const struct api_call *call, const json_t *value)
{
	return call->who.kinds & API_CLIENT &&
	       !strcmp(call->who.name, step_text(value, "client"));
}

static bool is_its_site(const struct api_call *call, const json_t *value)
{
	return api_who_is_site(&call->who, step_text(value, "site"));
}

/* A client, or a site, is told of no reservation but its own. */
const struct store_entry *step_find(struct api_call *call, struct cmas *cmas,
				    char key[RESERVATION_KEY_MAX])
{
	const struct store_entry *entry;

	snprintf(key, RESERVATION_KEY_MAX, RESERVATION_PREFIX "%s", call->segment[0]);
	entry = store_get(cmas->catsd->store, key);
	if (!entry) {
		api_refuse(call, API_UNKNOWN, "there is no such reservation, or it has ended");
		return NULL;
	}
	if (call->who.kinds & (API_OPERATOR | API_FORWARDER) ||
	    step_is_its_client(call, entry->value) ||
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
	char key[RESERVATION_KEY_MAX];

	entry = step_find(call, ctx, key);
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

struct step *step_new(struct api_call *call, struct cmas *cmas,
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

static void on_step(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct step *step = call->job;
	struct cmas *cmas = step->cmas;
	const struct store_entry *entry;

	(void)revision;
	entry = store_get(cmas->catsd->store, step->key);
	if (result == -ECANCELED && entry && ++step->tries < TRIES) {
		step_take(call);
		return;
	}
	if (!result && entry) {
		if (!tunnel_pin(call, entry))
			return;
		cmas->count[step->counter]++;
		api_answer(call, HTTP_OK, describe(call, entry));
		return;
	}
	if (result == -ECANCELED || !result)
		api_refuse(call, API_CONFLICT, "the reservation has ended, or changes all the time");
	else
		api_refuse(call, API_UNAVAILABLE, "the store did not take it");
}

static void submit(struct api_call *call, const struct step_change *change)
{
	struct step *step = call->job;
	const struct store_txn txn = {
		.compare = change->compare, .compares = change->compares,
		.op = change->op, .ops = change->ops,
	};
	bool whole = true;
	size_t i;

	for (i = 0; i < change->ops; i++)
		whole = whole && change->op[i].value;
	if (!whole || store_txn(step->cmas->catsd->store, &txn, on_step, call))
		api_refuse(call, API_UNAVAILABLE, "out of memory");
	for (i = 0; i < change->ops; i++)
		json_decref(change->op[i].value);
}

/* An active one stays so; and of two tunnels at once one was faster. */
void step_take(struct api_call *call)
{
	struct step *step = call->job;
	struct store *store = step->cmas->catsd->store;
	const struct store_entry *entry = store_get(store, step->key);
	struct step_change change = {
		.compare = { { STORE_IS_REVISION, step->key,
			       entry->revision } },
		.compares = 1,
		.op = { { .key = step->key,
			  .ttl_ms = lease_ms(step->cmas) } },
		.ops = 1,
	};

	if (step->active && step_is_active(entry)) {
		api_refuse(call, API_CONFLICT, "its tunnel is set up already");
		return;
	}
	if (step->json && !tunnel_claim(call, &change))
		return;
	change.op[0].value = json_copy(entry->value);
	if (change.op[0].value && step->active)
		json_object_set_new(change.op[0].value, "state",
				    json_string("active"));
	if (change.op[0].value && step->json)
		json_object_set(change.op[0].value, "flow", step->json);
	submit(call, &change);
}

void cmas_reservation_renew(struct api_call *call, void *ctx)
{
	struct step *step = step_new(call, ctx, CMAS_RENEWED);
	const struct store_entry *entry;

	if (!step)
		return;
	entry = step_find(call, ctx, step->key);
	if (!entry)
		return;
	/* an answer is good for its time, and no longer */
	if (!step_is_active(entry)) {
		api_refuse(call, API_CONFLICT, "its tunnel is not set up");
		return;
	}
	step_take(call);
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
	struct step *step = step_new(call, ctx, CMAS_FINISHED);
	struct store_compare compare = { .what = STORE_EXISTS };
	struct store_op op[2] = {};
	struct store_txn txn = { .compare = &compare, .compares = 1, .op = op,
				 .ops = 1 };
	const struct store_entry *entry;
	struct store *store;

	if (!step)
		return;
	entry = step_find(call, ctx, step->key);
	if (!entry)
		return;
	store = step->cmas->catsd->store;
	op[0].key = compare.key = step->key;
	txn.ops += flow_index_release(store, entry, step->index, &op[1]);
	if (store_txn(store, &txn, on_finished, call))
		api_refuse(call, API_UNAVAILABLE, "out of memory");
}
