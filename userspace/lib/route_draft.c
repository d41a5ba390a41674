// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "error.h"
#include "flow.h"
#include "path.h"
#include "route_draft.h"
#include "service_index.h"

/**
 * struct draft - a change of a route that no packet has seen yet
 * @f: forwarder
 * @spec: what is wanted
 * @id: service
 * @exists: the route is there already
 * @sel: half to be written
 * @fwd: compiled table; members are the next hops of @spec by position
 * @path: path of each next hop
 * @fresh: number of next hops at the end of @made that are new
 * @made: ids of new next hops
 */
struct draft {
	struct cats_forwarder *f;
	struct cats_route_spec *spec;
	uint32_t id;
	bool exists;
	uint32_t sel;
	struct cats_fwd_table fwd;
	uint32_t path[CATS_NEXTHOPS_MAX];
	uint32_t made[CATS_NEXTHOPS_MAX];
	uint32_t fresh;
};

static uint64_t identity(struct cats_forwarder *f,
			 const struct cats_nexthop_spec *nexthop)
{
	/* FNV-1a: the same on every ingress, whatever its hash key */
	struct cats_policy *policy = cats_table_at(&f->policy, nexthop->policy);
	uint64_t hash = 0xcbf29ce484222325ULL;
	uint32_t i;

	for (i = 0; i < 16; i++)
		hash = (hash ^ nexthop->sid[i]) * 0x100000001b3ULL;
	for (i = 0; policy->name[i]; i++)
		hash = (hash ^ (uint8_t)policy->name[i]) * 0x100000001b3ULL;
	return hash;
}

/* Slots: as wanted; else those it has, while they do; else by next hops. */
static uint32_t maglev_size(const struct draft *draft)
{
	const struct cats_route_spec *spec = draft->spec;
	uint32_t want = cats_fwd_maglev_size(spec->nexthops), have = 0;
	struct cats_service *service;

	if (spec->conf.size_wanted)
		return cats_fwd_prime(spec->conf.size_wanted);
	if (draft->exists) {
		service = cats_table_at(&draft->f->service, draft->id);
		have = service->conf[service->sel & 1].size;
	}
	if (have > 1 && have >= want && have / 8 <= want &&
	    cats_fwd_prime(have) == have)
		return have;
	return want;
}

static int compile(struct draft *draft)
{
	struct cats_fwd_member members[CATS_NEXTHOPS_MAX];
	const struct cats_route_spec *spec = draft->spec;
	uint32_t i, size = spec->conf.size_wanted;
	int ret;

	for (i = 0; i < spec->nexthops; i++) {
		members[i].identity = identity(draft->f, &spec->nexthop[i]);
		members[i].weight = spec->nexthop[i].state == CATS_NEXTHOP_UP ?
					    spec->nexthop[i].weight : 0;
	}
	if (spec->conf.compiler == CATS_COMPILER_EXACT)
		ret = cats_fwd_exact(members, spec->nexthops, size,
				     &draft->fwd);
	else
		ret = cats_fwd_maglev(members, spec->nexthops,
				      maglev_size(draft), &draft->fwd);
	if (ret == -ENOSPC)
		return cats_error(ENOSPC, "%u next hops do not fit a table of %u slots, give a size",
				  spec->nexthops,
				  size ? size : CATS_EXACT_SLOTS);
	if (ret)
		return cats_error_kernel(-ret, "compiling the forwarding table");
	return 0;
}

static int make_nexthop(struct draft *draft, struct cats_nexthop_spec *want)
{
	struct cats_forwarder *f = draft->f;
	uint32_t id = cats_ids_get(&f->nexthop_ids);
	struct cats_nexthop *nexthop;

	if (!id)
		return cats_error(ENOSPC, "the next hop table is full (%u)",
				  cats_table_limit(&f->nexthop) - 1);
	nexthop = cats_table_make(&f->nexthop, id);
	if (!nexthop || !cats_table_make(&f->nh_count, id)) {
		cats_ids_undo(&f->nexthop_ids, id);
		return cats_error_kernel(errno, "next hop table");
	}
	memcpy(nexthop->sid, want->sid, 16);
	memset(nexthop->link, 0, sizeof(nexthop->link));
	nexthop->incarnation++;
	/* after 256 owners an entry of the first would be taken for ours */
	if (!nexthop->incarnation)
		cats_flow_forget(f, id);
	cats_store32(&nexthop->service, draft->id);
	cats_nexthop_zero(f, id);
	want->id = id;
	draft->made[draft->fresh++] = id;
	return 0;
}

