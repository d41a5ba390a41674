// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role cmas: the part of a C-PS that CMAS adds (draft-zhangb-cats-cmas-01,
 * sections 4 to 6): takes the models of the sites, has the whole service table,
 * grants requests, and keeps count of the gas.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/cmas.h"
#include "cmas/flow_leftover.h"
#include "error.h"

#define LISTEN_DEFAULT	"127.0.0.1:9851"

#define ALL_KINDS	(API_OPERATOR | API_SITE | API_CLIENT | API_FORWARDER)

static const struct api_route routes[] = {
	{ EVHTTP_REQ_POST, "/requests",
	  API_CLIENT | API_FORWARDER | API_OPERATOR, cmas_request_add },
	{ EVHTTP_REQ_GET, "/reservations", API_OPERATOR | API_FORWARDER,
	  cmas_reservation_list },
	{ EVHTTP_REQ_GET, "/reservations/{}", ALL_KINDS,
	  cmas_reservation_show },
	{ EVHTTP_REQ_POST, "/reservations/{}/tunnel",
	  API_CLIENT | API_FORWARDER | API_OPERATOR, cmas_reservation_tunnel },
	{ EVHTTP_REQ_POST, "/reservations/{}/renew", ALL_KINDS,
	  cmas_reservation_renew },
	{ EVHTTP_REQ_POST, "/reservations/{}/finished", ALL_KINDS,
	  cmas_reservation_finished },
	{ EVHTTP_REQ_GET, "/sites", API_OPERATOR | API_FORWARDER,
	  cmas_site_list },
	{ EVHTTP_REQ_GET, "/sites/{}", API_OPERATOR | API_FORWARDER | API_SITE,
	  cmas_site_show },
	{ EVHTTP_REQ_PUT, "/sites/{}", API_SITE | API_OPERATOR,
	  cmas_site_put },
	{ EVHTTP_REQ_PATCH, "/sites/{}", API_SITE | API_OPERATOR,
	  cmas_site_change },
	{ EVHTTP_REQ_DELETE, "/sites/{}", API_SITE | API_OPERATOR,
	  cmas_site_delete },
	{ EVHTTP_REQ_GET, "/table", API_OPERATOR | API_FORWARDER,
	  cmas_table_show },
	{ EVHTTP_REQ_GET, "/openapi.json", API_ANYBODY, cmas_openapi },
	{},
};

#define CMAS_NAME(symbol, name) name,

static const char *const names[] = { CMAS_COUNTERS(CMAS_NAME) };

#undef CMAS_NAME

static struct api_config server_config(const struct cmas_config *config)
{
	return (struct api_config){
		.section = "cmas",
		.listen = config->listen ? config->listen : LISTEN_DEFAULT,
		.tokens = config->tokens,
		.tls = config->tls,
		.limits = config->limits,
	};
}

static int check_range(const char *key, const uint32_t *value, uint32_t max)
{
	if (!value || (*value >= 1 && *value <= max))
		return 0;
	return cats_error(EINVAL, "cmas: %s: %u is not within 1 and %u", key,
			  *value, max);
}

static int cmas_check(const struct catsd *catsd, const void *section)
{
	const struct cmas_config *config = section;
	const struct api_config server = server_config(config);
	int ret;

	ret = check_range("offer-s", config->offer_s, 3600);
	if (!ret)
		ret = check_range("lease-s", config->lease_s, 86400);
	if (!ret)
		ret = check_range("model-ttl-s", config->model_ttl_s, 86400);
	if (!ret)
		ret = check_range("max-reservations", config->max_reservations,
				  10000000);
	if (!ret)
		ret = check_range("assume-network-us",
				  config->assume_network_us, 60000000);
	return ret ? ret : api_check(catsd, &server);
}

/* --- begin and end -------------------------------------------------------- */

static void on_reservation(void *ctx, enum store_change change,
			   const struct store_entry *entry)
{
	struct cmas *cmas = ctx;

	if (change == STORE_EXPIRED)
		cmas->count[CMAS_ENDED]++;
	cmas_pinning_follow(cmas, change, entry);
}

