// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "load.h"
#include "path.h"
#include "path_state.h"
#include "policy.h"
#include "route.h"

/**
 * struct rebuild - new paths of a policy that is being replaced
 * @paths: ids
 * @n: how many
 */
struct rebuild {
	uint32_t *paths;
	uint32_t n;
};

const struct cats_policy_conf *cats_policy_conf(struct cats_forwarder *f,
						uint32_t id)
{
	struct cats_policy *policy = id ? cats_table_at(&f->policy, id) : NULL;

	return policy && policy->used ? &policy->conf[policy->sel & 1] : NULL;
}

static uint32_t policy_of(struct cats_forwarder *f,
			  const struct cats_nexthop *nexthop, uint32_t sel)
{
	struct cats_path *path = cats_table_at(&f->path,
					       nexthop->link[sel].path);

	return path ? path->policy : 0;
}

struct cats_policy_use *cats_policy_uses(struct cats_forwarder *f)
{
	uint32_t id = UINT32_MAX, policy;
	struct cats_policy_use *uses;
	struct cats_nexthop *nexthop;
	struct cats_service *service;
	struct cats_counter total;
	struct cats_walk walk;

	uses = calloc(cats_table_limit(&f->policy), sizeof(*uses));
	if (!uses)
		return NULL;
	while ((service = cats_route_each(f, &id))) {
		cats_walk_start(&walk, f, service);
		while ((nexthop = cats_walk_next(&walk))) {
			policy = policy_of(f, nexthop, walk.sel);
			if (policy >= cats_table_limit(&f->policy))
				continue;
			cats_nexthop_total(f, walk.id, &total);
			uses[policy].nexthops++;
			uses[policy].packets += total.packets;
			uses[policy].bytes += total.bytes;
		}
	}
	return uses;
}

/* Ids of the paths of @policy that are in use. */
static int find_paths(struct cats_forwarder *f, uint32_t policy,
		      struct rebuild *rebuild)
{
	struct cats_path *path;
	uint32_t id = UINT32_MAX, room = 0, *grown;

	memset(rebuild, 0, sizeof(*rebuild));
	while ((path = cats_table_each(&f->path, &id))) {
		if (!cats_ids_used(&f->path_ids, id) || path->policy != policy)
			continue;
		if (rebuild->n == room) {
			room = room ? room * 2 : 16;
			grown = realloc(rebuild->paths, room * sizeof(*grown));
			if (!grown)
				return cats_error_kernel(ENOMEM, "paths");
			rebuild->paths = grown;
		}
		rebuild->paths[rebuild->n++] = id;
	}
	return 0;
}

/*
 * Make the new headers of all paths, in their unused halves, before a packet
 * sees any.
 */
static int prepare_paths(struct cats_forwarder *f,
			 const struct cats_policy_conf *conf,
			 const struct rebuild *rebuild)
{
	struct cats_encap encap;
	struct cats_path *path;
	uint32_t i;
	int ret;

	for (i = 0; i < rebuild->n; i++) {
		path = cats_table_at(&f->path, rebuild->paths[i]);
		ret = cats_path_build(f, conf, path->sid, &encap);
		if (!ret)
			ret = cats_path_prepare(f, rebuild->paths[i], &encap);
		if (ret)
			return ret;
	}
	return 0;
}

static int publish_conf(struct cats_forwarder *f, uint32_t id,
			const struct cats_policy_conf *conf)
{
	struct cats_policy *policy = cats_table_at(&f->policy, id);

	/* only the control plane reads it, under the lock */
	policy->conf[!(policy->sel & 1)] = *conf;
	cats_store32(&policy->sel, !(policy->sel & 1));
	policy->generation = cats_changed(f);
	return 0;
}

/* The same kind of paths as before: exchange the headers in each. */
static int replace_headers(struct cats_forwarder *f, uint32_t id,
			   struct cats_policy_conf *conf)
{
	struct rebuild rebuild;
	uint32_t i;
	int ret;

	conf->path = cats_policy_conf(f, id)->path;
	ret = find_paths(f, id, &rebuild);
	if (!ret)
		ret = prepare_paths(f, conf, &rebuild);
	if (!ret) {
		for (i = 0; i < rebuild.n; i++)
			cats_path_flip(f, rebuild.paths[i]);
		ret = publish_conf(f, id, conf);
	}
	free(rebuild.paths);
	return ret;
}

/* The policy loses all its paths; packets under way may still use them. */
static int release_paths(struct cats_forwarder *f, uint32_t id)
{
	struct rebuild paths;
	uint32_t i;
	int ret;

	ret = find_paths(f, id, &paths);
	for (i = 0; !ret && i < paths.n; i++) {
		cats_path_forget(f, paths.paths[i]);
		cats_ids_put(&f->path_ids, paths.paths[i]);
	}
	f->control->resting = 1;
	free(paths.paths);
	return ret;
}

static int own_path(struct cats_forwarder *f, uint32_t id,
		    struct cats_policy_conf *conf)
{
	struct cats_encap encap;
	int ret;

