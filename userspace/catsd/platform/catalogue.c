// SPDX-License-Identifier: GPL-2.0-or-later
/* The service table over HTTP: list, search, show, put, delete. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/member.h"
#include "error.h"
#include "platform/platform.h"
#include "platform/service.h"

#define SERVICES_DEFAULT	10000
#define LIMIT_DEFAULT		100
#define LIMIT_MAX		1000
#define KEY_MAX			(sizeof(SERVICE_PREFIX) + API_NAME_MAX)

static int count_one(void *ctx, const struct store_entry *entry)
{
	(void)entry;
	++*(unsigned int *)ctx;
	return 0;
}

unsigned int catalogue_count(struct platform *platform)
{
	unsigned int count = 0;

	store_each(platform->store, SERVICE_PREFIX, count_one, &count);
	return count;
}

/* What is shown: the row, and its revision for If-Match. */
static json_t *with_revision(const struct store_entry *entry)
{
	json_t *service = json_copy(entry->value);

	if (service)
		json_object_set_new(service, "revision",
				    json_integer(entry->revision));
	return service;
}

/* --- reading -------------------------------------------------------------- */

/**
 * struct listing - a page of the list
 * @services: on it
 * @search: words
 * @after: id that the page before ended with, or NULL
 * @limit: of a page
 * @more: there are more
 */
struct listing {
	json_t *services;
	const char *search;
	const char *after;
	unsigned long limit;
	bool more;
};

static int list_one(void *ctx, const struct store_entry *entry)
{
	const char *id = entry->key + strlen(SERVICE_PREFIX);
	struct listing *listing = ctx;

	if (listing->after && strcmp(id, listing->after) <= 0)
		return 0;
	if (listing->search && !service_has_words(entry->value,
						  listing->search))
		return 0;
	if (json_array_size(listing->services) == listing->limit) {
		listing->more = true;
		return 1;
	}
	json_array_append_new(listing->services, with_revision(entry));
	return 0;
}

static bool read_limit(struct api_call *call, unsigned long *limit)
{
	const char *text = api_query(call, "limit");
	char *end;

	*limit = LIMIT_DEFAULT;
	if (!text)
		return true;
	*limit = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && *limit >= 1 &&
	    *limit <= LIMIT_MAX)
		return true;
	api_refuse(call, API_INVALID, "limit: is not an integer of 1 to %d",
		   LIMIT_MAX);
	return false;
}

void catalogue_list(struct api_call *call, void *ctx)
{
	struct platform *platform = ctx;
	struct listing listing = {
		.search = api_query(call, "search"),
		.after = api_query(call, "after"),
	};
	json_t *answer, *last;
	size_t count;

	if (!read_limit(call, &listing.limit))
		return;
	listing.services = json_array();
	store_each(platform->store, SERVICE_PREFIX, list_one, &listing);
	count = json_array_size(listing.services);
	last = json_array_get(listing.services, count ? count - 1 : 0);
	answer = json_pack("{s:o}", "services", listing.services);
	if (listing.more)
		json_object_set(answer, "next", json_object_get(last, "id"));
	api_answer(call, HTTP_OK, answer);
}

static const struct store_entry *find(struct platform *platform,
				      const char *id, char *key)
{
	snprintf(key, KEY_MAX, SERVICE_PREFIX "%.*s", API_NAME_MAX, id);
	return store_get(platform->store, key);
}

static void set_tag(struct api_call *call, uint64_t revision)
{
	char tag[32];

	snprintf(tag, sizeof(tag), "\"%" PRIu64 "\"", revision);
	api_set_header(call, "ETag", tag);
}

void catalogue_show(struct api_call *call, void *ctx)
{
	const struct store_entry *entry;
	char key[KEY_MAX];

	entry = find(ctx, call->segment[0], key);
	if (!entry) {
		api_refuse(call, API_UNKNOWN, "service %s does not exist",
			   call->segment[0]);
		return;
	}
	set_tag(call, entry->revision);
	api_answer(call, HTTP_OK, with_revision(entry));
}

/* --- writing -------------------------------------------------------------- */

/**
 * struct change - a write on its way
 * @platform: role
 * @created: there was none before
 * @key: of the store
 */
struct change {
	struct platform *platform;
	bool created;
	char key[KEY_MAX];
};

