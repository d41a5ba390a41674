// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "forwarder.h"
#include "load.h"
#include "service_index.h"

/*
 * Search trees of libc.  A node holds a copy of the key and the id, for
 * tsearch() compares nodes, not keys.
 */
struct policy_node {
	char name[CATS_POLICY_NAME];
	uint32_t id;
};

struct path_node {
	uint8_t sid[16];
	uint32_t policy;
	uint32_t id;
};

static int compare_policy(const void *a, const void *b)
{
	return strncmp(((const struct policy_node *)a)->name,
		       ((const struct policy_node *)b)->name,
		       CATS_POLICY_NAME);
}

/* Everything in front of the id is the key. */
static int compare_path(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct path_node, id));
}

static int note(void **tree, const void *key, size_t size,
		int (*compare)(const void *, const void *))
{
	void *node = malloc(size);
	void *found;

	if (!node)
		return cats_error_kernel(ENOMEM, "search tree");
	memcpy(node, key, size);
	found = tsearch(node, tree, compare);
	if (!found || *(void **)found != node)
		free(node);
	return found ? 0 : cats_error_kernel(ENOMEM, "search tree");
}

static void forget(void **tree, const void *key,
		   int (*compare)(const void *, const void *))
{
	void *found = tfind(key, tree, compare);
	void *node;

	if (!found)
		return;
	node = *(void **)found;
	tdelete(key, tree, compare);
	free(node);
}

static struct policy_node policy_key(const char *name)
{
	struct policy_node key = {};

	snprintf(key.name, sizeof(key.name), "%s", name);
	return key;
}

int cats_policy_note(struct cats_forwarder *f, uint32_t id)
{
	struct cats_policy *policy = cats_table_at(&f->policy, id);
	struct policy_node key = policy_key(policy->name);

	key.id = id;
	return note(&f->policies_by_name, &key, sizeof(key), compare_policy);
}

void cats_policy_forget(struct cats_forwarder *f, uint32_t id)
{
	struct cats_policy *policy = cats_table_at(&f->policy, id);
	struct policy_node key = policy_key(policy->name);

	forget(&f->policies_by_name, &key, compare_policy);
}

uint32_t cats_policy_find(struct cats_forwarder *f, const char *name)
{
	struct policy_node key = policy_key(name);
	struct policy_node **found;

	found = tfind(&key, &f->policies_by_name, compare_policy);
	return found ? (*found)->id : 0;
}

static struct path_node path_key(uint32_t policy, const uint8_t *sid)
{
	struct path_node key = { .policy = policy };

	memcpy(key.sid, sid, sizeof(key.sid));
	return key;
}

int cats_path_note(struct cats_forwarder *f, uint32_t id)
{
	struct cats_path *path = cats_table_at(&f->path, id);
	struct path_node key = path_key(path->policy, path->sid);

	key.id = id;
	return note(&f->paths_by_key, &key, sizeof(key), compare_path);
}

void cats_path_forget(struct cats_forwarder *f, uint32_t id)
{
	struct cats_path *path = cats_table_at(&f->path, id);
	struct path_node key = path_key(path->policy, path->sid);

	forget(&f->paths_by_key, &key, compare_path);
}

uint32_t cats_path_find(struct cats_forwarder *f, uint32_t policy,
			const uint8_t *sid)
{
	struct path_node key = path_key(policy, sid);
	struct path_node **found;

	found = tfind(&key, &f->paths_by_key, compare_path);
	return found ? (*found)->id : 0;
}

static void load_nexthops(struct cats_forwarder *f,
			  const struct cats_service *service)
{
	uint32_t sel = service->sel & 1, left;
	uint32_t id = service->conf[sel].nexthop;
	struct cats_nexthop *nexthop;

	for (left = CATS_NEXTHOPS_MAX; id && left; left--) {
		nexthop = cats_table_at(&f->nexthop, id);
		if (!nexthop)
			return;
		cats_ids_mark(&f->nexthop_ids, id);
		cats_ids_mark(&f->path_ids, nexthop->link[sel].path);
		id = nexthop->link[sel].next;
	}
}

