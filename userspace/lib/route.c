// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "route_draft.h"
#include "service_index.h"

struct cats_nexthop_spec *cats_route_spec_sid(struct cats_route_spec *spec,
					      const uint8_t *sid)
{
	uint32_t i;

	for (i = 0; i < spec->nexthops; i++)
		if (!memcmp(spec->nexthop[i].sid, sid, 16))
			return &spec->nexthop[i];
	return NULL;
}

static int duplicate_sid(const uint8_t *sid)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, sid, text, sizeof(text));
	return cats_error(EINVAL, "sid %s is given twice", text);
}

static int check_spec(const struct cats_route_spec *spec)
{
	uint32_t i, j, weights = 0;

	if (spec->conf.flags & CATS_SERVICE_BLACKHOLE)
		return spec->nexthops ? cats_error(EINVAL, "a blackhole has no next hops") : 0;
	if (!spec->nexthops)
		return cats_error(EINVAL, "a route needs a next hop");
	for (i = 0; i < spec->nexthops; i++) {
		weights += spec->nexthop[i].weight;
		for (j = 0; j < i; j++)
			if (!memcmp(spec->nexthop[i].sid, spec->nexthop[j].sid,
				    16))
				return duplicate_sid(spec->nexthop[i].sid);
	}
	if (!weights && !spec->may_rest)
		return cats_error(EINVAL, "every next hop has weight 0");
	return 0;
}

static void keep_known(struct cats_route_spec *spec,
		       struct cats_route_spec *have)
{
	struct cats_nexthop_spec *known;
	uint32_t i;

	for (i = 0; i < spec->nexthops; i++) {
		/* it goes on under its id */
		known = cats_route_spec_sid(have, spec->nexthop[i].sid);
		if (!known)
			continue;
		spec->nexthop[i].id = known->id;
		spec->nexthop[i].state = known->state;
	}
}

static int append(struct cats_route_spec *spec, struct cats_route_spec *have)
{
	uint32_t i;

	if (have->conf.flags & CATS_SERVICE_BLACKHOLE)
		return cats_error(EINVAL, "a blackhole takes no next hops");
	if (have->nexthops + spec->nexthops > CATS_NEXTHOPS_MAX)
		return cats_error(EINVAL, "a route has at most %d next hops",
				  CATS_NEXTHOPS_MAX);
	for (i = 0; i < spec->nexthops; i++)
		have->nexthop[have->nexthops++] = spec->nexthop[i];
	return check_spec(have);
}

int cats_route_set(struct cats_forwarder *f, struct cats_route_spec *spec,
		   enum cats_route_change change)
{
	uint32_t id = cats_service_find(f, &spec->key);
	struct cats_route_spec *have;
	int ret;

	ret = check_spec(spec);
	if (ret)
		return ret;
	if (id && change == CATS_ROUTE_ADD)
		return cats_error(EEXIST, "route exists");
	if (!id && change == CATS_ROUTE_APPEND)
		return cats_error(ENOENT, "route does not exist");
	if (!id)
		return cats_route_commit(f, spec, 0);

	have = malloc(sizeof(*have));
	if (!have)
		return cats_error_kernel(ENOMEM, "route");
	cats_route_read(f, id, have);
	if (change == CATS_ROUTE_APPEND) {
		ret = append(spec, have);
		if (!ret)
			ret = cats_route_commit(f, have, id);
	} else {
		keep_known(spec, have);
		ret = cats_route_commit(f, spec, id);
	}
	free(have);
	return ret;
}

int cats_nexthop_set(struct cats_forwarder *f,
		     const struct cats_service_key *key, const uint8_t *sid,
		     int state, int weight)
{
	uint32_t id = cats_service_find(f, key);
	struct cats_nexthop_spec *nexthop;
	struct cats_route_spec *spec;
	int ret;

	if (!id)
		return cats_error(ENOENT, "route does not exist");
	spec = malloc(sizeof(*spec));
	if (!spec)
		return cats_error_kernel(ENOMEM, "route");
	cats_route_read(f, id, spec);
	nexthop = cats_route_spec_sid(spec, sid);
	if (nexthop) {
		if (state >= 0)
			nexthop->state = state;
		if (weight >= 0)
			nexthop->weight = weight;
		ret = check_spec(spec);
		if (!ret)
			ret = cats_route_commit(f, spec, id);
	} else {
		ret = cats_error(ENOENT, "the route has no such next hop");
	}
	free(spec);
	return ret;
}

int cats_route_del(struct cats_forwarder *f,
		   const struct cats_service_key *key)
{
	uint32_t id = cats_service_find(f, key), n = 0, i;
	uint32_t leaving[CATS_NEXTHOPS_MAX];
	struct cats_service_conf *conf;
	struct cats_nexthop *nexthop;
	struct cats_service *service;
	struct cats_walk walk;

	if (!id)
		return cats_error(ENOENT, "route does not exist");
	service = cats_table_at(&f->service, id);
	conf = &service->conf[service->sel & 1];
	f->control->resting = 1;
	cats_service_remove(f, id);
	cats_store32(&service->used, 0);
	cats_walk_start(&walk, f, service);
	while (cats_walk_next(&walk))
		leaving[n++] = walk.id;
	for (i = 0; i < n; i++) {
		nexthop = cats_table_at(&f->nexthop, leaving[i]);
		cats_nexthop_retire(f, service, leaving[i],
				    nexthop->link[walk.sel].path);
	}
	cats_slots_put(&f->slots, conf->base, conf->size);
	cats_ids_put(&f->service_ids, id);
	cats_changed(f);
	return 0;
}
