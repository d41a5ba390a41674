// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "mapped.h"
#include "ps/claim.h"
#include "ps/service.h"

static int compare_targets(const void *a, const void *b)
{
	const struct ps_target *x = a, *y = b;

	if (x->vrf != y->vrf)
		return x->vrf < y->vrf ? -1 : 1;
	return memcmp(x->csid, y->csid, 16);
}

struct ps_target *ps_target_find(const struct ps_services *services,
				 uint32_t vrf, const uint8_t *csid)
{
	struct ps_target wanted = { .vrf = vrf }, **found;

	memcpy(wanted.csid, csid, 16);
	found = tfind(&wanted, &services->by_csid, compare_targets);
	return found ? *found : NULL;
}

static int make_service(struct ps_services *services, struct ps_target *target,
			const struct ps_service_config *config,
			const char *ingress)
{
	struct ps_service *service = &services->service[services->count++];

	service->target = target;
	service->config = config;
	service->ingress = ingress;
	service->sibling = target->services;
	target->services = service;
	decision_key(service->key, sizeof(service->key), target->vrf,
		     target->csid, ingress);
	service->shard = ps_shard_of(service->key);
	return ps_config_select(config, &service->select);
}

static int make_target(struct ps_services *services,
		       const struct ps_service_config *config,
		       const char *csid)
{
	struct ps_target *target = &services->target[services->targets++];

	target->vrf = ps_option(config->vrf, 0);
	mapped_parse(csid, target->csid);
	return tsearch(target, &services->by_csid, compare_targets) ?
		       0 : cats_error_kernel(ENOMEM, "ps");
}

int ps_services_make(struct ps_services *services,
		     const struct ps_config *config, char *const *ingress,
		     uint32_t ingresses)
{
	const struct ps_service_config *of;
	uint32_t i, j, k, targets = 0;
	int ret = 0;

	for (i = 0; i < config->services_count; i++)
		targets += config->services[i].csid_count;
	services->target = calloc(targets + 1, sizeof(*services->target));
	services->service = calloc((size_t)targets * ingresses + 1,
				   sizeof(*services->service));
	if (!services->target || !services->service)
		return cats_error_kernel(ENOMEM, "ps");
	for (i = 0; i < config->services_count; i++) {
		of = &config->services[i];
		for (j = 0; j < of->csid_count && !ret; j++) {
			ret = make_target(services, of, of->csid[j]);
			for (k = 0; k < ingresses && !ret; k++)
				ret = make_service(services,
					&services->target[services->targets - 1],
					of, ingress[k]);
		}
	}
	return ret;
}

static void keep(void *node)
{
	(void)node;
}

void ps_services_free(struct ps_services *services)
{
	uint32_t i;

	tdestroy(services->by_csid, keep);
	for (i = 0; i < services->targets; i++)
		free(services->target[i].member);
	for (i = 0; i < services->count; i++) {
		free(services->service[i].candidate);
		free(services->service[i].names);
	}
	free(services->target);
	free(services->service);
}

/* In this order whatever the order they are heard of in. */
static int compare_members(const void *a, const void *b)
{
	const struct fact_instance *x = *(struct fact_instance *const *)a;
	const struct fact_instance *y = *(struct fact_instance *const *)b;
	int order = memcmp(x->facts.id, y->facts.id, 16);

	return order ? order : strcmp(x->site, y->site);
}

int ps_target_add(struct ps_target *target, struct fact_instance *instance)
{
	uint32_t room = target->room ? 2 * target->room : 4, i;
	struct fact_instance **more;

	for (i = 0; i < target->members; i++)
		if (target->member[i] == instance)
			return 0;
	if (target->members == target->room) {
		more = reallocarray(target->member, room, sizeof(*more));
		if (!more)
			return cats_error_kernel(ENOMEM, "ps");
		target->member = more;
		target->room = room;
	}
	target->member[target->members++] = instance;
	qsort(target->member, target->members, sizeof(*target->member),
	      compare_members);
	return 0;
}

static bool serves(const struct fact_instance *instance,
		   const struct ps_target *target)
{
	const json_t *csid;
	uint8_t addr[16];
	size_t i;

	if (!instance->announced || instance->vrf != target->vrf)
		return false;
	json_array_foreach(instance->csid, i, csid)
		if (mapped_parse(json_string_value(csid), addr) &&
		    !memcmp(addr, target->csid, 16))
			return true;
	return false;
}

