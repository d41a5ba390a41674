// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests (draft-zhangb-cats-cmas-01, section 6): the 4-tuple (service, gas,
 * cost, delay) becomes a reservation that is held for its tunnel, and the
 * 6-tuple (service, CSCI-ID, gas, real cost, real delay, success).  A client is
 * not told the CSCI-ID: the forwarder acknowledges with the other five.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmas/cmas.h"
#include "error.h"
#include "mapped.h"

#define RESERVATIONS_MAX	100000

/**
 * struct wanted - the 4-tuple
 * @service: id
 * @ingress: site of the client's ingress
 * @request: the rest
 */
struct wanted {
	const char *service;
	const char *ingress;
	struct cmas_request request;
};

/**
 * struct grant - a reservation on its way to the store
 * @cmas: role
 * @entry: row it is of
 * @gas: slots
 * @cost: of one, when it was granted
 * @delay_us: real delay, then
 * @csci: CSCI-ID
 * @key: of the store
 */
struct grant {
	struct cmas *cmas;
	struct cmas_entry *entry;
	uint32_t gas;
	uint64_t cost;
	uint64_t delay_us;
	char csci[INET6_ADDRSTRLEN];
	char key[sizeof(RESERVATION_PREFIX) + RESERVATION_ID_LEN];
};

static int read_wanted(const struct cmas *cmas, const json_t *body,
		       struct wanted *wanted)
{
	static const char *const members[] = { "service", "gas", "cost",
					       "delay-us", "ingress", NULL };
	struct cmas_request *request = &wanted->request;
	uint64_t gas = 0;
	int ret;

	ret = member_only(body, members);
	if (!ret)
		ret = member_text(body, "service", API_NAME_MAX, true);
	if (!ret)
		ret = member_number(body, "gas", 1, CMAS_GAS_MAX, true, &gas);
	if (!ret)
		ret = member_number(body, "cost", 0, CMAS_COST_MAX, true,
				    &request->cost);
	if (!ret)
		ret = member_number(body, "delay-us", 1, CMAS_DELAY_MAX, true,
				    &request->delay_us);
	if (!ret)
		ret = member_text(body, "ingress", API_NAME_MAX, false);
	request->gas = gas;
	wanted->service = json_string_value(json_object_get(body, "service"));
	wanted->ingress = json_string_value(json_object_get(body, "ingress"));
	if (!wanted->ingress)
		wanted->ingress = cmas->catsd->site;
	if (!ret && !member_name_is_valid(wanted->service))
		ret = cats_error(EINVAL, "service: \"%s\" is no service ID",
				 wanted->service);
	return ret;
}

/* --- selection ------------------------------------------------------------ */

static bool make_room(struct cmas *cmas, size_t rows)
{
	struct cmas_entry **chosen;
	struct cmas_row *row;

	if (rows <= cmas->rows)
		return true;
	row = realloc(cmas->row, rows * sizeof(*row));
	if (!row)
		return false;
	cmas->row = row;
	chosen = realloc(cmas->chosen, rows * sizeof(*chosen));
	if (!chosen)
		return false;
	cmas->chosen = chosen;
	cmas->rows = rows;
	return true;
}

/* Return: the row, or NULL; @choice says why. */
static struct cmas_entry *select_row(struct cmas *cmas,
				     const struct wanted *wanted,
				     struct cmas_choice *choice)
{
	struct cmas_service *service;
	const char *policy;
	size_t i, rows = 0;

	service = cmas_table_service(cmas->table, wanted->service);
	for (i = 0; service && make_room(cmas, service->count) &&
		    i < service->count; i++) {
		cmas->chosen[rows] = service->entry[i];
		rows += cmas_table_row(cmas->table, service->entry[i],
				       wanted->ingress, &cmas->row[rows],
				       &policy);
	}
	cmas_select(&wanted->request, cmas->row, rows, choice);
	return choice->row == CMAS_NO_ROW ? NULL : cmas->chosen[choice->row];
}

static void count_refusal(struct cmas *cmas, const struct cmas_choice *choice)
{
	const char *reason = cmas_reason(choice);
	enum cmas_counter counter = CMAS_REFUSED_SERVICE;

	if (!strcmp(reason, "gas"))
		counter = CMAS_REFUSED_GAS;
	else if (!strcmp(reason, "unknown-delay"))
		counter = CMAS_REFUSED_UNKNOWN_DELAY;
	else if (!strcmp(reason, "delay"))
		counter = CMAS_REFUSED_DELAY;
	cmas->count[counter]++;
}

static void answer_failure(struct cmas *cmas, struct api_call *call,
			   const struct wanted *wanted,
			   const struct cmas_choice *choice)
{
	count_refusal(cmas, choice);
	api_answer(call, HTTP_OK, json_pack("{s:s, s:I, s:b, s:s}", "service",
		   wanted->service, "gas",
		   (json_int_t)wanted->request.gas, "success", 0, "reason",
		   cmas_reason(choice)));
}

