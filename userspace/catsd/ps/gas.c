// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cmas/model.h"
#include "cmas/table.h"
#include "error.h"
#include "ps/gas.h"

/* Thousands of reservations come and go in a second: one look serves many. */
#define LOOK_MS	10

/* an instance may come after its gas */
static const char *const prefixes[] = { MODEL_PREFIX, RESERVATION_PREFIX,
					"instance/" };

#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/**
 * struct ps_gas - what is looked at
 * @facts: to be kept right
 * @table: whole service table
 * @watch: of the store
 * @look: something has changed
 */
struct ps_gas {
	struct facts *facts;
	struct cmas_table *table;
	struct store_watch *watch[PREFIXES];
	struct event *look;
};

static double gas_of(struct ps_gas *gas, const struct fact_instance *instance)
{
	const struct cmas_entry *entry;
	uint64_t used;

	entry = cmas_table_entry(gas->table, instance->site,
				 instance->facts.id);
	if (!entry || !entry->offered || entry->shadowed)
		return NAN;
	used = entry->active + entry->held;
	return used < entry->model_gas ? entry->model_gas - used : 0;
}

static bool is_same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void on_look(evutil_socket_t fd, short what, void *ctx)
{
	struct fact_instance *instance;
	struct ps_gas *gas = ctx;
	double now;

	(void)fd, (void)what;
	for (instance = gas->facts->instances; instance;
	     instance = instance->next) {
		now = gas_of(gas, instance);
		if (is_same(now, instance->facts.gas))
			continue;
		instance->facts.gas = now;
		facts_tell(gas->facts, &instance->users);
	}
}

static void look_soon(struct ps_gas *gas)
{
	const struct timeval soon = { .tv_usec = LOOK_MS * 1000 };

	if (!event_pending(gas->look, EV_TIMEOUT, NULL))
		event_add(gas->look, &soon);
}

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	(void)change, (void)entry;
	look_soon(ctx);
}

int ps_gas_open(struct facts *facts, struct event_base *base,
		struct ps_gas **result)
{
	struct ps_gas *gas = calloc(1, sizeof(*gas));
	size_t i = 0;

	if (!gas)
		return cats_error_kernel(ENOMEM, "ps");
	gas->facts = facts;
	gas->look = event_new(base, -1, 0, on_look, gas);
	gas->table = cmas_table_new(facts->store, NULL);
	for (; gas->table && i < PREFIXES; i++) {
		gas->watch[i] = store_watch(facts->store, prefixes[i],
					    on_change, gas);
		if (!gas->watch[i])
			break;
	}
	if (!gas->look || !gas->table || i < PREFIXES) {
		ps_gas_close(gas);
		return cats_error_kernel(ENOMEM, "ps");
	}
	look_soon(gas);
	*result = gas;
	return 0;
}

void ps_gas_close(struct ps_gas *gas)
{
	size_t i;

	if (!gas)
		return;
	for (i = 0; i < PREFIXES; i++)
		store_unwatch(gas->watch[i]);
	cmas_table_free(gas->table);
	if (gas->look)
		event_free(gas->look);
	free(gas);
}
