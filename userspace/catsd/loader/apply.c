// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "load.h"
#include "loader/apply.h"
#include "mapped.h"
#include "service_index.h"

static struct cats_service_key key_of(const struct load_target *target)
{
	bool ipv4 = mapped_is_ipv4(target->csid);
	struct cats_service_key key = {
		.vrf = target->vrf,
		.family = ipv4 ? CATS_FAMILY_IPV4 : CATS_FAMILY_IPV6,
		.len = ipv4 ? 32 : 128,
	};

	memcpy(key.addr, target->csid + (ipv4 ? 12 : 0), ipv4 ? 4 : 16);
	return key;
}

static bool is_gone(const struct decision *decision, const uint8_t *sid)
{
	uint32_t i;

	for (i = 0; i < decision->gones; i++)
		if (!memcmp(decision->gone[i], sid, 16))
			return true;
	return false;
}

/**
 * struct application - a decision on its way to a route
 * @f: forwarder
 * @decision: what was decided
 * @busy: has a next hop flows?
 * @ctx: for it
 * @rests: nobody shall take new flows: they are dropped, not sent elsewhere
 * @have: the route as it is; without next hops if there is none
 * @want: as it shall be
 */
struct application {
	struct cats_forwarder *f;
	const struct decision *decision;
	bool (*busy)(void *ctx, uint32_t id);
	void *ctx;
	bool rests;
	struct cats_route_spec have;
	struct cats_route_spec want;
};

/* May a next hop without new flows be left out? */
static bool is_done(const struct application *a,
		    const struct cats_nexthop_spec *nexthop)
{
	return !nexthop->weight && a->busy && !a->busy(a->ctx, nexthop->id);
}

static int add_decided(struct application *a)
{
	const struct decision_nexthop *from;
	struct cats_nexthop_spec *have, *to;
	uint32_t i, policy;

	for (i = 0; i < a->decision->nexthops; i++) {
		from = &a->decision->nexthop[i];
		have = cats_route_spec_sid(&a->have, from->sid);
		/* one that takes no flows and has none */
		if (!from->weight && !a->rests && (!have || is_done(a, have)))
			continue;
		policy = cats_policy_find(a->f, from->policy);
		if (!policy)
			return cats_error(ENOENT, "there is no SR policy %s",
					  from->policy);
		to = &a->want.nexthop[a->want.nexthops++];
		memcpy(to->sid, from->sid, 16);
		memcpy(to->instance, from->instance, 16);
		to->policy = policy;
		to->weight = from->weight;
	}
	return 0;
}

/* Those that are not decided for any more: their flows stay (RFC 10053 4.4). */
static void add_draining(struct application *a)
{
	const struct cats_nexthop_spec *have;
	struct cats_nexthop_spec *to;
	uint32_t i;

	for (i = 0; i < a->have.nexthops; i++) {
		have = &a->have.nexthop[i];
		if (cats_route_spec_sid(&a->want, have->sid) ||
		    is_gone(a->decision, have->sid) || is_done(a, have) ||
		    a->want.nexthops == CATS_NEXTHOPS_MAX)
			continue;
		to = &a->want.nexthop[a->want.nexthops++];
		*to = *have;
		to->weight = 0;
		to->id = 0;
	}
}

static bool is_same(const struct application *a)
{
	const struct cats_nexthop_spec *w, *h;
	uint32_t i;

	if (a->have.nexthops != a->want.nexthops ||
	    a->have.conf.affinity != a->want.conf.affinity ||
	    a->have.conf.compiler != a->want.conf.compiler ||
	    a->have.conf.timeout_s != a->want.conf.timeout_s ||
	    a->have.conf.size_wanted != a->want.conf.size_wanted ||
	    a->have.conf.flags != a->want.conf.flags)
		return false;
	for (i = 0; i < a->want.nexthops; i++) {
		w = &a->want.nexthop[i];
		h = &a->have.nexthop[i];
		if (memcmp(w->sid, h->sid, 16) || w->policy != h->policy ||
		    memcmp(w->instance, h->instance, 16) ||
		    w->weight != h->weight)
			return false;
	}
	return true;
}

