/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section ps: the path selector, which agents report to. */
#ifndef CATSD_PS_CONFIG_H
#define CATSD_PS_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdint.h>

struct select_service;

/**
 * struct ps_functions - what every score is to be made with (RFC 10053 5.4)
 * @normalization: name of the function, or NULL for any
 * @aggregation: likewise
 */
struct ps_functions {
	char *normalization;
	char *aggregation;
};

/**
 * struct ps_sla_config - bounds of a service; NULL: none
 *
 * See struct select_sla.
 */
struct ps_sla_config {
	double *delay_us;
	double *variation_us;
	double *loss;
	double *level2;
	double *load;
	double *cost;
	double *age_ms;
};

/**
 * struct ps_tuning_config - how decisions move; NULL: default
 *
 * See struct select_tuning.
 */
struct ps_tuning_config {
	double *gain;
	double *speed;
	double *settle_ms;
	double *tilt;
	double *tilt_ms;
	double *step;
	double *worth;
	double *hysteresis;
	uint32_t *burst;
	uint32_t *spacing_ms;
};

/**
 * struct ps_service_config - a service the C-PS selects for
 * @csid: CS-IDs, each a service of its own
 * @csid_count: how many
 * @vrf: VRF-ID; NULL: 0
 * @policy: "weighted", ...; NULL: that
 * @sla: bounds, or NULL
 * @next_hops: at most, or NULL
 * @resolution: sum of the weights, or NULL
 * @gas: of policy cmas, or NULL
 * @wanted_cost: likewise
 * @affinity: of the route, as `cats route` takes it, or NULL
 * @timeout: likewise
 * @table: likewise
 * @size: likewise
 * @mode: likewise
 * @tuning: or NULL
 */
struct ps_service_config {
	char **csid;
	uint32_t csid_count;
	uint32_t *vrf;
	char *policy;
	struct ps_sla_config *sla;
	uint32_t *next_hops;
	uint32_t *resolution;
	uint32_t *gas;
	uint64_t *wanted_cost;
	char *affinity;
	uint32_t *timeout;
	char *table;
	uint32_t *size;
	char *mode;
	struct ps_tuning_config *tuning;
};

/**
 * struct ps_policy_config - an SR policy nobody measures
 * @policy: name
 * @endpoint: of the egress
 */
struct ps_policy_config {
	char *policy;
	char *endpoint;
};

/**
 * struct ps_config - the section
 * @listen: ADDRESS:PORT for agents; NULL: there are none
 * @max_sessions: agents at a time, default 256
 * @max_entries: keys agents may have put, default 100,000
 * @max_skew_ms: how far clocks may be apart, default 1000
 * @max_ttl_s: no entry lives longer, default 255
 * @functions: NULL: any
 * @name: of this C-PS among those that share a store; NULL: the site
 * @lease_ms: after so long without a sign of life others take over
 * @hold_ms: what was heard is waited for that long before the first decision
 * @placement: "central", "distributed", "hybrid"; NULL: central
 * @ingresses: sites it decides for; none: one decision for all
 * @ingresses_count: how many
 * @policies: SR policies
 * @policies_count: how many
 * @services: to select for
 * @services_count: how many
 */
struct ps_config {
	char *listen;
	uint32_t *max_sessions;
	uint32_t *max_entries;
	uint32_t *max_skew_ms;
	uint32_t *max_ttl_s;
	struct ps_functions *functions;
	char *name;
	uint32_t *lease_ms;
	uint32_t *hold_ms;
	char *placement;
	char **ingresses;
	uint32_t ingresses_count;
	struct ps_policy_config *policies;
	uint32_t policies_count;
	struct ps_service_config *services;
	uint32_t services_count;
};

extern const cyaml_schema_field_t ps_fields[];

/** ps_option - an option's value, or what it is when not given. */
static inline uint32_t ps_option(const uint32_t *option, uint32_t otherwise)
{
	return option ? *option : otherwise;
}

/**
 * ps_config_check - what the schema cannot say
 *
 * Return: 0 or -EINVAL with a message that names the key.
 */
int ps_config_check(const struct ps_config *config);

/** ps_config_select - how a service is selected; 0 or -EINVAL with a message. */
int ps_config_select(const struct ps_service_config *config,
		     struct select_service *select);

#endif /* CATSD_PS_CONFIG_H */
