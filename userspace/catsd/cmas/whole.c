// SPDX-License-Identifier: GPL-2.0-or-later
/* The whole service table (section 5) over HTTP, and what describes the API. */
#include <string.h>

#include "api/embed.h"
#include "cmas/cmas.h"
#include "mapped.h"

EMBED(cmas_openapi_text, "Documentation/openapi/cmas.json");

/**
 * struct listing - rows that are asked for
 * @cmas: role
 * @service: of it, or NULL
 * @ingress: whence
 * @rows: result
 */
struct listing {
	struct cmas *cmas;
	const char *service;
	const char *ingress;
	json_t *rows;
};

/* Unknown is no number. */
static json_t *delay(uint64_t us)
{
	return us == CMAS_DELAY_UNKNOWN ? json_null() : json_integer(us);
}

static const char *state_of(const struct cmas_entry *entry)
{
	if (!entry->offered)
		return "withdrawn";
	if (entry->shadowed)
		return "shadowed";
	return entry->is_up ? "up" : "not-up";
}

static int list_one(void *ctx, struct cmas_entry *entry)
{
	struct listing *listing = ctx;
	char csci[INET6_ADDRSTRLEN];
	const char *policy;
	uint64_t network;
	json_t *row;

	if (listing->service && strcmp(listing->service, entry->service->id))
		return 0;
	network = cmas_table_network(listing->cmas->table, entry,
				     listing->ingress, &policy);
	row = json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:s, s:I, s:I, s:s}",
			"service", entry->service->id, "csci",
			mapped_text(entry->csci, csci), "gas",
			(json_int_t)cmas_table_gas(entry), "cost",
			(json_int_t)entry->cost, "computing-us",
			delay(cmas_table_computing(entry)), "network-us",
			delay(network), "site", entry->site, "model-gas",
			(json_int_t)entry->model_gas, "held",
			(json_int_t)(entry->held + entry->pending), "state",
			state_of(entry));
	if (row && policy)
		json_object_set_new(row, "policy", json_string(policy));
	json_array_append_new(listing->rows, row);
	return 0;
}

void cmas_table_show(struct api_call *call, void *ctx)
{
	struct cmas *cmas = ctx;
	struct listing listing = {
		.cmas = cmas, .service = api_query(call, "service"),
		.ingress = api_query(call, "ingress"), .rows = json_array(),
	};

	if (!listing.ingress)
		listing.ingress = cmas->catsd->site;
	cmas_table_each(cmas->table, list_one, &listing);
	api_answer(call, HTTP_OK, json_pack("{s:s, s:o}", "ingress",
					    listing.ingress, "rows",
					    listing.rows));
}

void cmas_openapi(struct api_call *call, void *ctx)
{
	(void)ctx;
	api_answer_text(call, "application/json", cmas_openapi_text,
			EMBED_SIZE(cmas_openapi_text));
}