static bool has_draining(const struct cats_route_spec *spec)
{
	uint32_t i;

	for (i = 0; i < spec->nexthops; i++)
		if (!spec->nexthop[i].weight)
			return true;
	return false;
}

static enum load_result refusal(int err)
{
	switch (err) {
	case -ENOENT:
		return LOAD_NO_POLICY;
	case -EEXIST:
		return LOAD_OTHER_PROTO;
	case -ENOSPC:
		return LOAD_FULL;
	case -EINVAL:
		return LOAD_MALFORMED;
	default:
		return LOAD_FAILED;
	}
}

static int read_route(struct application *a, uint32_t id)
{
	a->have.nexthops = 0;
	if (!id)
		return 0;
	cats_route_read(a->f, id, &a->have);
	if (strncmp(a->have.conf.proto, LOADER_PROTO,
		    sizeof(a->have.conf.proto)))
		return cats_error(EEXIST, "the route is there, of proto %.16s",
				  a->have.conf.proto);
	return 0;
}

static void write_conf(struct application *a, const struct load_target *target)
{
	const struct decision_route *route = &a->decision->route;

	memset(&a->want, 0, sizeof(a->want));
	a->want.key = key_of(target);
	a->want.conf.affinity = route->affinity;
	a->want.conf.compiler = route->compiler;
	a->want.conf.timeout_s = route->timeout_s;
	a->want.conf.size_wanted = route->size;
	a->want.conf.flags = route->mode ? CATS_SERVICE_CONTROL : 0;
	strcpy(a->want.conf.proto, LOADER_PROTO);
	a->want.may_rest = true;
}

static bool rests(const struct decision *decision)
{
	uint32_t i;

	for (i = 0; i < decision->nexthops; i++)
		if (decision->nexthop[i].weight)
			return false;
	return true;
}

static int apply(struct application *a, struct load_target *target, bool *same)
{
	uint32_t id;
	int ret;

	write_conf(a, target);
	id = cats_service_find(a->f, &a->want.key);
	ret = read_route(a, id);
	if (!ret)
		ret = add_decided(a);
	if (ret)
		return ret;
	add_draining(a);
	*same = id && is_same(a);
	return *same ? 0 : cats_route_set(a->f, &a->want, CATS_ROUTE_REPLACE);
}

enum load_result load_apply(struct cats_forwarder *f,
			    struct load_target *target,
			    const struct decision *decision,
			    bool (*busy)(void *ctx, uint32_t id), void *ctx)
{
	struct application *a = malloc(sizeof(*a));
	bool same = false;
	int ret;

	if (!a) {
		cats_error_kernel(ENOMEM, "loader");
		return LOAD_FAILED;
	}
	a->f = f;
	a->decision = decision;
	a->busy = busy;
	a->ctx = ctx;
	a->rests = rests(decision);
	ret = apply(a, target, &same);
	if (!ret) {
		target->sequence = decision->sequence;
		target->generation = load_generation(f, target);
		target->draining = has_draining(&a->want);
	}
	free(a);
	if (ret)
		return refusal(ret);
	return same ? LOAD_UNCHANGED : LOAD_APPLIED;
}

enum load_result load_withdraw(struct cats_forwarder *f,
			       struct load_target *target)
{
	const struct cats_service_key key = key_of(target);
	uint32_t id = cats_service_find(f, &key);
	struct cats_service *service;
	int ret;

	target->draining = false;
	if (!id)
		return LOAD_UNCHANGED;
	service = cats_table_at(&f->service, id);
	if (strncmp(service->conf[service->sel & 1].proto, LOADER_PROTO, 16))
		return LOAD_UNCHANGED;
	ret = cats_route_del(f, &key);
	return ret ? refusal(ret) : LOAD_APPLIED;
}

uint64_t load_generation(struct cats_forwarder *f,
			 const struct load_target *target)
{
	const struct cats_service_key key = key_of(target);
	uint32_t id = cats_service_find(f, &key);
	struct cats_service *service = id ? cats_table_at(&f->service, id) :
					    NULL;

	return service ? service->generation : 0;
}
