// SPDX-License-Identifier: GPL-2.0-or-later
/* What the schema cannot say of section sma. */
#include <arpa/inet.h>
#include <cats/carh.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "config.h"
#include "damping.h"
#include "error.h"
#include "factor.h"
#include "mapped.h"
#include "nqi.h"
#include "rules.h"
#include "score.h"

#define DAY_MS	(24 * 3600 * 1000)

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

struct sma_config sma_config_defaults(const struct sma_config *config)
{
	struct sma_config c = *config;

	c.sample_ms = or_default(c.sample_ms, SMA_SAMPLE_MS);
	c.interval_ms = or_default(c.interval_ms, SMA_INTERVAL_MS);
	c.window_ms = or_default(c.window_ms, SMA_WINDOW_MS);
	c.ttl_s = or_default(c.ttl_s, SMA_TTL_S);
	c.burst = or_default(c.burst, SMA_BURST);
	if (!c.spacing_ms)
		c.spacing_ms = SMA_SPACING_MS < c.interval_ms ?
				       SMA_SPACING_MS : c.interval_ms;
	return c;
}

/* A key of a section inside: "services.web.health.port: ..." */
static int bad(const char *where, const char *key, const char *what)
{
	return cats_error(EINVAL, "sma.%s%s: %s", where, key, what);
}

static int check_times(const struct sma_config *c)
{
	struct damping_config damping = { c->interval_ms, c->burst,
					  c->spacing_ms };

	if (c->sample_ms < 100 || c->sample_ms > 60000)
		return bad("", "sample-ms", "100 to 60000 can be");
	if (c->interval_ms < c->sample_ms || c->interval_ms > DAY_MS)
		return bad("", "interval-ms", "is less than sample-ms, or more than a day");
	if (c->window_ms < c->sample_ms ||
	    c->window_ms / c->sample_ms > SMA_WINDOW_SLOTS)
		return cats_error(EINVAL, "sma.window-ms: 1 to %u times sample-ms can be",
				  SMA_WINDOW_SLOTS);
	if (c->ttl_s > CARH_TTL_SEND_MAX)
		return cats_error(EINVAL, "sma.ttl-s: up to %u can be",
				  CARH_TTL_SEND_MAX);
	/* or what is published expires before the next update */
	if (c->ttl_s * 1000 <= c->interval_ms)
		return bad("", "ttl-s", "is not longer than interval-ms");
	if (c->burst > 1000)
		return bad("", "burst", "up to 1000 can be");
	if (damping_check(&damping))
		return bad("", "spacing-ms", "is longer than interval-ms");
	return 0;
}

static int check_functions(const struct sma_config *c)
{
	if (c->normalization && !sma_normalization_find(c->normalization))
		return cats_error(EINVAL, "sma.normalization: \"%s\" is none of %s",
				  c->normalization, sma_normalization_names());
	if (c->aggregation && !sma_aggregation_find(c->aggregation))
		return cats_error(EINVAL, "sma.aggregation: \"%s\" is none of %s",
				  c->aggregation, sma_aggregation_names());
	if (c->steepness && !(*c->steepness >= 0.1 && *c->steepness <= 100))
		return bad("", "steepness", "0.1 to 100 can be");
	return 0;
}

static int check_health(const char *where, const struct sma_health_config *h)
{
	uint8_t addr[16];

	if (!h)
		return 0;
	if (strcmp(h->type, "http") && strcmp(h->type, "tcp"))
		return bad(where, "health.type", "is neither http nor tcp");
	if (h->address && !mapped_parse(h->address, addr))
		return bad(where, "health.address", "is no IP address");
	if (!h->port)
		return bad(where, "health.port", "is 0");
	if (h->path && (h->path[0] != '/' || strpbrk(h->path, " \t\r\n")))
		return bad(where, "health.path", "does not start with \"/\", or has a space");
	if (h->host && strpbrk(h->host, " \t\r\n"))
		return bad(where, "health.host", "has a space");
	if (h->status && (h->status < 200 || h->status > 599))
		return bad(where, "health.status", "is not 200 to 599");
	if (h->interval_ms && (h->interval_ms < 100 || h->interval_ms > DAY_MS))
		return bad(where, "health.interval-ms", "is less than 100, or more than a day");
	if (h->timeout_ms > 60000)
		return bad(where, "health.timeout-ms", "is more than a minute");
	return 0;
}

