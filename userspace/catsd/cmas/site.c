// SPDX-License-Identifier: GPL-2.0-or-later
/* Service models over HTTP: a site sends all of it, then what changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/cmas.h"
#include "cmas/model.h"
#include "error.h"
#include "mapped.h"
#include "platform/service.h"

#define TTL_S		300
#define KEY_MAX		(sizeof(MODEL_PREFIX) + API_SEGMENT_MAX)

/**
 * struct update - a model on its way to the store
 * @cmas: role
 * @counter: what it counts as
 * @sequence: of the message
 * @key: of the store
 */
struct update {
	struct cmas *cmas;
	enum cmas_counter counter;
	json_int_t sequence;
	char key[KEY_MAX];
};

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* --- reading -------------------------------------------------------------- */

static int list_one(void *ctx, const struct store_entry *entry)
{
	const json_t *rows = json_object_get(entry->value, "rows");

	json_array_append_new(ctx, json_pack("{s:s, s:O, s:O, s:I}", "site",
		entry->key + strlen(MODEL_PREFIX), "epoch",
		json_object_get(entry->value, "epoch"), "sequence",
		json_object_get(entry->value, "sequence"), "rows",
		(json_int_t)json_array_size(rows)));
	return 0;
}

void cmas_site_list(struct api_call *call, void *ctx)
{
	struct cmas *cmas = ctx;
	json_t *sites = json_array();

	store_each(cmas->catsd->store, MODEL_PREFIX, list_one, sites);
	api_answer(call, HTTP_OK, json_pack("{s:o}", "sites", sites));
}

static const struct store_entry *find(struct api_call *call, struct cmas *cmas,
				      char *key)
{
	snprintf(key, KEY_MAX, MODEL_PREFIX "%s", call->segment[0]);
	return store_get(cmas->catsd->store, key);
}

/* A site sees its own, operators and forwarders see all. */
static bool may_see(struct api_call *call)
{
	if (call->who.kinds & (API_OPERATOR | API_FORWARDER) ||
	    api_who_is_site(&call->who, call->segment[0]))
		return true;
	api_refuse(call, API_NOT_GRANTED, "%s may not speak for site %s",
		   call->who.name, call->segment[0]);
	return false;
}

void cmas_site_show(struct api_call *call, void *ctx)
{
	const struct store_entry *entry;
	char key[KEY_MAX];

	if (!may_see(call))
		return;
	entry = find(call, ctx, key);
	if (entry)
		api_answer(call, HTTP_OK, json_incref(entry->value));
	else
		api_refuse(call, API_UNKNOWN, "site %s has no service model",
			   call->segment[0]);
}

/* --- what a row may not be, given all else there is ----------------------- */

static bool has_catalogue(struct cmas *cmas, const char *service)
{
	char key[sizeof(SERVICE_PREFIX) + API_NAME_MAX];

	snprintf(key, sizeof(key), SERVICE_PREFIX "%s", service);
	return store_get(cmas->catsd->store, key);
}

/* Return: 0; -EINVAL, -EEXIST with a message. */
static int check_row(struct cmas *cmas, const char *site, const json_t *row)
{
	const char *service = text_of(row, "service"), *owner;
	uint8_t csci[16];

	if (!member_name_is_valid(service))
		return cats_error(EINVAL, "service: \"%.64s\" is no service ID",
				  service);
	if (!has_catalogue(cmas, service) &&
	    !json_object_get(row, "computing-us"))
		return cats_error(EINVAL, "service: %s is not in the catalogue, and the row has no computing-us",
				  service);
	mapped_parse(text_of(row, "csci"), csci);
	owner = cmas_table_owner(cmas->table, csci);
	if (owner && strcmp(owner, site))
		return cats_error(EEXIST, "csci: %s is an instance of site %s",
				  text_of(row, "csci"), owner);
	return 0;
}

static bool check_rows(struct api_call *call, struct cmas *cmas,
		       const json_t *rows)
{
	json_t *row;
	size_t i;
	int ret;

	json_array_foreach(rows, i, row) {
		ret = check_row(cmas, call->segment[0], row);
		if (!ret)
			continue;
		api_refuse(call, ret == -EEXIST ? API_CONFLICT : API_INVALID,
			   "%s", cats_error_message());
		return false;
	}
	return true;
}

/* --- writing -------------------------------------------------------------- */

static void answer_sequence(struct api_call *call, json_int_t sequence)
{
	api_answer(call, HTTP_OK, json_pack("{s:I}", "sequence", sequence));
}

static void on_stored(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct update *update = call->job;

	(void)revision;
	if (!result) {
		update->cmas->count[update->counter]++;
		answer_sequence(call, update->sequence);
	} else if (result == -ECANCELED) {
		api_refuse(call, API_CONFLICT, "the whole model is needed: another update came in between");
	} else {
		api_refuse(call, API_UNAVAILABLE, "the store did not take it");
	}
}

