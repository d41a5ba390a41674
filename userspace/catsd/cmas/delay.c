// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths change now and then, requests are many: a sorted array, made anew. */
#include <stdlib.h>
#include <string.h>

#include "api/member.h"
#include "cmas/delay.h"
#include "cmas_select.h"
#include "mapped.h"

#define PREFIX	"path/"

/**
 * struct way - one SR policy
 * @site: of the ingress
 * @policy: name
 * @endpoint: egress
 * @us: delay; CMAS_DELAY_UNKNOWN
 */
struct way {
	char site[API_NAME_MAX + 1];
	char policy[API_NAME_MAX + 1];
	uint8_t endpoint[16];
	uint64_t us;
};

/**
 * struct cmas_delays - all of them
 * @store: it is made of
 * @watch: of the store
 * @way: by site and endpoint, the best first; of equal delays, by name
 * @count: of them
 * @room: for them
 * @stale: has to be read again
 */
struct cmas_delays {
	struct store *store;
	struct store_watch *watch;
	struct way *way;
	size_t count;
	size_t room;
	bool stale;
};

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	struct cmas_delays *delays = ctx;

	(void)change, (void)entry;
	delays->stale = true;
}

struct cmas_delays *cmas_delays_new(struct store *store)
{
	struct cmas_delays *delays = calloc(1, sizeof(*delays));

	if (!delays)
		return NULL;
	delays->store = store;
	delays->stale = true;
	delays->watch = store_watch(store, PREFIX, on_change, delays);
	if (delays->watch)
		return delays;
	free(delays);
	return NULL;
}

void cmas_delays_free(struct cmas_delays *delays)
{
	if (!delays)
		return;
	store_unwatch(delays->watch);
	free(delays->way);
	free(delays);
}

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

/* A path that is down leads nowhere; what was not measured is unknown. */
static uint64_t read_delay(const json_t *path)
{
	const json_t *delay = json_object_get(path, "delay");
	const json_t *avg = json_object_get(delay, "avg");
	double us = json_number_value(avg);

	if (!strcmp(text_of(path, "state"), "down") || !json_is_number(avg) ||
	    strcmp(text_of(delay, "unit"), "us") || !(us >= 0) ||
	    us > CMAS_DELAY_MAX)
		return CMAS_DELAY_UNKNOWN;
	return us + 0.5;
}

static int add_way(void *ctx, const struct store_entry *entry)
{
	struct cmas_delays *delays = ctx;
	size_t room = delays->room ? 2 * delays->room : 16;
	struct way *grown, way = { .us = read_delay(entry->value) };

	if (way.us == CMAS_DELAY_UNKNOWN ||
	    !mapped_parse(text_of(entry->value, "endpoint"), way.endpoint) ||
	    sscanf(entry->key, PREFIX "%63[^/]/%63[^/]", way.site,
		   way.policy) != 2)
		return 0;
	if (delays->count == delays->room) {
		grown = realloc(delays->way, room * sizeof(*grown));
		if (!grown)
			return 1;
		delays->way = grown;
		delays->room = room;
	}
	delays->way[delays->count++] = way;
	return 0;
}

static int by_goal(const struct way *a, const char *site,
		   const uint8_t endpoint[16])
{
	int order = strcmp(a->site, site);

	return order ? order : memcmp(a->endpoint, endpoint, 16);
}

static int by_goal_and_delay(const void *a, const void *b)
{
	const struct way *left = a, *right = b;
	int order = by_goal(left, right->site, right->endpoint);

	if (order)
		return order;
	if (left->us != right->us)
		return left->us < right->us ? -1 : 1;
	return strcmp(left->policy, right->policy);
}

static void refresh(struct cmas_delays *delays)
{
	delays->count = 0;
	/* what there is no memory for is unknown, and tried again */
	delays->stale = store_each(delays->store, PREFIX, add_way, delays);
	if (delays->count)
		qsort(delays->way, delays->count, sizeof(*delays->way),
		      by_goal_and_delay);
}

uint64_t cmas_delay(struct cmas_delays *delays, const char *ingress,
		    const uint8_t endpoint[16], const char **policy)
{
	size_t low = 0, high, middle;
	const struct way *way;

	if (delays->stale)
		refresh(delays);
	*policy = NULL;
	high = delays->count;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_goal(&delays->way[middle], ingress, endpoint) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	way = &delays->way[low];
	if (low == delays->count || by_goal(way, ingress, endpoint))
		return CMAS_DELAY_UNKNOWN;
	*policy = way->policy;
	return way->us;
}