static struct change *make_change(struct api_call *call,
				  struct platform *platform)
{
	struct change *change = calloc(1, sizeof(*change));

	call->job = change;
	if (change)
		change->platform = platform;
	else
		api_refuse(call, API_UNAVAILABLE, "out of memory");
	return change;
}

/*
 * What the client knows must still be so: If-Match, If-None-Match (RFC 9110
 * 13.1).  false: it was refused.
 */
static bool read_condition(struct api_call *call, struct store_compare *compare,
			   size_t *compares)
{
	const char *match = api_header(call, "If-Match");
	const char *none = api_header(call, "If-None-Match");
	int end = 0;

	*compares = 0;
	if (none && !strcmp(none, "*")) {
		compare->what = STORE_ABSENT;
		*compares = 1;
		return true;
	}
	if (!match)
		return true;
	compare->what = STORE_IS_REVISION;
	*compares = 1;
	if (sscanf(match, "\"%" SCNu64 "\"%n", &compare->revision, &end) == 1 &&
	    end && !match[end])
		return true;
	api_refuse(call, API_MALFORMED, "If-Match: is not a tag that was given out");
	return false;
}

/* Failures of a write; false if it was none. */
static bool write_failed(struct api_call *call, int result)
{
	if (!result)
		return false;
	if (result == -ECANCELED)
		api_refuse(call, API_PRECONDITION,
			   "service %s has changed since, or is there already",
			   call->segment[0]);
	else
		api_refuse(call, API_UNAVAILABLE,
			   "the store did not take it");
	return true;
}

static void put_done(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct change *change = call->job;
	json_t *service;

	if (write_failed(call, result))
		return;
	change->platform->changes++;
	service = json_incref(call->body);
	json_object_set_new(service, "revision", json_integer(revision));
	set_tag(call, revision);
	api_answer(call, change->created ? 201 : HTTP_OK, service);
}

static bool may_add(struct api_call *call, struct platform *platform)
{
	uint32_t max = platform->config->max_services ?
			       *platform->config->max_services :
			       SERVICES_DEFAULT;

	if (catalogue_count(platform) < max)
		return true;
	api_refuse(call, API_FULL, "there are %u services: no more are taken",
		   max);
	return false;
}

static void submit(struct api_call *call, const struct store_txn *txn,
		   store_done_fn done)
{
	struct change *change = call->job;

	if (store_txn(change->platform->store, txn, done, call))
		api_refuse(call, API_UNAVAILABLE, "%s", cats_error_message());
}

void catalogue_put(struct api_call *call, void *ctx)
{
	struct store_compare compare = {};
	struct store_op op = {};
	struct store_txn txn = { .compare = &compare, .op = &op, .ops = 1 };
	struct change *change;

	if (service_check(call->body, call->segment[0])) {
		api_refuse(call, API_INVALID, "%s", cats_error_message());
		return;
	}
	change = make_change(call, ctx);
	if (!change || !read_condition(call, &compare, &txn.compares))
		return;
	change->created = !find(ctx, call->segment[0], change->key);
	if (change->created && !may_add(call, ctx))
		return;
	json_object_set_new(call->body, "id", json_string(call->segment[0]));
	/* the store keeps its own; the answer has the revision too */
	op.value = json_copy(call->body);
	op.key = compare.key = change->key;
	submit(call, &txn, put_done);
	json_decref(op.value);
}

static void delete_done(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct change *change = call->job;

	(void)revision;
	if (write_failed(call, result))
		return;
	change->platform->removals++;
	api_answer(call, HTTP_NOCONTENT, NULL);
}

void catalogue_delete(struct api_call *call, void *ctx)
{
	struct store_compare compare = {};
	struct store_op op = {};
	struct store_txn txn = { .compare = &compare, .op = &op, .ops = 1 };
	struct change *change = make_change(call, ctx);

	if (!change || !read_condition(call, &compare, &txn.compares))
		return;
	if (!find(ctx, call->segment[0], change->key)) {
		api_refuse(call, API_UNKNOWN, "service %s does not exist",
			   call->segment[0]);
		return;
	}
	/* once: a second one finds nothing any more */
	if (!txn.compares) {
		compare.what = STORE_EXISTS;
		txn.compares = 1;
	}
	op.key = compare.key = change->key;
	submit(call, &txn, delete_done);
}
