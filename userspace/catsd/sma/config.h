/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section sma of the file, as libcyaml reads it; catsd.yaml(5) describes it. */
#ifndef SMA_CONFIG_H
#define SMA_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct sma_factor_config - a factor of a score
 * @factor: name
 * @weight: share of it, relative to the others'
 * @weight_min: it never adapts to less, as a share of the whole; or NULL
 * @weight_max: nor to more; or NULL
 * @best: value with the best score, or NULL
 * @worst: value with the worst score, or NULL
 */
struct sma_factor_config {
	char *factor;
	double weight;
	double *weight_min;
	double *weight_max;
	double *best;
	double *worst;
};

/**
 * struct sma_levels_config - multi-level gradient of a value
 * @value: "cps", "nqi" or a factor
 * @levels: ascending
 * @levels_count: how many
 * @hysteresis: or NULL: a fifth of the smallest gap
 */
struct sma_levels_config {
	char *value;
	double *levels;
	uint32_t levels_count;
	double *hysteresis;
};

/**
 * struct sma_health_config - how an instance is asked
 * @type: "http" or "tcp"
 * @address: or NULL: its CSCI-ID
 * @port: TCP port
 * @path: of HTTP, or NULL: "/"
 * @host: header of HTTP, or NULL: the address
 * @interval_ms: between checks, 0: default
 * @timeout_ms: of all of one, 0: default
 * @status: the one that is healthy, 0: 200 to 399
 * @fall: failures until it is down, 0: default
 * @rise: successes until it is up again, 0: default
 */
struct sma_health_config {
	char *type;
	char *address;
	uint16_t port;
	char *path;
	char *host;
	uint32_t interval_ms;
	uint32_t timeout_ms;
	uint16_t status;
	uint16_t fall;
	uint16_t rise;
};

/**
 * struct sma_instance_config - a service contact instance
 * @instance: CSCI-ID
 * @cgroup: below cgroup-root, or NULL
 * @health: or NULL: the service's
 * @sid: service SID at the egress, or NULL: the C-PS is not told of it
 * @endpoint: address of the egress, or NULL: that of the section
 * @capacity: flows at once, or NULL: the limit of cats.ko, if there is one
 * @cost: of a flow, or NULL
 * @computing_us: time it takes for one alone, or NULL
 * @state: "up", "drain", "down", or NULL: up
 */
struct sma_instance_config {
	char *instance;
	char *cgroup;
	struct sma_health_config *health;
	char *sid;
	char *endpoint;
	uint32_t *capacity;
	double *cost;
	uint32_t *computing_us;
	char *state;
};

/**
 * struct sma_service_config - a service
 * @name: in messages and status
 * @csid: CS-IDs
 * @csid_count: how many
 * @vrf: VRF-ID of their clients
 * @factors: or none: the role's
 * @factors_count: how many
 * @adapt: weights follow the response time
 * @health: of every instance, or NULL
 * @instances: of it
 * @instances_count: how many
 */
struct sma_service_config {
	char *name;
	char **csid;
	uint32_t csid_count;
	uint32_t vrf;
	struct sma_factor_config *factors;
	uint32_t factors_count;
	bool adapt;
	struct sma_health_config *health;
	struct sma_instance_config *instances;
	uint32_t instances_count;
};

/**
 * struct sma_config - the section; 0 and NULL: default
 * @root: what /proc and /sys are below, for tests
 * @cgroup_root: where cgroup v2 is mounted, below @root
 * @nvml: library to look for
 * @sample_ms: between samples
 * @interval_ms: between updates at the most
 * @window_ms: of the means (Measurement_Window)
 * @ttl_s: of records and CARHs
 * @burst: updates that may follow each other
 * @spacing_ms: one more every so many
 * @normalization: name of the function
 * @steepness: of a sigmoid, or NULL
 * @aggregation: name of the function
 * @endpoint: address of the egress of all instances, or NULL
 * @storage: directories of file systems
 * @storage_count: how many
 * @levels: gradients, or none: default ones of CPS and NQI
 * @levels_count: how many
 * @factors: of host and services, or none: default ones
 * @factors_count: how many
 * @nqi: parts of the NQI, or none: default ones
 * @nqi_count: how many
 * @services: of this host
 * @services_count: how many
 */
struct sma_config {
	char *root;
	char *cgroup_root;
	char *nvml;
	uint32_t sample_ms;
	uint32_t interval_ms;
	uint32_t window_ms;
	uint32_t ttl_s;
	uint32_t burst;
	uint32_t spacing_ms;
	char *normalization;
	double *steepness;
	char *aggregation;
	char *endpoint;
	char **storage;
	uint32_t storage_count;
	struct sma_levels_config *levels;
	uint32_t levels_count;
	struct sma_factor_config *factors;
	uint32_t factors_count;
	struct sma_factor_config *nqi;
	uint32_t nqi_count;
	struct sma_service_config *services;
	uint32_t services_count;
};

#define SMA_SAMPLE_MS		1000
#define SMA_INTERVAL_MS		10000
#define SMA_WINDOW_MS		10000	/* the metric draft's default */
#define SMA_TTL_S		30
#define SMA_BURST		3
#define SMA_SPACING_MS		5000
#define SMA_WINDOW_SLOTS	60	/* most samples of a window */
#define SMA_INSTANCES_MAX	10000

extern const cyaml_schema_field_t sma_fields[];

/**
 * sma_config_check - is the section right?
 *
 * Return: 0 or -EINVAL with a message that names the key.
 */
int sma_config_check(const struct sma_config *config);

/** sma_config_defaults - numbers in place of 0; pointers are @config's. */
struct sma_config sma_config_defaults(const struct sma_config *config);

#endif /* SMA_CONFIG_H */
