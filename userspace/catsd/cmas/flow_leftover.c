// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "cmas/flow_index.h"
#include "cmas/flow_leftover.h"

/* what ended while nobody was looking, or could not be deleted */
#define SWEEP_S	60

/**
 * struct flow_leftover - what may be one
 * @store: with the keys
 * @watch: of reservations
 * @keys: to be looked at
 * @look: at these: a watch must not change the store itself
 * @sweep: all there are, now and then
 */
struct flow_leftover {
	struct store *store;
	struct store_watch *watch;
	json_t *keys;
	struct event *look;
	struct event *sweep;
};

/* Both as they are seen here, or somebody has the flow by now. */
static void delete_if_over(struct store *store, const char *key)
{
	const struct store_entry *entry = store_get(store, key);
	char reservation[RESERVATION_KEY_MAX];
	struct store_compare compare[] = {
		{ .what = STORE_IS_REVISION, .key = key },
		{ .what = STORE_ABSENT, .key = reservation },
	};
	const struct store_op op = { .key = key };
	const struct store_txn txn = { .compare = compare, .compares = 2,
				       .op = &op, .ops = 1, .relaxed = true };

	if (!entry)
		return;
	flow_index_names(entry, reservation);
	compare[0].revision = entry->revision;
	if (!store_get(store, reservation))
		store_txn(store, &txn, NULL, NULL);
}

static void on_look(evutil_socket_t fd, short what, void *ctx)
{
	struct flow_leftover *leftover = ctx;
	json_t *keys = leftover->keys, *key;
	size_t i;

	(void)fd, (void)what;
	/* in memory, a deletion is told at once */
	leftover->keys = json_array();
	json_array_foreach(keys, i, key)
		delete_if_over(leftover->store, json_string_value(key));
	json_decref(keys);
}

static void note(struct flow_leftover *leftover, const char *key)
{
	json_array_append_new(leftover->keys, json_string(key));
	event_active(leftover->look, EV_TIMEOUT, 0);
}

static void on_reservation(void *ctx, enum store_change change,
			   const struct store_entry *entry)
{
	const json_t *json = json_object_get(entry->value, "flow");
	char key[FLOW_KEY_MAX];
	struct cmas_flow flow;

	if (change == STORE_PUT || !json || cmas_flow_read(json, &flow))
		return;
	flow_index_key(&flow, key);
	note(ctx, key);
}

static int note_each(void *ctx, const struct store_entry *entry)
{
	note(ctx, entry->key);
	return 0;
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
	struct flow_leftover *leftover = ctx;

	(void)fd, (void)what;
	store_each(leftover->store, FLOW_PREFIX, note_each, leftover);
}

struct flow_leftover *flow_leftover_new(struct catsd *catsd)
{
	struct flow_leftover *leftover = calloc(1, sizeof(*leftover));
	const struct timeval period = { .tv_sec = SWEEP_S };

	if (!leftover)
		return NULL;
	leftover->store = catsd->store;
	leftover->keys = json_array();
	leftover->look = event_new(catsd->base, -1, 0, on_look, leftover);
	leftover->sweep = event_new(catsd->base, -1, EV_PERSIST, on_sweep,
				    leftover);
	leftover->watch = store_watch(catsd->store, RESERVATION_PREFIX,
				      on_reservation, leftover);
	if (!leftover->keys || !leftover->look || !leftover->sweep ||
	    !leftover->watch || event_add(leftover->sweep, &period)) {
		flow_leftover_free(leftover);
		return NULL;
	}
	on_sweep(-1, 0, leftover);
	return leftover;
}

void flow_leftover_free(struct flow_leftover *leftover)
{
	if (!leftover)
		return;
	store_unwatch(leftover->watch);
	if (leftover->sweep)
		event_free(leftover->sweep);
	if (leftover->look)
		event_free(leftover->look);
	json_decref(leftover->keys);
	free(leftover);
}
