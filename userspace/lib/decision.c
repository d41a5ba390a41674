// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decision.h"
#include "error.h"
#include "fwd.h"
#include "mapped.h"
#include "route_names.h"

void decision_key(char *key, size_t room, uint32_t vrf, const uint8_t *csid,
		  const char *ingress)
{
	char text[INET6_ADDRSTRLEN];

	snprintf(key, room, DECISION_PREFIX "%u/%s%s%s", vrf,
		 mapped_text(csid, text), *ingress ? "/" : "", ingress);
}

int decision_key_parse(const char *key, uint32_t *vrf, uint8_t *csid,
		       char *ingress)
{
	char text[64], again[256];
	int end = 0, parts;

	*ingress = '\0';
	parts = sscanf(key, DECISION_PREFIX "%u/%63[^/]%n/%63[^/]%n", vrf, text,
		       &end, ingress, &end);
	if (parts < 2 || key[end] || !mapped_parse(text, csid))
		return cats_error(EINVAL, "its key is not decision/VRF/CS-ID[/INGRESS]");
	/* one way to write it: else a service could have two */
	decision_key(again, sizeof(again), *vrf, csid, ingress);
	return strcmp(again, key) ? cats_error(EINVAL, "its key should be %s",
					       again) : 0;
}

const struct store_entry *decision_in_force(struct store *store, uint32_t vrf,
					    const uint8_t *csid,
					    const char *ingress)
{
	const struct store_entry *entry;
	char key[256];

	decision_key(key, sizeof(key), vrf, csid, ingress);
	entry = store_get(store, key);
	if (entry || !*ingress)
		return entry;
	decision_key(key, sizeof(key), vrf, csid, "");
	return store_get(store, key);
}

static int choose(const char *name, const char *const *names,
		  const char *what, uint8_t *choice)
{
	uint8_t i;

	*choice = 0;
	for (i = 0; name && names[i]; i++)
		if (!strcmp(names[i], name)) {
			*choice = i;
			return 0;
		}
	return name ? cats_error(EINVAL, "%s: there is no \"%s\"", what, name) :
		      0;
}

int decision_route_parse(const char *affinity, const char *table,
			 const char *mode, struct decision_route *route)
{
	int ret = choose(affinity, affinity_names, "affinity",
			 &route->affinity);

	if (!ret)
		ret = choose(table, compiler_names, "table", &route->compiler);
	return ret ? ret : choose(mode, mode_names, "mode", &route->mode);
}

static int read_whole(const json_t *object, const char *key, uint64_t max,
		      uint64_t otherwise, uint64_t *value)
{
	const json_t *member = json_object_get(object, key);

	*value = otherwise;
	if (!member)
		return 0;
	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
	    (uint64_t)json_integer_value(member) > max)
		return cats_error(EINVAL, "%s: is no whole number up to %llu",
				  key, (unsigned long long)max);
	*value = json_integer_value(member);
	return 0;
}

static int read_in6(const json_t *text, const char *key, uint8_t *addr)
{
	if (!json_is_string(text) ||
	    inet_pton(AF_INET6, json_string_value(text), addr) != 1)
		return cats_error(EINVAL, "%s: is no IPv6 address", key);
	return 0;
}

static int read_route(const json_t *record, struct decision_route *route)
{
	uint64_t timeout, size;
	int ret;

	ret = decision_route_parse(
		json_string_value(json_object_get(record, "affinity")),
		json_string_value(json_object_get(record, "table")),
		json_string_value(json_object_get(record, "mode")), route);
	if (!ret)
		ret = read_whole(record, "timeout", CATS_TIMEOUT_MAX,
				 CATS_TIMEOUT_DEFAULT, &timeout);
	if (!ret)
		ret = read_whole(record, "size", CATS_FWD_SLOTS_MAX, 0, &size);
	if (ret)
		return ret;
	route->timeout_s = timeout ? timeout : CATS_TIMEOUT_DEFAULT;
	route->size = size;
	return 0;
}

static int read_nexthop(const json_t *object, struct decision_nexthop *to)
{
	const char *policy = json_string_value(json_object_get(object,
							       "policy"));
	const char *instance = json_string_value(json_object_get(object,
								 "instance"));
	const char *site = json_string_value(json_object_get(object, "site"));
	uint64_t weight;
	int ret;

	if (site && strlen(site) >= sizeof(to->site))
		return cats_error(EINVAL, "nexthops: site: is too long");
	if (!policy || !*policy || strlen(policy) >= sizeof(to->policy))
		return cats_error(EINVAL, "nexthops: policy: is no name of one");
	if (!instance || !mapped_parse(instance, to->instance))
		return cats_error(EINVAL, "nexthops: instance: is no IP address");
	ret = read_in6(json_object_get(object, "sid"), "nexthops: sid",
		       to->sid);
	if (!ret)
		ret = read_whole(object, "weight", CATS_WEIGHT_MAX, 0, &weight);
	if (ret)
		return ret;
	strcpy(to->policy, policy);
	strcpy(to->site, site ? site : "");
	to->weight = weight;
	return 0;
}

static int read_nexthops(const json_t *record, struct decision *decision)
{
	const json_t *array = json_object_get(record, "nexthops"), *object;
	size_t i;
	int ret = 0;

	if (!json_array_size(array) ||
	    json_array_size(array) > CATS_NEXTHOPS_MAX)
		return cats_error(EINVAL, "nexthops: 1 to %d can be",
				  CATS_NEXTHOPS_MAX);
	json_array_foreach(array, i, object) {
		ret = read_nexthop(object, &decision->nexthop[i]);
		if (ret)
			return ret;
	}
	decision->nexthops = i;
	return 0;
}

static int read_gone(const json_t *record, struct decision *decision)
{
	const json_t *array = json_object_get(record, "gone"), *text;
	size_t i;
	int ret = 0;

	decision->gones = 0;
	if (json_array_size(array) > CATS_NEXTHOPS_MAX)
		return cats_error(EINVAL, "gone: up to %d can be",
				  CATS_NEXTHOPS_MAX);
	json_array_foreach(array, i, text) {
		ret = read_in6(text, "gone", decision->gone[i]);
		if (ret)
			return ret;
		decision->gones++;
	}
	return 0;
}

int decision_parse(const json_t *record, struct decision *decision)
{
	const char *csid = json_string_value(json_object_get(record, "csid"));
	const char *policy = json_string_value(json_object_get(record,
							       "policy"));
	uint64_t vrf;
	int ret;

	snprintf(decision->policy, sizeof(decision->policy), "%s",
		 policy ? policy : "");
	if (!csid || !mapped_parse(csid, decision->csid))
		return cats_error(EINVAL, "csid: is no IP address");
	ret = read_whole(record, "vrf", UINT32_MAX, 0, &vrf);
	if (!ret)
		ret = read_whole(record, "sequence", INT64_MAX, 0,
				 &decision->sequence);
	if (!ret)
		ret = read_route(record, &decision->route);
	if (!ret)
		ret = read_nexthops(record, decision);
	if (!ret)
		ret = read_gone(record, decision);
	decision->vrf = vrf;
	return ret;
}
