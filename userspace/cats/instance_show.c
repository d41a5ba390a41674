// SPDX-License-Identifier: GPL-2.0-or-later
/* An instance, as `cats instance show` and `cats monitor` print it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "egress.h"
#include "output.h"

static void show_prefix(const struct cats_prefix *prefix, const char *fmt)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool ip4 = prefix->len >= 96 &&
		   !memcmp(prefix->addr, mapped, sizeof(mapped));
	char addr[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];

	inet_ntop(ip4 ? AF_INET : AF_INET6, prefix->addr + (ip4 ? 12 : 0),
		  addr, sizeof(addr));
	if (prefix->len == 128)
		snprintf(text, sizeof(text), "%s", addr);
	else
		snprintf(text, sizeof(text), "%s/%u", addr,
			 prefix->len - (ip4 ? 96 : 0));
	out_string(HUE_ADDRESS, "csid", fmt, text);
}

static void show_cs_ids(const struct cats_instance *instance)
{
	uint32_t i;

	out_text(instance->cs_ids ? " csid " :
		 options.details ? " csid any" : "");
	out_array("csids");
	for (i = 0; i < instance->cs_ids; i++) {
		out_open();
		show_prefix(&instance->cs_id[i], i ? ",%s" : "%s");
		if (options.json)
			out_close();
	}
	out_array_end();
}

static void show_counters(const struct cats_instance *instance)
{
	out_line("    ");
	out_number("packets", "packets %llu", instance->packets);
	out_number("bytes", " bytes %llu", instance->bytes);
	out_number("started", " started %llu", instance->started);
	out_number("ended", " ended %llu", instance->ended);
	out_number("handshakes", " handshakes %llu", instance->handshakes);
	if (instance->has_latency)
		out_number("latency_us", " latency %lluus",
			   instance->latency_us);
	out_line("    ");
	out_number("drop_csid", "dropped csid %llu", instance->drop_cs_id);
	out_number("drop_down", " down %llu", instance->drop_down);
	out_number("drop_drain", " drain %llu", instance->drop_drain);
	out_number("drop_limit", " limit %llu", instance->drop_limit);
}

void show_instance(const struct cats_instance *instance)
{
	const char *state = instance->state <= CATS_INSTANCE_STATE_DOWN ?
				    state_names[instance->state] : "?";

	out_mapped("instance", "%s", instance->id);
	out_string(instance->state ? HUE_BAD : HUE_GOOD, "state", " state %s",
		   state);
	out_number("limit", instance->flow_limit || options.details ?
				    " limit %llu" : NULL,
		   instance->flow_limit);
	show_cs_ids(instance);
	out_number("sids", " sids %llu", instance->sids);
	out_number("flows", " flows %llu", instance->flows);
	if (options.stats)
		show_counters(instance);
}
