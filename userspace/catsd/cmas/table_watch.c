// SPDX-License-Identifier: GPL-2.0-or-later
/* From the store into the whole service table, change by change. */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/model.h"
#include "cmas/table_internal.h"
#include "error.h"
#include "mapped.h"
#include "platform/service.h"

#define KEY_MAX		256

/**
 * struct reservation - one of the store
 * @id: of it; first, see by_id()
 * @entry: row
 * @gas: slots
 * @active: its tunnel is set up
 */
struct reservation {
	char id[RESERVATION_ID_LEN + 1];
	struct cmas_entry *entry;
	uint64_t gas;
	bool active;
};

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static uint64_t number_of(const json_t *object, const char *member,
			  uint64_t otherwise)
{
	const json_t *number = json_object_get(object, member);

	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return otherwise;
	return json_integer_value(number);
}

/* --- models --------------------------------------------------------------- */

static void take_row(struct cmas_table *table, const char *site,
		     const json_t *row, uint64_t revision)
{
	struct cmas_entry *entry;
	uint8_t csci[16];

	if (!mapped_parse(text_of(row, "csci"), csci)) {
		table->malformed++;
		return;
	}
	entry = table_make_entry(table, text_of(row, "service"), site, csci);
	if (!entry)
		return;
	if (!entry->since)
		entry->since = revision;
	entry->offered = true;
	entry->model_gas = number_of(row, "gas", 0);
	entry->cost = number_of(row, "cost", 0);
	entry->computing_us = number_of(row, "computing-us",
					CMAS_DELAY_UNKNOWN);
	entry->own_endpoint = mapped_parse(text_of(row, "endpoint"),
					   entry->endpoint);
	table_read_instance(table, entry);
}

/* What the model no longer has is kept as long as it is reserved. */
static void withdraw(struct cmas_table *table, const char *site)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (!strcmp(table->entry[i]->site, site)) {
			table->entry[i]->offered = false;
			table->entry[i]->model_gas = 0;
		}
}

static void settle(struct cmas_table *table, const char *site)
{
	size_t i = table->count;

	while (i-- > 0) {
		struct cmas_entry *entry = table->entry[i];

		if (strcmp(entry->site, site))
			continue;
		if (!entry->offered)
			entry->since = 0;
		table_shadow(table, entry->csci);
		table_drop_if_unused(table, entry);
	}
}

static void on_model(void *ctx, enum store_change change,
		     const struct store_entry *stored)
{
	const char *site = stored->key + strlen(MODEL_PREFIX);
	struct cmas_table *table = ctx;
	const json_t *row;
	size_t i;

	if (!member_name_is_valid(site)) {
		table->malformed++;
		return;
	}
	withdraw(table, site);
	if (change == STORE_PUT)
		json_array_foreach(json_object_get(stored->value, "rows"), i,
				   row)
			take_row(table, site, row, stored->revision);
	settle(table, site);
}

/* --- the catalogue -------------------------------------------------------- */

static uint64_t read_time(const json_t *value)
{
	return number_of(json_object_get(value, "computing-time"), "max-us",
			 CMAS_DELAY_UNKNOWN);
}

uint64_t table_catalogue_time(struct cmas_table *table, const char *id)
{
	const struct store_entry *stored;
	char key[KEY_MAX];

	snprintf(key, sizeof(key), SERVICE_PREFIX "%s", id);
	stored = store_get(table->store, key);
	return stored ? read_time(stored->value) : CMAS_DELAY_UNKNOWN;
}

static void on_service(void *ctx, enum store_change change,
		       const struct store_entry *stored)
{
	struct cmas_service *service;

	service = cmas_table_service(ctx,
				     stored->key + strlen(SERVICE_PREFIX));
	if (service)
		service->catalogue_us = change == STORE_PUT ?
						read_time(stored->value) :
						CMAS_DELAY_UNKNOWN;
}

/* --- instances ------------------------------------------------------------ */

static const json_t *value_of(struct cmas_table *table, const char *kind,
			      const struct cmas_entry *entry)
{
	char key[KEY_MAX], text[INET6_ADDRSTRLEN];
	const struct store_entry *stored;

	snprintf(key, sizeof(key), "%s/%s/%s", kind, entry->site,
		 mapped_text(entry->csci, text));
	stored = store_get(table->store, key);
	return stored ? stored->value : NULL;
}

static void take_metric(struct cmas_entry *entry, const json_t *value)
{
	const json_t *raw = json_object_get(value, "raw");
	const json_t *time = json_object_get(raw, "response-time");
	double us = json_number_value(time);

	entry->measured_us = json_is_number(time) && us >= 0 &&
			     us <= CMAS_DELAY_MAX ? us + 0.5 :
						    CMAS_DELAY_UNKNOWN;
}

/* What nobody says anything about is up. */
static void take_instance(struct cmas_entry *entry, const json_t *value)
{
	const char *state = text_of(value, "state");

	entry->is_up = !*state || !strcmp(state, "up");
	entry->declared_us = number_of(value, "computing-us",
				       CMAS_DELAY_UNKNOWN);
	if (!entry->own_endpoint &&
	    !mapped_parse(text_of(value, "endpoint"), entry->endpoint))
		memset(entry->endpoint, 0, sizeof(entry->endpoint));
}

