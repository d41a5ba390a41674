// SPDX-License-Identifier: GPL-2.0-or-later
/* What the schema cannot say of section ps. */
#include <arpa/inet.h>
#include <cats/maps.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "mapped.h"
#include "ps/config.h"
#include "decision.h"
#include "ps/select/select.h"

static int check_range(const char *key, const uint32_t *value, uint32_t min,
		       uint32_t max)
{
	if (!value || (*value >= min && *value <= max))
		return 0;
	return cats_error(EINVAL, "ps: %s: %u is not within %u and %u", key,
			  *value, min, max);
}

static void take(double *to, const double *from)
{
	if (from)
		*to = *from;
}

static void take_sla(struct select_sla *sla, const struct ps_sla_config *from)
{
	if (!from)
		return;
	take(&sla->delay_us, from->delay_us);
	take(&sla->variation_us, from->variation_us);
	take(&sla->loss, from->loss);
	take(&sla->level2, from->level2);
	take(&sla->load, from->load);
	take(&sla->cost, from->cost);
	take(&sla->age_ms, from->age_ms);
}

static void take_tuning(struct select_tuning *tuning,
			const struct ps_tuning_config *from)
{
	if (!from)
		return;
	take(&tuning->gain, from->gain);
	take(&tuning->speed, from->speed);
	take(&tuning->settle_ms, from->settle_ms);
	take(&tuning->tilt, from->tilt);
	take(&tuning->tilt_ms, from->tilt_ms);
	take(&tuning->step, from->step);
	take(&tuning->worth, from->worth);
	take(&tuning->hysteresis, from->hysteresis);
	tuning->burst = ps_option(from->burst, tuning->burst);
	tuning->spacing_ms = ps_option(from->spacing_ms, tuning->spacing_ms);
}

int ps_config_select(const struct ps_service_config *config,
		     struct select_service *select)
{
	select_service_init(select);
	if (config->policy)
		select->objective = select_objective_find(config->policy);
	if (!select->objective)
		return cats_error(EINVAL, "policy: there is no \"%s\"",
				  config->policy);
	take_sla(&select->sla, config->sla);
	select->gas = ps_option(config->gas, select->gas);
	if (config->wanted_cost)
		select->wanted_cost = *config->wanted_cost;
	select->nexthops = ps_option(config->next_hops, select->nexthops);
	if (!config->resolution && select->resolution < select->nexthops)
		select->resolution = select->nexthops;
	select->resolution = ps_option(config->resolution, select->resolution);
	take_tuning(&select->tuning, config->tuning);
	return select_service_check(select);
}

static int check_route(const struct ps_service_config *config)
{
	struct decision_route route;

	if (!config->timeout || (*config->timeout >= 1 &&
				 *config->timeout <= CATS_TIMEOUT_MAX))
		return decision_route_parse(config->affinity, config->table,
					    config->mode, &route);
	return cats_error(EINVAL, "timeout: %u is not within 1 and %u",
			  *config->timeout, CATS_TIMEOUT_MAX);
}

static int check_service(const struct ps_service_config *config)
{
	struct select_service select;
	uint8_t addr[16];
	uint32_t i;
	int ret = 0;

	for (i = 0; i < config->csid_count; i++)
		if (!mapped_parse(config->csid[i], addr))
			return cats_error(EINVAL, "ps: services: csid: \"%s\" is no IP address",
					  config->csid[i]);
	ret = ps_config_select(config, &select);
	if (!ret)
		ret = check_route(config);
	if (ret) {
		char why[256];

		snprintf(why, sizeof(why), "%s", cats_error_message());
		return cats_error(EINVAL, "ps: services: %s: %s",
				  config->csid[0], why);
	}
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, 20);
}

/* A CS-ID of a VRF is one route. */
static int check_unique(const struct ps_config *config)
{
	uint32_t i, j, n = 0, vrf;
	uint8_t (*ids)[20];
	int ret = 0;

	for (i = 0; i < config->services_count; i++)
		n += config->services[i].csid_count;
	ids = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return cats_error_kernel(ENOMEM, "ps");
	for (i = 0, n = 0; i < config->services_count; i++)
		for (j = 0; j < config->services[i].csid_count; j++, n++) {
			vrf = ps_option(config->services[i].vrf, 0);
			memcpy(ids[n], &vrf, sizeof(vrf));
			mapped_parse(config->services[i].csid[j], ids[n] + 4);
		}
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (i = 1; i < n && !ret; i++) {
		char text[INET6_ADDRSTRLEN];

		if (memcmp(ids[i - 1], ids[i], sizeof(*ids)))
			continue;
		ret = cats_error(EINVAL, "ps: services: csid: %s is there twice",
				 mapped_text(ids[i] + 4, text));
	}
	free(ids);
	return ret;
}

static int check_policies(const struct ps_config *config)
{
	struct in6_addr addr;
	uint32_t i;

	for (i = 0; i < config->policies_count; i++)
		if (inet_pton(AF_INET6, config->policies[i].endpoint,
			      &addr) != 1)
			return cats_error(EINVAL, "ps: policies: %s: endpoint: \"%s\" is no IPv6 address",
					  config->policies[i].policy,
					  config->policies[i].endpoint);
	return 0;
}

static int check_placement(const struct ps_config *config)
{
	const char *placement = config->placement;

	if (placement && strcmp(placement, "central") &&
	    strcmp(placement, "distributed") && strcmp(placement, "hybrid"))
		return cats_error(EINVAL, "ps: placement: \"%s\" is none of central, distributed, hybrid",
				  placement);
	if (placement && strcmp(placement, "central") &&
	    config->ingresses_count)
		return cats_error(EINVAL, "ps: ingresses: a %s C-PS decides for its own site",
				  placement);
	return 0;
}

int ps_config_check(const struct ps_config *config)
{
	uint32_t i;
	int ret;

	if (!config->listen && !config->services)
		return cats_error(EINVAL, "ps: neither listen nor services: nothing to do");
	ret = check_range("max-sessions", config->max_sessions, 1, 65536);
	if (!ret)
		ret = check_range("max-entries", config->max_entries, 1,
				  10000000);
	if (!ret)
		ret = check_range("max-skew-ms", config->max_skew_ms, 0, 60000);
	if (!ret)
		ret = check_range("max-ttl-s", config->max_ttl_s, 1, 4095);
	if (!ret)
		ret = check_range("lease-ms", config->lease_ms, 1000, 600000);
	if (!ret)
		ret = check_range("hold-ms", config->hold_ms, 0, 600000);
	if (!ret)
		ret = check_placement(config);
	if (!ret)
		ret = check_policies(config);
	for (i = 0; i < config->services_count && !ret; i++)
		ret = check_service(&config->services[i]);
	return ret ? ret : check_unique(config);
}
