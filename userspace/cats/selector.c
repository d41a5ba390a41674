// SPDX-License-Identifier: GPL-2.0-or-later
/* Which routes a command means, and how their parts are printed. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "output.h"
#include "path_state.h"
#include "route.h"
#include "service_index.h"

const char *const track_names[] = { "flows", "moves", NULL };
const char *const state_names[] = { "up", "drain", "down", NULL };

int args_selector(struct args *args, struct selector *selector)
{
	int ret = 0;

	memset(selector, 0, sizeof(*selector));
	while (!ret && args_more(args)) {
		if (!selector->has_vrf && args_is(args, "vrf")) {
			ret = args_number(args, "vrf", 0, UINT32_MAX,
					  &selector->key.vrf);
			selector->has_vrf = true;
		} else if (!selector->has_key) {
			ret = args_prefix(args, &selector->key);
			selector->has_key = true;
		} else {
			ret = args_unknown(args);
		}
	}
	return ret;
}

struct cats_service *selector_each(struct cats_forwarder *f,
				   const struct selector *selector,
				   uint32_t *id)
{
	struct cats_service *service;

	if (selector->has_key) {
		if (*id != UINT32_MAX)
			return NULL;
		*id = cats_service_find(f, &selector->key);
		return *id ? cats_table_at(&f->service, *id) : NULL;
	}
	while ((service = cats_route_each(f, id)))
		if (!selector->has_vrf ||
		    service->key.vrf == selector->key.vrf)
			return service;
	return NULL;
}

int session_select(struct args *args, struct selector *selector,
		   struct cats_forwarder **f)
{
	int ret;

	ret = args_selector(args, selector);
	if (ret)
		return ret;
	ret = session_read(f);
	if (ret == -ENOENT && !selector->has_key) {
		*f = NULL;
		return 0;
	}
	if (!ret && selector->has_key &&
	    !cats_service_find(*f, &selector->key)) {
		session_end(*f);
		ret = cats_error(ENOENT, "route does not exist");
	}
	return ret;
}

int show_routes(struct args *args,
		int (*show)(struct cats_forwarder *f,
			    const struct cats_service *service))
{
	struct cats_service *service;
	struct selector selector;
	struct cats_forwarder *f;
	uint32_t id = UINT32_MAX;
	int ret;

	ret = session_select(args, &selector, &f);
	if (ret)
		return ret;
	out_begin();
	while (f && !ret && (service = selector_each(f, &selector, &id)))
		ret = show(f, service);
	out_end();
	if (f)
		session_end(f);
	return ret;
}

void show_key(const struct cats_service_key *key)
{
	char addr[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
	bool ip4 = key->family == CATS_FAMILY_IPV4;

	inet_ntop(ip4 ? AF_INET : AF_INET6, key->addr, addr, sizeof(addr));
	if (key->len == (ip4 ? 32 : 128))
		snprintf(text, sizeof(text), "%s", addr);
	else
		snprintf(text, sizeof(text), "%s/%u", addr, key->len);
	out_string(HUE_ADDRESS, "csid", "%s", text);
	out_number("vrf", key->vrf || options.details ? " vrf %llu" : NULL,
		   key->vrf);
}

static void show_instance(const uint8_t *instance)
{
	if (memcmp(instance, (uint8_t[16]){ 0 }, 16))
		out_mapped("instance", " instance %s", instance);
}

void show_way_out(const struct cats_encap *encap, bool always)
{
	char name[IF_NAMESIZE] = "?";

	if (encap->flags & (CATS_ENCAP_RESOLVED | CATS_ENCAP_STACK)) {
		if_indextoname(encap->ifindex, name);
		out_string(HUE_NAME, "out", " out %s", name);
	}
	if (encap->flags & CATS_ENCAP_STACK)
		out_string(HUE_BAD, "neighbour", " %s", "by-stack");
	else if (encap->flags & CATS_ENCAP_RESOLVED)
		out_string(HUE_GOOD, "neighbour",
			   always ? " neighbour %s" : NULL, "resolved");
	else
		out_string(HUE_BAD, "neighbour", " neighbour %s",
			   "unresolved");
}

void show_nexthop_names(struct cats_forwarder *f,
			const struct cats_nexthop *nexthop, uint32_t sel)
{
	struct cats_path *path = cats_table_at(&f->path,
					       nexthop->link[sel].path);
	struct cats_policy *policy;

	policy = path ? cats_table_at(&f->policy, path->policy) : NULL;
	out_string(HUE_NAME, "policy", " policy %s",
		   policy ? policy->name : "?");
	out_address("sid", " sid %s", CATS_FAMILY_IPV6, nexthop->sid);
	show_instance(nexthop->instance);
}

void show_path_liveness(struct cats_forwarder *f, uint32_t policy)
{
	static const char *const names[] = { "unknown", "up", "down" };
	enum cats_liveness liveness = cats_path_liveness(f, policy);

	if (liveness > CATS_PATH_DOWN)
		liveness = CATS_PATH_UNKNOWN;
	out_string(liveness == CATS_PATH_DOWN ? HUE_BAD : HUE_GOOD, "path",
		   liveness || options.details ? " path %s" : NULL,
		   names[liveness]);
}

void show_proto(uint8_t proto)
{
	struct protoent *entry = getprotobynumber(proto);
	char number[8];

	snprintf(number, sizeof(number), "%u", proto);
	out_string(HUE_NONE, "proto", " %s", entry ? entry->p_name : number);
}