static void forget_strangers(struct ps_target *target)
{
	uint32_t i, kept = 0;

	for (i = 0; i < target->members; i++)
		if (serves(target->member[i], target))
			target->member[kept++] = target->member[i];
	target->members = kept;
}

/* What is remembered of a candidate, if it was one before. */
static void recall(const struct ps_service *service,
		   struct select_candidate *candidate,
		   const struct ps_names *names)
{
	const struct select_candidate *was;
	uint32_t i;

	for (i = 0; i < service->candidates; i++) {
		if (service->names[i].instance != names->instance ||
		    service->names[i].policy != names->policy)
			continue;
		was = &service->candidate[i];
		candidate->base = was->base;
		candidate->used_ms = was->used_ms;
		candidate->interval_ms = was->interval_ms;
		candidate->usual = was->usual;
		candidate->weight = was->weight;
		candidate->reason = was->reason;
		candidate->serving = was->serving;
		return;
	}
}

/**
 * struct shape - candidates in the making
 * @service: of it
 * @candidate: as many as fit
 * @names: of them
 * @count: of them
 * @room: of both
 */
struct shape {
	struct ps_service *service;
	struct select_candidate *candidate;
	struct ps_names *names;
	uint32_t count;
	uint32_t room;
};

static int add_candidate(struct shape *shape, struct fact_instance *instance,
			 struct fact_policy *policy)
{
	struct fact_path *path = facts_path(policy, shape->service->ingress);
	struct ps_names names = { .instance = instance, .policy = policy };
	struct select_candidate *candidate;

	if (shape->count == shape->room) {
		uint32_t room = shape->room ? 2 * shape->room : 4;
		void *more;

		more = reallocarray(shape->candidate, room,
				    sizeof(*shape->candidate));
		if (more)
			shape->candidate = more;
		if (more && (more = reallocarray(shape->names, room,
						 sizeof(*shape->names))))
			shape->names = more;
		if (!more)
			return cats_error_kernel(ENOMEM, "ps");
		shape->room = room;
	}
	candidate = &shape->candidate[shape->count];
	*candidate = (struct select_candidate){
		.instance = &instance->facts,
		.path = path ? &path->facts : NULL,
	};
	recall(shape->service, candidate, &names);
	shape->names[shape->count++] = names;
	return path ? fact_use(&path->users, &shape->service->client) : 0;
}

static int add_member(struct shape *shape, struct facts *facts,
		      struct fact_instance *instance)
{
	int ret = fact_use(&instance->users, &shape->service->client);
	struct fact_policy *policy;

	for (policy = facts->policies; policy && !ret; policy = policy->next)
		if (!memcmp(policy->endpoint, instance->endpoint, 16))
			ret = add_candidate(shape, instance, policy);
	return ret;
}

static uint32_t weights(const struct select_candidate *candidate,
			uint32_t count)
{
	uint32_t sum = 0, i;

	for (i = 0; i < count; i++)
		sum += candidate[i].weight;
	return sum;
}

int ps_service_reshape(struct ps_service *service, struct facts *facts)
{
	struct shape shape = { .service = service };
	uint32_t i, before = weights(service->candidate, service->candidates);
	int ret = 0;

	forget_strangers(service->target);
	service->client.version++;
	for (i = 0; i < service->target->members && !ret; i++)
		ret = add_member(&shape, facts, service->target->member[i]);
	if (ret) {
		free(shape.candidate);
		free(shape.names);
		return ret;
	}
	free(service->candidate);
	free(service->names);
	service->candidate = shape.candidate;
	service->names = shape.names;
	service->candidates = shape.count;
	service->reshape = false;
	/* what flows go to is no candidate any more: nobody else says so */
	if (weights(service->candidate, service->candidates) != before)
		service->urgent = true;
	return 0;
}

enum select_change ps_service_run(struct ps_service *service, uint64_t now_ms)
{
	uint32_t i;

	for (i = 0; i < service->candidates; i++)
		service->names[i].was_serving = service->candidate[i].serving;
	/* the first of a new kind, in the eyes of the selection */
	if (service->urgent)
		service->memory.decided = false;
	select_run(&service->select, &service->memory, service->candidate,
		   service->candidates, now_ms, &service->report);
	if (service->report.change > SELECT_HELD) {
		service->urgent = false;
		service->reason = service->report.change;
		service->sequence++;
	}
	service->changes[service->report.change]++;
	service->ran_ms = now_ms;
	return service->report.change;
}
