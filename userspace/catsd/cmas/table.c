// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows, and the services they are of.  What changes them is in table_watch.c.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/table_internal.h"
#include "error.h"
#include "mapped.h"

/* --- services ------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	/* the id is the first member of both */
	return strcmp(a, b);
}

struct cmas_service *cmas_table_service(struct cmas_table *table,
					const char *id)
{
	void *found = tfind(id, &table->services, by_id);

	return found ? *(struct cmas_service **)found : NULL;
}

static struct cmas_service *make_service(struct cmas_table *table,
					 const char *id)
{
	struct cmas_service *service = cmas_table_service(table, id);

	if (service)
		return service;
	service = calloc(1, sizeof(*service));
	if (!service)
		return NULL;
	snprintf(service->id, sizeof(service->id), "%s", id);
	service->catalogue_us = table_catalogue_time(table, id);
	if (tsearch(service, &table->services, by_id))
		return service;
	free(service);
	return NULL;
}

static void drop_service_if_empty(struct cmas_table *table,
				  struct cmas_service *service)
{
	if (service->count)
		return;
	tdelete(service, &table->services, by_id);
	free(service->entry);
	free(service);
}

static bool add_to_service(struct cmas_service *service,
			   struct cmas_entry *entry)
{
	struct cmas_entry **grown;

	/* in powers of two */
	if (!(service->count & (service->count - 1))) {
		grown = realloc(service->entry, (service->count ?
				2 * service->count : 1) * sizeof(*grown));
		if (!grown)
			return false;
		service->entry = grown;
	}
	service->entry[service->count++] = entry;
	entry->service = service;
	return true;
}

static void remove_from_service(struct cmas_entry *entry)
{
	struct cmas_service *service = entry->service;
	size_t i = 0;

	while (service->entry[i] != entry)
		i++;
	service->entry[i] = service->entry[--service->count];
}

/* --- rows, by CSCI-ID and site -------------------------------------------- */

static int compare(const struct cmas_entry *entry, const uint8_t csci[16],
		   const char *site)
{
	int order = memcmp(entry->csci, csci, sizeof(entry->csci));

	return order ? order : strcmp(entry->site, site);
}

