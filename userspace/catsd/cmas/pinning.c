// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The flow table of this ingress is kept equal to the reservations of the store:
 * a flow that is reserved is pinned, one that no longer is is not.  What was
 * missed, for catsd was killed in between, is made up for at the start.
 */
#include <errno.h>

#include "cmas/cmas.h"
#include "cmas/pin.h"
#include "error.h"
#include "mapped.h"

/* sooner than any sensible timeout of a flow's affinity */
#define PERIOD_S	5
/* a reservation of another C-PS is in the store, and known here, by then */
#define STRAY_S		1

static bool flow_of(const json_t *value, struct cmas_flow *flow,
		    uint8_t csci[16])
{
	const char *text = json_string_value(json_object_get(value, "csci"));
	const json_t *json = json_object_get(value, "flow");

	return json && text && mapped_parse(text, csci) &&
	       !cmas_flow_read(json, flow);
}

void cmas_pinning_follow(struct cmas *cmas, enum store_change change,
			 const struct store_entry *entry)
{
	struct cmas_flow flow;
	uint8_t csci[16];

	if (!cmas->pin || !flow_of(entry->value, &flow, csci))
		return;
	/* which another C-PS may have pinned before we unpinned its former one */
	if (change == STORE_PUT)
		cmas_pin_flow(cmas->pin, &flow, csci);
	else
		cmas_unpin_flow(cmas->pin, &flow, csci);
}

static int pin_again(void *ctx, const struct store_entry *entry)
{
	struct cmas *cmas = ctx;
	struct cmas_flow flow;
	uint8_t csci[16];

	if (flow_of(entry->value, &flow, csci) &&
	    cmas_pin_flow(cmas->pin, &flow, csci))
		cmas->count[CMAS_PIN_FAILED]++;
	return 0;
}

/*
 * An entry ends with its timeout, or for others when its bucket is full.  As
 * long as the store is away, what is pinned may all be reserved.
 */
static void reconcile(evutil_socket_t fd, short what, void *ctx)
{
	struct cmas *cmas = ctx;
	struct store *store = cmas->catsd->store;
	struct timeval next = { .tv_sec = PERIOD_S };

	(void)fd, (void)what;
	cmas_pin_begin(cmas->pin);
	store_each(store, RESERVATION_PREFIX, pin_again, cmas);
	if (store_is_current(store) &&
	    cmas_pin_prune(cmas->pin, &cmas->count[CMAS_STRAY]))
		next.tv_sec = STRAY_S;
	event_add(cmas->pin_timer, &next);
}

int cmas_pinning_start(struct cmas *cmas)
{
	if (!cmas->config->pin)
		return 0;
	cmas->pin = cmas_pin_open();
	if (!cmas->pin)
		return -ENOMEM;
	cmas->pin_timer = evtimer_new(cmas->catsd->base, reconcile, cmas);
	if (!cmas->pin_timer)
		return cats_error_kernel(ENOMEM, "cmas");
	reconcile(-1, 0, cmas);
	return 0;
}

void cmas_pinning_stop(struct cmas *cmas)
{
	if (cmas->pin_timer)
		event_free(cmas->pin_timer);
	cmas_pin_close(cmas->pin);
}