static int check_cgroup(const char *where, const char *cgroup)
{
	if (cgroup && (cgroup[0] == '/' || strstr(cgroup, "..")))
		return bad(where, "cgroup", "is not a path below cgroup-root");
	return 0;
}

static int check_instance(const struct sma_config *c, const char *service,
			  const struct sma_instance_config *instance)
{
	uint8_t addr[16];
	char where[192];
	int ret;

	snprintf(where, sizeof(where), "services.%s.instances.%s.", service,
		 instance->instance);
	if (!mapped_parse(instance->instance, addr))
		return bad(where, "instance", "is no IP address");
	ret = check_cgroup(where, instance->cgroup);
	if (!ret)
		ret = check_health(where, instance->health);
	if (!ret)
		ret = sma_announce_check(where, c, instance);
	return ret;
}

static int check_csids(const char *where,
		       const struct sma_service_config *service)
{
	uint8_t addr[16];
	uint32_t i;

	for (i = 0; i < service->csid_count; i++)
		if (!mapped_parse(service->csid[i], addr))
			return cats_error(EINVAL, "sma.%scsid: \"%s\" is no IP address",
					  where, service->csid[i]);
	return 0;
}

static int check_service(const struct sma_config *c,
			 const struct sma_service_config *service)
{
	struct sma_rules rules;
	char where[128];
	uint32_t i;
	int ret;

	snprintf(where, sizeof(where), "services.%s.", service->name);
	ret = check_csids(where, service);
	if (!ret)
		ret = sma_rules_make(&rules, c, service);
	if (!ret)
		ret = check_health(where, service->health);
	for (i = 0; i < service->instances_count && !ret; i++)
		ret = check_instance(c, service->name, &service->instances[i]);
	return ret;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* One instance is one key of the store, whatever it is an instance of. */
static int check_unique(const struct sma_config *c)
{
	uint8_t (*ids)[16];
	uint32_t i, j, n = 0;
	int ret = 0;

	for (i = 0; i < c->services_count; i++)
		n += c->services[i].instances_count;
	if (n > SMA_INSTANCES_MAX)
		return cats_error(EINVAL, "sma.services: %u instances, %u can be",
				  n, SMA_INSTANCES_MAX);
	ids = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return cats_error(ENOMEM, "out of memory");
	for (i = 0, n = 0; i < c->services_count; i++)
		for (j = 0; j < c->services[i].instances_count; j++)
			mapped_parse(c->services[i].instances[j].instance,
				     ids[n++]);
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (i = 1; i < n && !ret; i++)
		if (!memcmp(ids[i - 1], ids[i], 16))
			ret = bad("services", "", "an instance is there twice");
	free(ids);
	return ret;
}

int sma_config_check(const struct sma_config *config)
{
	struct sma_config c = sma_config_defaults(config);
	struct gradient gradients[VALUES];
	struct sma_nqi_rules nqi;
	struct sma_rules rules;
	uint32_t i;
	int ret;

	ret = check_times(&c);
	if (!ret)
		ret = check_functions(&c);
	if (!ret)
		ret = sma_rules_make(&rules, &c, NULL);
	if (!ret)
		ret = sma_nqi_rules_make(&nqi, &c);
	if (!ret)
		ret = sma_gradients_make(gradients, &c);
	for (i = 0; i < c.services_count && !ret; i++)
		ret = check_service(&c, &c.services[i]);
	if (!ret)
		ret = check_unique(&c);
	return ret;
}