/* --- reservation ---------------------------------------------------------- */

static bool name_reservation(struct grant *grant)
{
	uint64_t random[2];

	/* who does not know it cannot end it */
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return false;
	snprintf(grant->key, sizeof(grant->key),
		 RESERVATION_PREFIX "%016" PRIx64 "%016" PRIx64, random[0],
		 random[1]);
	return true;
}

static json_t *make_answer(const struct api_call *call,
			   const struct grant *grant)
{
	bool knows = call->who.kinds & (API_FORWARDER | API_OPERATOR);
	json_t *answer;

	answer = json_pack("{s:s, s:O, s:I, s:I, s:I, s:b}", "reservation",
			   grant->key + strlen(RESERVATION_PREFIX), "service",
			   json_object_get(call->body, "service"), "gas",
			   (json_int_t)grant->gas, "real-cost",
			   (json_int_t)grant->cost, "real-delay-us",
			   (json_int_t)grant->delay_us, "success", 1);
	if (answer && knows)
		json_object_set_new(answer, "csci", json_string(grant->csci));
	return answer;
}

static void on_granted(void *ctx, int result, uint64_t revision)
{
	struct api_call *call = ctx;
	struct grant *grant = call->job;
	struct cmas *cmas = grant->cmas;

	(void)revision;
	/* the mirror has it, and the table counts it, or it is not to be */
	cmas_table_unpend(cmas->table, grant->entry, grant->gas);
	if (!result) {
		cmas->count[CMAS_GRANTED]++;
		api_answer(call, HTTP_OK, make_answer(call, grant));
		return;
	}
	cmas->count[CMAS_NOT_STORED]++;
	api_refuse(call, API_UNAVAILABLE, "%s", result == -ECANCELED ?
		   "another C-PS grants requests now" :
		   "the store did not take it");
}

static void submit(struct api_call *call, struct grant *grant,
		   const struct wanted *wanted)
{
	struct cmas *cmas = grant->cmas;
	const struct store_compare compare[] = {
		{ STORE_IS_REVISION, OWNER_KEY,
		  cmas_owner_revision(cmas->owner) },
		{ STORE_ABSENT, grant->key, 0 },
	};
	struct store_op op = {
		.key = grant->key,
		.ttl_ms = cmas_offer_ms(cmas->config),
	};
	const struct store_txn txn = { .compare = compare, .compares = 2,
				       .op = &op, .ops = 1 };
	int ret = -ENOMEM;

	op.value = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
			     "client", call->who.name, "service",
			     wanted->service, "site", grant->entry->site,
			     "csci", grant->csci,
			     "ingress", wanted->ingress, "gas",
			     (json_int_t)grant->gas, "cost",
			     (json_int_t)grant->cost, "delay-us",
			     (json_int_t)grant->delay_us, "state", "held");
	cmas_table_pend(grant->entry, grant->gas);
	if (op.value)
		ret = store_txn(cmas->catsd->store, &txn, on_granted, call);
	json_decref(op.value);
	if (!ret)
		return;
	cmas_table_unpend(cmas->table, grant->entry, grant->gas);
	api_refuse(call, API_UNAVAILABLE, "out of memory");
}

static bool may_grant(struct cmas *cmas, struct api_call *call)
{
	uint32_t max = cmas_option(cmas->config->max_reservations,
				   RESERVATIONS_MAX);

	if (!cmas_owner_revision(cmas->owner)) {
		cmas->count[CMAS_NOT_OWNER]++;
		api_refuse(call, API_UNAVAILABLE, "requests are granted by another C-PS, at %s",
			   cmas_owner_address(cmas->owner));
		return false;
	}
	if (cmas_table_reservations(cmas->table) < max)
		return true;
	api_refuse(call, API_FULL, "there are %u reservations: no more are made",
		   max);
	return false;
}

void cmas_request_add(struct api_call *call, void *ctx)
{
	struct cmas *cmas = ctx;
	struct cmas_choice choice;
	struct wanted wanted = {};
	struct cmas_entry *entry;
	struct grant *grant;

	if (read_wanted(cmas, call->body, &wanted)) {
		api_refuse(call, API_INVALID, "%s", cats_error_message());
		return;
	}
	if (!may_grant(cmas, call))
		return;
	entry = select_row(cmas, &wanted, &choice);
	if (!entry) {
		answer_failure(cmas, call, &wanted, &choice);
		return;
	}
	grant = call->job = calloc(1, sizeof(*grant));
	if (!grant || !name_reservation(grant)) {
		api_refuse(call, API_UNAVAILABLE, "out of memory");
		return;
	}
	grant->cmas = cmas;
	grant->entry = entry;
	grant->gas = wanted.request.gas;
	grant->cost = entry->cost;
	grant->delay_us = choice.real_delay_us;
	mapped_text(entry->csci, grant->csci);
	submit(call, grant, &wanted);
}