void table_read_instance(struct cmas_table *table, struct cmas_entry *entry)
{
	take_instance(entry, value_of(table, "instance", entry));
	take_metric(entry, value_of(table, "metric", entry));
}

static void on_instance(void *ctx, enum store_change change,
			const struct store_entry *stored)
{
	char kind[16], site[API_NAME_MAX + 1], subject[INET6_ADDRSTRLEN];
	struct cmas_entry *entry;
	uint8_t csci[16];

	if (sscanf(stored->key, "%15[^/]/%63[^/]/%45[^/]", kind, site,
		   subject) != 3 || !mapped_parse(subject, csci))
		return;
	entry = cmas_table_entry(ctx, site, csci);
	if (!entry)
		return;
	if (!strcmp(kind, "metric"))
		take_metric(entry, change == STORE_PUT ? stored->value : NULL);
	else
		take_instance(entry, change == STORE_PUT ? stored->value :
							   NULL);
}

/* --- reservations --------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void use(struct reservation *reservation)
{
	if (reservation->active)
		reservation->entry->active += reservation->gas;
	else
		reservation->entry->held += reservation->gas;
}

static void unuse(struct reservation *reservation)
{
	if (reservation->active)
		reservation->entry->active -= reservation->gas;
	else
		reservation->entry->held -= reservation->gas;
}

static struct reservation *find(struct cmas_table *table, const char *id)
{
	void *found = tfind(id, &table->reservations, by_id);

	return found ? *(struct reservation **)found : NULL;
}

static struct reservation *make(struct cmas_table *table, const char *id,
				const json_t *value)
{
	struct reservation *reservation = calloc(1, sizeof(*reservation));
	uint8_t csci[16];

	if (!reservation)
		return NULL;
	snprintf(reservation->id, sizeof(reservation->id), "%s", id);
	if (mapped_parse(text_of(value, "csci"), csci))
		reservation->entry = table_make_entry(table,
			text_of(value, "service"), text_of(value, "site"),
			csci);
	if (reservation->entry &&
	    tsearch(reservation, &table->reservations, by_id)) {
		table->reserved++;
		return reservation;
	}
	table->malformed++;
	free(reservation);
	return NULL;
}

static void on_reservation(void *ctx, enum store_change change,
			   const struct store_entry *stored)
{
	const char *id = stored->key + strlen(RESERVATION_PREFIX);
	struct cmas_table *table = ctx;
	struct reservation *reservation = find(table, id);
	struct cmas_entry *entry;

	if (reservation)
		unuse(reservation);
	if (change == STORE_PUT) {
		if (!reservation)
			reservation = make(table, id, stored->value);
		if (!reservation)
			return;
		reservation->gas = number_of(stored->value, "gas", 0);
		reservation->active = !strcmp(text_of(stored->value, "state"),
					      "active");
		use(reservation);
		return;
	}
	if (!reservation)
		return;
	entry = reservation->entry;
	tdelete(reservation, &table->reservations, by_id);
	table->reserved--;
	free(reservation);
	table_drop_if_unused(table, entry);
}

/* --- begin and end -------------------------------------------------------- */

static const struct {
	const char *prefix;
	store_watch_fn fn;
} watches[TABLE_WATCHES] = {
	{ SERVICE_PREFIX, on_service },
	{ MODEL_PREFIX, on_model },
	{ RESERVATION_PREFIX, on_reservation },
	{ "instance/", on_instance },
	{ "metric/", on_instance },
};

/**
 * struct first_walk - what there is at the beginning, told as changes
 * @table: result
 * @fn: of the prefix
 */
struct first_walk {
	struct cmas_table *table;
	store_watch_fn fn;
};

static int tell(void *ctx, const struct store_entry *stored)
{
	struct first_walk *walk = ctx;

	walk->fn(walk->table, STORE_PUT, stored);
	return 0;
}

struct cmas_table *cmas_table_new(struct store *store,
				  const uint32_t *assume_network_us)
{
	struct cmas_table *table = calloc(1, sizeof(*table));
	struct first_walk walk = { .table = table };
	size_t i;

	if (!table)
		goto nomem;
	table->store = store;
	table->assume_network_us = assume_network_us;
	table->delays = cmas_delays_new(store);
	if (!table->delays)
		goto nomem;
	for (i = 0; i < TABLE_WATCHES; i++) {
		walk.fn = watches[i].fn;
		store_each(store, watches[i].prefix, tell, &walk);
		table->watch[i] = store_watch(store, watches[i].prefix,
					      watches[i].fn, table);
		if (!table->watch[i])
			goto nomem;
	}
	return table;
nomem:
	cmas_table_free(table);
	cats_error_kernel(ENOMEM, "cmas");
	return NULL;
}

static void free_service(void *node)
{
	struct cmas_service *service = node;

	free(service->entry);
	free(service);
}

void cmas_table_free(struct cmas_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < TABLE_WATCHES; i++)
		store_unwatch(table->watch[i]);
	cmas_delays_free(table->delays);
	tdestroy(table->reservations, free);
	tdestroy(table->services, free_service);
	for (i = 0; i < table->count; i++)
		free(table->entry[i]);
	free(table->entry);
	free(table);
}