static int load_services(struct cats_forwarder *f)
{
	struct cats_range *used = NULL, *grown;
	uint32_t id = UINT32_MAX, n = 0, room = 0;
	struct cats_service_conf *conf;
	struct cats_service *service;
	int ret;

	while ((service = cats_table_each(&f->service, &id))) {
		if (!service->used ||
		    cats_service_find(f, &service->key) != id)
			continue;
		cats_ids_mark(&f->service_ids, id);
		load_nexthops(f, service);
		conf = &service->conf[service->sel & 1];
		if (!conf->size)
			continue;
		if (n == room) {
			room = room ? room * 2 : 1024;
			grown = realloc(used, room * sizeof(*used));
			if (!grown)
				goto nomem;
			used = grown;
		}
		used[n++] = (struct cats_range){ conf->base, conf->size };
	}
	ret = cats_slots_load(&f->slots, used, n);
	free(used);
	return ret ? cats_error_kernel(ENOMEM, "slot allocator") : 0;
nomem:
	free(used);
	return cats_error_kernel(ENOMEM, "slot allocator");
}

static int load_policies(struct cats_forwarder *f)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;
	int ret;

	while ((policy = cats_table_each(&f->policy, &id))) {
		if (!policy->used)
			continue;
		cats_ids_mark(&f->policy_ids, id);
		cats_ids_mark(&f->path_ids,
			      policy->conf[policy->sel & 1].path);
		ret = cats_policy_note(f, id);
		if (ret)
			return ret;
	}
	return 0;
}

static int load_paths(struct cats_forwarder *f)
{
	static const uint8_t none[16];
	struct cats_path *path;
	uint32_t id = UINT32_MAX;
	int ret;

	while ((path = cats_table_each(&f->path, &id))) {
		if (!cats_ids_used(&f->path_ids, id) ||
		    !memcmp(path->sid, none, sizeof(none)))
			continue;
		ret = cats_path_note(f, id);
		if (ret)
			return ret;
	}
	return 0;
}

static int init_allocators(struct cats_forwarder *f)
{
	uint32_t flips = cats_table_limit(&f->service) +
			 cats_table_limit(&f->path) +
			 cats_table_limit(&f->policy);

	if (cats_ids_init(&f->service_ids, cats_table_limit(&f->service)) ||
	    cats_ids_init(&f->nexthop_ids, cats_table_limit(&f->nexthop)) ||
	    cats_ids_init(&f->path_ids, cats_table_limit(&f->path)) ||
	    cats_ids_init(&f->policy_ids, cats_table_limit(&f->policy)) ||
	    cats_ids_init(&f->flipped, flips))
		return cats_error_kernel(ENOMEM, "allocators");
	cats_slots_reset(&f->slots, 1u << CATS_SLOT_BITS,
			 (uint64_t)CATS_SLOT_CHUNKS << CATS_SLOT_BITS);
	return 0;
}

void cats_unload(struct cats_forwarder *f)
{
	tdestroy(f->policies_by_name, free);
	tdestroy(f->paths_by_key, free);
	f->policies_by_name = NULL;
	f->paths_by_key = NULL;
	cats_ids_fini(&f->service_ids);
	cats_ids_fini(&f->nexthop_ids);
	cats_ids_fini(&f->path_ids);
	cats_ids_fini(&f->policy_ids);
	cats_ids_fini(&f->flipped);
	cats_slots_fini(&f->slots);
	f->loaded = false;
}

int cats_load(struct cats_forwarder *f)
{
	int ret;

	if (f->loaded && f->generation == f->control->generation)
		return 0;
	cats_unload(f);
	ret = init_allocators(f);
	if (!ret)
		ret = load_services(f);
	if (!ret)
		ret = load_policies(f);
	if (!ret)
		ret = load_paths(f);
	if (!ret && f->control->resting)
		ret = cats_grace(f);
	if (ret) {
		cats_unload(f);
		return ret;
	}
	f->generation = f->control->generation;
	f->loaded = true;
	return 0;
}
