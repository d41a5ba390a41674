// SPDX-License-Identifier: GPL-2.0-or-later
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "error.h"

void open_decider(struct bed *bed)
{
	memset(&bed->decider, 0, sizeof(bed->decider));
	assert_int_equal(ps_config_check(&bed->config), 0);
	assert_int_equal(ps_decider_open(&bed->decider, &bed->catsd,
					 &bed->config), 0);
}

void bed_open(struct bed *bed, const struct ps_config *config)
{
	memset(bed, 0, sizeof(*bed));
	bed->config = *config;
	bed->catsd.base = event_base_new();
	bed->catsd.store = store_new();
	bed->catsd.site = "center";
	assert_non_null(bed->catsd.base);
	open_decider(bed);
}

void bed_close(struct bed *bed)
{
	ps_decider_close(&bed->decider);
	store_free(bed->catsd.store);
	event_base_free(bed->catsd.base);
}

void announce(struct bed *bed, const char *site, int host,
		     const char *extra)
{
	char key[64], text[512];
	json_t *record;

	snprintf(key, sizeof(key), "instance/%s/10.0.1.%d", site, host);
	snprintf(text, sizeof(text), "{\"site\": \"%s\", \"instance\": \"10.0.1.%d\", "
		 "\"csid\": [\"203.0.113.1\"], \"vrf\": 100, \"sid\": \"2001:db8:4::%d\", "
		 "\"endpoint\": \"2001:db8:e::%s\", \"capacity\": 100 %s}", site,
		 host, host, site + 1, extra);
	record = json_loads(text, 0, NULL);
	assert_non_null(record);
	assert_int_equal(store_put(bed->catsd.store, key, record, 0), 0);
}

void metric(struct bed *bed, const char *site, int host, int flows,
		   const char *extra)
{
	char key[64], text[256];

	snprintf(key, sizeof(key), "metric/%s/10.0.1.%d", site, host);
	snprintf(text, sizeof(text), "{\"cps\": 900, \"raw\": {\"flows\": %d} %s}",
		 flows, extra);
	assert_int_equal(store_put(bed->catsd.store, key,
				   json_loads(text, 0, NULL), 0), 0);
}

void path(struct bed *bed, const char *ingress, const char *policy,
		 const char *endpoint, double us, const char *state)
{
	json_t *record = json_pack("{s:s, s:s, s:s, s:s, s:{s:f}}", "site",
				   ingress, "policy", policy, "endpoint",
				   endpoint, "state", state, "delay", "avg",
				   2 * us);
	char key[64];

	snprintf(key, sizeof(key), "path/%s/%s", ingress, policy);
	assert_int_equal(store_put(bed->catsd.store, key, record, 0), 0);
}

/* Two sites, an instance each, a policy to each. */
void two_sites(struct bed *bed)
{
	path(bed, "in", "P1", "2001:db8:e::1", 1000, "up");
	path(bed, "in", "P2", "2001:db8:e::2", 2000, "up");
	announce(bed, "s1", 1, "");
	announce(bed, "s2", 2, "");
}

json_t *decision_at(struct bed *bed, const char *key)
{
	const struct store_entry *entry = store_get(bed->catsd.store, key);

	return entry ? entry->value : NULL;
}

int sequence(struct bed *bed, const char *key)
{
	return json_integer_value(json_object_get(decision_at(bed, key),
						  "sequence"));
}

/* Weight of a SID in a decision, -1 if it is no next hop of it. */
int weight(struct bed *bed, const char *key, int host)
{
	const json_t *nexthop;
	char sid[64];
	size_t i;

	snprintf(sid, sizeof(sid), "2001:db8:4::%d", host);
	json_array_foreach(json_object_get(decision_at(bed, key), "nexthops"),
			   i, nexthop)
		if (!strcmp(json_string_value(json_object_get(nexthop, "sid")),
			    sid))
			return json_integer_value(json_object_get(nexthop,
								  "weight"));
	return -1;
}

/* As many turns as it takes until nothing is to be done at once. */
void settle(struct bed *bed)
{
	int i;

	for (i = 0; i < 20; i++)
		event_base_loop(bed->catsd.base, EVLOOP_NONBLOCK);
}