/* The reference to @model is taken. */
static void store_model(struct api_call *call, struct update *update,
			json_t *model, const struct store_entry *was)
{
	struct cmas *cmas = update->cmas;
	const struct store_compare compare = {
		was ? STORE_IS_REVISION : STORE_ABSENT, update->key,
		was ? was->revision : 0,
	};
	const struct store_op op = {
		.key = update->key, .value = model,
		.ttl_ms = 1000ull * cmas_option(cmas->config->model_ttl_s,
						TTL_S),
	};
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };

	if (store_txn(cmas->catsd->store, &txn, on_stored, call))
		api_refuse(call, API_UNAVAILABLE, "%s", cats_error_message());
	json_decref(model);
}

static struct update *make_update(struct api_call *call, struct cmas *cmas,
				  enum cmas_counter counter)
{
	struct update *update;

	if (!member_name_is_valid(call->segment[0])) {
		api_refuse(call, API_INVALID, "\"%s\" is no name of a site",
			   call->segment[0]);
		return NULL;
	}
	if (!(call->who.kinds & API_OPERATOR) &&
	    !api_who_is_site(&call->who, call->segment[0])) {
		api_refuse(call, API_NOT_GRANTED, "%s may not speak for site %s",
			   call->who.name, call->segment[0]);
		return NULL;
	}
	update = call->job = calloc(1, sizeof(*update));
	if (!update) {
		api_refuse(call, API_UNAVAILABLE, "out of memory");
		return NULL;
	}
	update->cmas = cmas;
	update->counter = counter;
	update->sequence = json_integer_value(json_object_get(call->body,
							      "sequence"));
	return update;
}

/* false: answered, for it does not follow */
static bool follows(struct api_call *call, struct cmas *cmas,
		    const struct store_entry *was, bool whole)
{
	int ret = model_follows(was ? was->value : NULL, call->body, whole);

	if (!ret)
		return true;
	if (ret == -ESTALE) {
		cmas->count[CMAS_RESYNCHRONISED]++;
		api_refuse(call, API_CONFLICT, "%s", cats_error_message());
	}
	return ret == -EALREADY;
}

/*
 * The last message again: its answer was lost.  Once more it changes nothing,
 * unless it says something else under the same number.
 */
static bool is_again(struct api_call *call, const struct store_entry *was,
		     const json_t *model)
{
	if (!was || !json_equal(json_object_get(was->value, "sequence"),
				json_object_get(model, "sequence")) ||
	    !json_equal(json_object_get(was->value, "epoch"),
			json_object_get(model, "epoch")))
		return false;
	if (json_equal(was->value, model))
		answer_sequence(call, json_integer_value(
			json_object_get(model, "sequence")));
	else
		api_refuse(call, API_CONFLICT, "the whole model is needed: this sequence number said something else before");
	return true;
}

void cmas_site_put(struct api_call *call, void *ctx)
{
	struct update *update = make_update(call, ctx, CMAS_MODELS);
	const struct store_entry *was;

	if (!update)
		return;
	if (model_check(call->body)) {
		api_refuse(call, API_INVALID, "%s", cats_error_message());
		return;
	}
	was = find(call, ctx, update->key);
	if (!follows(call, ctx, was, true) || is_again(call, was, call->body))
		return;
	if (check_rows(call, ctx, json_object_get(call->body, "rows")))
		store_model(call, update, json_incref(call->body), was);
}

void cmas_site_change(struct api_call *call, void *ctx)
{
	struct update *update = make_update(call, ctx, CMAS_CHANGES);
	const struct store_entry *was;
	json_t *model;

	if (!update)
		return;
	if (model_check_change(call->body)) {
		api_refuse(call, API_INVALID, "%s", cats_error_message());
		return;
	}
	was = find(call, ctx, update->key);
	if (!follows(call, ctx, was, false) ||
	    !check_rows(call, ctx, json_object_get(call->body, "set")))
		return;
	model = model_apply(was->value, call->body);
	if (!model)
		api_refuse(call, API_INVALID, "%s", cats_error_message());
	else if (is_again(call, was, model))
		json_decref(model);
	else
		store_model(call, update, model, was);
}

static void on_deleted(void *ctx, int result, uint64_t revision)
{
	(void)revision;
	if (!result)
		api_answer(ctx, HTTP_NOCONTENT, NULL);
	else if (result == -ECANCELED)
		api_refuse(ctx, API_UNKNOWN, "the site has no service model");
	else
		api_refuse(ctx, API_UNAVAILABLE, "the store did not take it");
}

void cmas_site_delete(struct api_call *call, void *ctx)
{
	struct update *update = make_update(call, ctx, CMAS_MODELS);
	struct store_compare compare = { .what = STORE_EXISTS };
	struct store_op op = {};
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };

	if (!update)
		return;
	find(call, ctx, update->key);
	op.key = compare.key = update->key;
	if (store_txn(update->cmas->catsd->store, &txn, on_deleted, call))
		api_refuse(call, API_UNAVAILABLE, "out of memory");
}