/* The first row that is not before (@csci, @site) */
static size_t position(const struct cmas_table *table, const uint8_t csci[16],
		       const char *site)
{
	size_t low = 0, high = table->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(table->entry[middle], csci, site) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct cmas_entry *cmas_table_entry(struct cmas_table *table, const char *site,
				    const uint8_t csci[16])
{
	size_t at = position(table, csci, site);

	if (at == table->count || compare(table->entry[at], csci, site))
		return NULL;
	return table->entry[at];
}

/* Of all sites that offer this CSCI-ID, the one that did so first. */
static struct cmas_entry *first_of(struct cmas_table *table,
				   const uint8_t csci[16])
{
	size_t at = position(table, csci, "");
	struct cmas_entry *first = NULL, *entry;

	for (; at < table->count; at++) {
		entry = table->entry[at];
		if (memcmp(entry->csci, csci, sizeof(entry->csci)))
			break;
		if (entry->offered && (!first || entry->since < first->since))
			first = entry;
	}
	return first;
}

const char *cmas_table_owner(struct cmas_table *table, const uint8_t csci[16])
{
	struct cmas_entry *first = first_of(table, csci);

	return first ? first->site : NULL;
}

void table_shadow(struct cmas_table *table, const uint8_t csci[16])
{
	struct cmas_entry *first = first_of(table, csci);
	size_t at = position(table, csci, "");

	for (; at < table->count && !memcmp(table->entry[at]->csci, csci, 16);
	     at++)
		table->entry[at]->shadowed = table->entry[at] != first;
}

static bool insert(struct cmas_table *table, struct cmas_entry *entry)
{
	size_t room = table->room ? 2 * table->room : 64, at;
	struct cmas_entry **grown;

	if (table->count == table->room) {
		grown = realloc(table->entry, room * sizeof(*grown));
		if (!grown)
			return false;
		table->entry = grown;
		table->room = room;
	}
	at = position(table, entry->csci, entry->site);
	memmove(table->entry + at + 1, table->entry + at,
		(table->count - at) * sizeof(*table->entry));
	table->entry[at] = entry;
	table->count++;
	return true;
}

struct cmas_entry *table_make_entry(struct cmas_table *table, const char *id,
				    const char *site, const uint8_t csci[16])
{
	struct cmas_entry *entry = cmas_table_entry(table, site, csci);
	struct cmas_service *service;

	if (entry && !strcmp(entry->service->id, id))
		return entry;
	service = make_service(table, id);
	if (!service)
		return NULL;
	if (entry) {
		/* the proxy serves something else now */
		struct cmas_service *former = entry->service;

		remove_from_service(entry);
		drop_service_if_empty(table, former);
		return add_to_service(service, entry) ? entry : NULL;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		goto fail;
	snprintf(entry->site, sizeof(entry->site), "%s", site);
	memcpy(entry->csci, csci, sizeof(entry->csci));
	entry->computing_us = CMAS_DELAY_UNKNOWN;
	table_read_instance(table, entry);
	if (!add_to_service(service, entry))
		goto fail;
	if (insert(table, entry))
		return entry;
	remove_from_service(entry);
fail:
	drop_service_if_empty(table, service);
	free(entry);
	return NULL;
}

void table_drop_if_unused(struct cmas_table *table, struct cmas_entry *entry)
{
	struct cmas_service *service = entry->service;
	size_t at;

	if (entry->offered || entry->active || entry->held || entry->pending)
		return;
	at = position(table, entry->csci, entry->site);
	table->count--;
	memmove(table->entry + at, table->entry + at + 1,
		(table->count - at) * sizeof(*table->entry));
	remove_from_service(entry);
	drop_service_if_empty(table, service);
	free(entry);
}

/* --- what is asked of it -------------------------------------------------- */

int cmas_table_each(struct cmas_table *table,
		    int (*fn)(void *ctx, struct cmas_entry *entry), void *ctx)
{
	size_t i;
	int ret;

	for (i = 0; i < table->count; i++) {
		ret = fn(ctx, table->entry[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static uint32_t without(uint32_t gas, uint64_t used)
{
	/* a site may take back slots that are in use: nothing is left then */
	return gas > used ? gas - used : 0;
}

uint32_t cmas_table_gas(const struct cmas_entry *entry)
{
	return without(entry->model_gas, entry->active);
}

uint64_t cmas_table_computing(const struct cmas_entry *entry)
{
	if (entry->computing_us != CMAS_DELAY_UNKNOWN)
		return entry->computing_us;
	if (entry->declared_us != CMAS_DELAY_UNKNOWN)
		return entry->declared_us;
	if (entry->measured_us != CMAS_DELAY_UNKNOWN)
		return entry->measured_us;
	return entry->service->catalogue_us;
}

uint64_t cmas_table_network(struct cmas_table *table,
			    const struct cmas_entry *entry,
			    const char *ingress, const char **policy)
{
	uint64_t us;

	us = cmas_delay(table->delays, ingress, entry->endpoint, policy);
	if (us == CMAS_DELAY_UNKNOWN && table->assume_network_us)
		us = *table->assume_network_us;
	return us;
}

bool cmas_table_row(struct cmas_table *table, const struct cmas_entry *entry,
		    const char *ingress, struct cmas_row *row,
		    const char **policy)
{
	if (!entry->offered || entry->shadowed || !entry->is_up)
		return false;
	memcpy(row->csci, entry->csci, sizeof(row->csci));
	row->gas = without(entry->model_gas, entry->active + entry->held +
					     entry->pending);
	row->cost = entry->cost;
	row->computing_us = cmas_table_computing(entry);
	row->network_us = cmas_table_network(table, entry, ingress, policy);
	return true;
}

void cmas_table_pend(struct cmas_entry *entry, uint32_t gas)
{
	entry->pending += gas;
}

void cmas_table_unpend(struct cmas_table *table, struct cmas_entry *entry,
		       uint32_t gas)
{
	entry->pending -= gas;
	table_drop_if_unused(table, entry);
}

uint64_t cmas_table_malformed(const struct cmas_table *table)
{
	return table->malformed;
}

size_t cmas_table_reservations(const struct cmas_table *table)
{
	return table->reserved;
}