static void cmas_stop(void *state)
{
	struct cmas *cmas = state;

	api_close(cmas->server);
	cmas_owner_free(cmas->owner);
	flow_leftover_free(cmas->leftover);
	store_unwatch(cmas->watch);
	cmas_pinning_stop(cmas);
	cmas_table_free(cmas->table);
	free(cmas->chosen);
	free(cmas->row);
	free(cmas);
}

static int start_parts(struct cmas *cmas)
{
	const struct api_config server = server_config(cmas->config);
	struct catsd *catsd = cmas->catsd;
	int ret;

	cmas->table = cmas_table_new(catsd->store,
				     cmas->config->assume_network_us);
	if (!cmas->table)
		return -ENOMEM;
	cmas->watch = store_watch(catsd->store, RESERVATION_PREFIX,
				  on_reservation, cmas);
	cmas->leftover = flow_leftover_new(catsd);
	if (!cmas->watch || !cmas->leftover)
		return cats_error_kernel(ENOMEM, "cmas");
	ret = cmas_pinning_start(cmas);
	if (!ret)
		ret = api_open(catsd, &server, routes, cmas, &cmas->server);
	if (ret)
		return ret;
	cmas->owner = cmas_owner_new(catsd, cmas->name, server.listen);
	return cmas->owner ? 0 : -ENOMEM;
}

static int cmas_start(struct catsd *catsd, const void *section, void **state)
{
	struct cmas *cmas = calloc(1, sizeof(*cmas));
	int ret;

	if (!cmas)
		return cats_error_kernel(ENOMEM, "cmas");
	cmas->catsd = catsd;
	cmas->config = section;
	/* two at one site, or two sites on one host, are two */
	snprintf(cmas->name, sizeof(cmas->name), "%s@%s", catsd->site,
		 server_config(cmas->config).listen);
	ret = start_parts(cmas);
	if (ret)
		cmas_stop(cmas);
	else
		*state = cmas;
	return ret;
}

static json_t *cmas_status(void *state)
{
	struct cmas *cmas = state;
	json_t *counters = json_object();
	const struct name_claim *name;
	int i;

	for (i = 0; i < CMAS_COUNTER_COUNT; i++)
		json_object_set_new(counters, names[i],
				    json_integer(cmas->count[i]));
	name = cmas_owner_name(cmas->owner);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}",
			 "state", cmas_owner_revision(cmas->owner) ?
			 "granting" : "standby",
			 "granting", cmas_owner_address(cmas->owner), "writer",
			 cmas->name, "name", name_claim_state(name),
			 "namesakes",
			 (json_int_t)name_claim_namesakes(name),
			 "reservations",
			 (json_int_t)cmas_table_reservations(cmas->table),
			 "malformed",
			 (json_int_t)cmas_table_malformed(cmas->table),
			 "counters", counters, "api",
			 api_status(cmas->server));
}

static void cmas_measure(void *state, struct openmetrics *om)
{
	struct cmas *cmas = state;
	int i;

	om_gauge(om, "cats_cmas_granting", "1 if this C-PS grants requests.",
		 NULL, cmas_owner_revision(cmas->owner) != 0);
	om_counter(om, "cats_cmas_namesakes",
		   "Others found to run with the name of this C-PS.", NULL,
		   name_claim_namesakes(cmas_owner_name(cmas->owner)));
	om_gauge(om, "cats_cmas_reservations", "Reservations there are.", NULL,
		 cmas_table_reservations(cmas->table));
	for (i = 0; i < CMAS_COUNTER_COUNT; i++)
		om_counter(om, "cats_cmas_events",
			   "What became of requests, reservations, models and flows.",
			   OM_LABELS({ "event", names[i] }), cmas->count[i]);
	api_measure(cmas->server, om);
}

const struct role role_cmas = {
	.name = "cmas",
	.check = cmas_check,
	.start = cmas_start,
	.stop = cmas_stop,
	.status = cmas_status,
	.measure = cmas_measure,
};