	conf->path = 0;
	if (!cats_path_shared(conf))
		return 0;
	ret = cats_path_build(f, conf, NULL, &encap);
	return ret ? ret : cats_path_new(f, id, NULL, &encap, &conf->path);
}

/* From one path for all SIDs to one for each, or back; only while unused. */
static int replace_kind(struct cats_forwarder *f, uint32_t id,
			struct cats_policy_conf *conf, const char *name)
{
	struct cats_policy_use *uses = cats_policy_uses(f);
	uint32_t nexthops = uses ? uses[id].nexthops : 0;
	int ret;

	free(uses);
	if (!uses)
		return cats_error_kernel(ENOMEM, "policies");
	if (nexthops)
		return cats_error(EBUSY, "policy %s is in use by %u next hops: it cannot lose or get its first segment or gateway",
				  name, nexthops);
	ret = release_paths(f, id);
	if (!ret)
		ret = own_path(f, id, conf);
	return ret ? ret : publish_conf(f, id, conf);
}

static int add_policy(struct cats_forwarder *f, const char *name,
		      struct cats_policy_conf *conf)
{
	uint32_t id = cats_ids_get(&f->policy_ids);
	struct cats_policy *policy;
	int ret;

	if (!id)
		return cats_error(ENOSPC, "the policy table is full (%u)",
				  cats_table_limit(&f->policy) - 1);
	policy = cats_table_make(&f->policy, id);
	ret = policy ? own_path(f, id, conf) :
		       cats_error_kernel(errno, "policy table");
	if (ret) {
		cats_ids_undo(&f->policy_ids, id);
		return ret;
	}
	memset(policy, 0, sizeof(*policy));
	cats_path_forget_state(f, id);
	snprintf(policy->name, sizeof(policy->name), "%s", name);
	policy->conf[0] = *conf;
	policy->generation = cats_changed(f);
	cats_store32(&policy->used, 1);
	return cats_policy_note(f, id);
}

int cats_policy_set(struct cats_forwarder *f, const char *name,
		    const struct cats_policy_conf *conf, bool replace)
{
	uint32_t id = cats_policy_find(f, name);
	struct cats_policy_conf want = *conf;
	const struct cats_policy_conf *have;

	if (!id)
		return add_policy(f, name, &want);
	if (!replace)
		return cats_error(EEXIST, "policy %s exists", name);
	have = cats_policy_conf(f, id);
	if (cats_path_shared(have) != cats_path_shared(&want))
		return replace_kind(f, id, &want, name);
	return replace_headers(f, id, &want);
}

int cats_policy_refresh(struct cats_forwarder *f, uint32_t id)
{
	struct cats_policy_conf conf = *cats_policy_conf(f, id);

	return replace_headers(f, id, &conf);
}

/* Those whose headers are as they were are left out of @rebuild. */
static int prepare_changed(struct cats_forwarder *f,
			   const struct cats_policy_conf *conf,
			   struct rebuild *rebuild)
{
	struct cats_encap encap;
	struct cats_path *path;
	uint32_t i, n = 0;
	int ret = 0;

	for (i = 0; i < rebuild->n && !ret; i++) {
		path = cats_table_at(&f->path, rebuild->paths[i]);
		ret = cats_path_build(f, conf, path->sid, &encap);
		if (ret || !memcmp(&encap, &path->encap[path->sel & 1],
				   sizeof(encap)))
			continue;
		ret = cats_path_prepare(f, rebuild->paths[i], &encap);
		rebuild->paths[n++] = rebuild->paths[i];
	}
	rebuild->n = n;
	return ret;
}

int cats_policy_follow(struct cats_forwarder *f, uint32_t id,
		       uint32_t *changed)
{
	struct cats_policy_conf conf = *cats_policy_conf(f, id);
	struct rebuild rebuild;
	uint32_t i;
	int ret;

	ret = find_paths(f, id, &rebuild);
	if (!ret)
		ret = prepare_changed(f, &conf, &rebuild);
	for (i = 0; !ret && i < rebuild.n; i++)
		cats_path_flip(f, rebuild.paths[i]);
	if (!ret && rebuild.n)
		ret = publish_conf(f, id, &conf);
	if (!ret)
		*changed += rebuild.n;
	free(rebuild.paths);
	return ret;
}

int cats_policy_del(struct cats_forwarder *f, const char *name)
{
	uint32_t id = cats_policy_find(f, name);
	struct cats_policy_use *uses;
	struct cats_policy *policy;
	uint32_t nexthops;
	int ret;

	if (!id)
		return cats_error(ENOENT, "policy %s does not exist", name);
	uses = cats_policy_uses(f);
	if (!uses)
		return cats_error_kernel(ENOMEM, "policies");
	nexthops = uses[id].nexthops;
	free(uses);
	if (nexthops)
		return cats_error(EBUSY, "policy %s is in use by %u next hops",
				  name, nexthops);
	ret = release_paths(f, id);
	if (ret)
		return ret;
	cats_policy_forget(f, id);
	policy = cats_table_at(&f->policy, id);
	cats_store32(&policy->used, 0);
	cats_path_forget_state(f, id);
	cats_ids_put(&f->policy_ids, id);
	cats_changed(f);
	return 0;
}