static void undo_nexthops(struct draft *draft)
{
	struct cats_nexthop *nexthop;
	uint32_t id;

	while (draft->fresh) {
		id = draft->made[--draft->fresh];
		nexthop = cats_table_at(&draft->f->nexthop, id);
		nexthop->service = 0;
		cats_ids_undo(&draft->f->nexthop_ids, id);
	}
}

static int make_nexthops(struct draft *draft)
{
	struct cats_route_spec *spec = draft->spec;
	uint32_t i;
	int ret;

	for (i = 0; i < spec->nexthops; i++) {
		ret = cats_path_get(draft->f, spec->nexthop[i].policy,
				    spec->nexthop[i].sid, &draft->path[i]);
		if (!ret && !spec->nexthop[i].id)
			ret = make_nexthop(draft, &spec->nexthop[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_slots(struct draft *draft)
{
	struct cats_service_conf *conf = &draft->spec->conf;
	struct cats_forwarder *f = draft->f;
	uint32_t i, *slot;
	int ret;

	conf->base = 0;
	conf->size = draft->fwd.size;
	conf->error_ppm = draft->fwd.error_ppm;
	if (!conf->size)
		return 0;
	ret = cats_slots_get(&f->slots, conf->size, &conf->base);
	if (ret)
		return cats_error(-ret, "no room for a forwarding table of %u slots",
				  conf->size);
	slot = cats_table_make(&f->slot, conf->base);
	if (!slot) {
		ret = errno;
		cats_slots_undo(&f->slots, conf->base, conf->size);
		return cats_error_kernel(ret, "forwarding table");
	}
	for (i = 0; i < conf->size; i++)
		slot[i] = draft->spec->nexthop[draft->fwd.slots[i]].id;
	return 0;
}

/* The half of every next hop that the new half of the service selects. */
static void write_links(struct draft *draft)
{
	struct cats_route_spec *spec = draft->spec;
	struct cats_nexthop_link link = {};
	struct cats_nexthop *nexthop;
	uint32_t i;

	for (i = 0; i < spec->nexthops; i++) {
		nexthop = cats_table_at(&draft->f->nexthop,
					spec->nexthop[i].id);
		link.next = i + 1 < spec->nexthops ? spec->nexthop[i + 1].id :
						     0;
		link.path = draft->path[i];
		link.weight = spec->nexthop[i].weight;
		link.state = spec->nexthop[i].state;
		nexthop->link[draft->sel] = link;
	}
	/* a flow may meet a new next hop under the old half */
	for (i = 0; i < draft->fresh; i++) {
		nexthop = cats_table_at(&draft->f->nexthop, draft->made[i]);
		nexthop->link[!draft->sel] = nexthop->link[draft->sel];
	}
	spec->conf.nexthop = spec->nexthops ? spec->nexthop[0].id : 0;
	spec->conf.nexthops = spec->nexthops;
	spec->conf.timeout = ((uint64_t)spec->conf.timeout_s * 1000000000) >>
			     CATS_TICK_SHIFT;
}

static bool stays(const struct cats_route_spec *spec, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < spec->nexthops; i++)
		if (spec->nexthop[i].id == id)
			return true;
	return false;
}

/* Under the new half, what leaves is down: its flows move with the flip. */
static uint32_t mark_leaving(struct draft *draft, uint32_t *leaving)
{
	struct cats_service *service = cats_table_at(&draft->f->service,
						     draft->id);
	struct cats_nexthop *nexthop;
	struct cats_walk walk;
	uint32_t n = 0;

	cats_walk_start(&walk, draft->f, service);
	while ((nexthop = cats_walk_next(&walk))) {
		if (stays(draft->spec, walk.id))
			continue;
		nexthop->link[draft->sel] = nexthop->link[!draft->sel];
		nexthop->link[draft->sel].state = CATS_NEXTHOP_DOWN;
		leaving[n++] = walk.id;
	}
	return n;
}

void cats_nexthop_retire(struct cats_forwarder *f,
			 struct cats_service *service, uint32_t id,
			 uint32_t path_id)
{
	struct cats_nexthop *nexthop = cats_table_at(&f->nexthop, id);
	struct cats_path *path = cats_table_at(&f->path, path_id);
	struct cats_policy *policy;
	struct cats_counter total;

	cats_nexthop_total(f, id, &total);
	service->gone_packets += total.packets;
	service->gone_bytes += total.bytes;
	policy = path ? cats_table_at(&f->policy, path->policy) : NULL;
	if (policy) {
		policy->gone_packets += total.packets;
		policy->gone_bytes += total.bytes;
	}
	nexthop->service = 0;
	cats_ids_put(&f->nexthop_ids, id);
}

static void publish_new(struct draft *draft)
{
	struct cats_service *service = cats_table_at(&draft->f->service,
						     draft->id);

	memset(service, 0, sizeof(*service));
	service->key = draft->spec->key;
	service->sel = draft->sel;
	service->conf[draft->sel] = draft->spec->conf;
	service->used = 1;
}

static void publish_change(struct draft *draft)
{
	struct cats_service *service = cats_table_at(&draft->f->service,
						     draft->id);
	struct cats_service_conf *old = &service->conf[!draft->sel];
	uint32_t leaving[CATS_NEXTHOPS_MAX], n, i;
	struct cats_nexthop *nexthop;

	n = mark_leaving(draft, leaving);
	service->conf[draft->sel] = draft->spec->conf;
	cats_flipped(draft->f, &draft->f->service, draft->id);
	cats_store32(&service->sel, draft->sel);

	cats_slots_put(&draft->f->slots, old->base, old->size);
	for (i = 0; i < n; i++) {
		nexthop = cats_table_at(&draft->f->nexthop, leaving[i]);
		cats_nexthop_retire(draft->f, service, leaving[i],
				    nexthop->link[draft->sel].path);
	}
}

/* Labels only: no packet depends on them. */
static void write_instances(struct draft *draft)
{
	struct cats_nexthop *nexthop;
	uint32_t i;

	for (i = 0; i < draft->spec->nexthops; i++) {
		nexthop = cats_table_at(&draft->f->nexthop,
					draft->spec->nexthop[i].id);
		memcpy(nexthop->instance, draft->spec->nexthop[i].instance, 16);
	}
}

static int publish(struct draft *draft)
{
	struct cats_service *service;
	int ret;

	write_links(draft);
	if (draft->exists) {
		publish_change(draft);
	} else {
		publish_new(draft);
		ret = cats_service_insert(draft->f, draft->id);
		if (ret)
			return ret;
	}
	write_instances(draft);
	service = cats_table_at(&draft->f->service, draft->id);
	service->generation = cats_changed(draft->f);
	return 0;
}

static int start_draft(struct draft *draft)
{
	struct cats_forwarder *f = draft->f;
	struct cats_service *service;
	int ret;

	if (draft->exists) {
		ret = cats_may_write_half(f, &f->service, draft->id);
		service = cats_table_at(&f->service, draft->id);
		draft->sel = !(service->sel & 1);
		return ret;
	}
	draft->id = cats_ids_get(&f->service_ids);
	if (!draft->id)
		return cats_error(ENOSPC, "the route table is full (%u)",
				  cats_table_limit(&f->service) - 1);
	service = cats_table_make(&f->service, draft->id);
	if (service)
		return 0;
	cats_ids_undo(&f->service_ids, draft->id);
	return cats_error_kernel(errno, "route table");
}

int cats_route_commit(struct cats_forwarder *f, struct cats_route_spec *spec,
		      uint32_t id)
{
	struct draft draft = { .f = f, .spec = spec, .id = id,
			       .exists = id != 0 };
	int ret;

	ret = start_draft(&draft);
	if (ret)
		return ret;
	ret = make_nexthops(&draft);
	if (!ret)
		ret = compile(&draft);
	if (!ret)
		ret = write_slots(&draft);
	if (ret)
		goto undo;
	ret = publish(&draft);
	if (ret) {
		cats_slots_undo(&f->slots, spec->conf.base, spec->conf.size);
		goto undo;
	}
	cats_fwd_free(&draft.fwd);
	return 0;
undo:
	cats_fwd_free(&draft.fwd);
	undo_nexthops(&draft);
	if (!draft.exists) {
		((struct cats_service *)cats_table_at(&f->service,
						      draft.id))->used = 0;
		cats_ids_undo(&f->service_ids, draft.id);
	}
	return ret;
}
