// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tunnel of a reservation.  First it is written that the reservation has the
 * flow, then the flow is pinned: who is killed in between finds it in the store
 * and pins it at its start.  No two reservations have the same flow.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/pin.h"
#include "cmas/step.h"
#include "error.h"
#include "mapped.h"
#include "platform/service.h"

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
		 step_text(value, "service"));
	entry = store_get(cmas->catsd->store, key);
	return !entry ||
	       !mapped_parse(step_text(entry->value, "csid"), csid) ||
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

/* What can be seen to be impossible is not begun. */
static bool can_be_pinned(struct api_call *call, struct step *step)
{
	struct cmas *cmas = step->cmas;

	if (!cmas->pin || !cmas_pin_check(cmas->pin, &step->flow, step->csci))
		return true;
	cmas->count[CMAS_PIN_FAILED]++;
	api_refuse(call, API_CONFLICT, "the flow cannot be pinned: %s",
		   cats_error_message());
	return false;
}

void cmas_reservation_tunnel(struct api_call *call, void *ctx)
{
	static const char *const members[] = { "flow", NULL };
	struct step *step = step_new(call, ctx, CMAS_TUNNELS);
	const struct store_entry *entry;

	if (!step)
		return;
	if (member_only(call->body, members)) {
		api_refuse(call, API_INVALID, "%s", cats_error_message());
		return;
	}
	entry = step_find(call, ctx, step->key);
	if (!entry)
		return;
	if (step_is_active(entry)) {
		api_refuse(call, API_CONFLICT, "its tunnel is set up already");
		return;
	}
	step->active = true;
	step->json = json_object_get(call->body, "flow");
	mapped_parse(step_text(entry->value, "csci"), step->csci);
	if (step->json) {
		if (!may_have_flow(call, step) || !can_be_pinned(call, step))
			return;
		flow_index_key(&step->flow, step->index);
	}
	step_take(call);
}

/* --- whose flow it is ------------------------------------------------------ */

/* Of others nothing is told but that there is one. */
static bool is_askers(const struct api_call *call,
		      const struct store_entry *holder)
{
	return step_is_its_client(call, holder->value) ||
	       (call->who.kinds & (API_OPERATOR | API_FORWARDER) &&
		!strcmp(call->who.name, step_text(holder->value, "client")));
}

bool tunnel_claim(struct api_call *call, struct step_change *change)
{
	struct step *step = call->job;
	const struct store_entry *holder;

	holder = flow_index_claim(step->cmas->catsd->store, step->index,
				  &change->claim);
	if (holder) {
		step->cmas->count[CMAS_FLOW_TAKEN]++;
		if (is_askers(call, holder))
			api_refuse(call, API_CONFLICT, "flow: has reservation %s already",
				   holder->key + strlen(RESERVATION_PREFIX));
		else
			api_refuse(call, API_CONFLICT, "flow: is reserved already");
		return false;
	}
	memcpy(change->compare + change->compares, change->claim.compare,
	       change->claim.compares * sizeof(*change->compare));
	change->compares += change->claim.compares;
	change->op[change->ops++] = (struct store_op){
		.key = step->index,
		.value = json_pack("{s:s}", "reservation",
				   step->key + strlen(RESERVATION_PREFIX)),
	};
	return true;
}

/* --- pinning, and what if it fails ----------------------------------------- */

static void on_undone(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct step *step = call->job;

	(void)revision;
	if (!result || result == -ECANCELED)
		api_refuse(call, API_CONFLICT, "the flow cannot be pinned: %s",
			   step->why);
	else
		api_refuse(call, API_UNAVAILABLE, "the store did not take it");
}

/* The route has changed in between: it is held again, for as long as an offer. */
static void undo_tunnel(struct api_call *call, const struct store_entry *entry)
{
	struct step *step = call->job;
	struct cmas *cmas = step->cmas;
	const struct store_compare compare = { STORE_IS_REVISION, step->key,
					       entry->revision };
	const struct store_op op[] = {
		{ .key = step->key, .value = json_copy(entry->value),
		  .ttl_ms = cmas_offer_ms(cmas->config) },
		{ .key = step->index },
	};
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = op, .ops = 2 };

	if (op[0].value) {
		json_object_set_new(op[0].value, "state", json_string("held"));
		json_object_del(op[0].value, "flow");
	}
	if (!op[0].value ||
	    store_txn(cmas->catsd->store, &txn, on_undone, call))
		api_refuse(call, API_UNAVAILABLE, "out of memory");
	json_decref(op[0].value);
}

bool tunnel_pin(struct api_call *call, const struct store_entry *entry)
{
	struct step *step = call->job;
	struct cmas *cmas = step->cmas;

	if (!step->active || !step->json || !cmas->pin)
		return true;
	if (!cmas_pin_flow(cmas->pin, &step->flow, step->csci)) {
		cmas->count[CMAS_PINNED]++;
		return true;
	}
	cmas->count[CMAS_PIN_FAILED]++;
	snprintf(step->why, sizeof(step->why), "%s", cats_error_message());
	undo_tunnel(call, entry);
	return false;
}
