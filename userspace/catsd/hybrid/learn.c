// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "hybrid/learn.h"

#define POLICY		"least-response"
#define SWEEP_S		60

/**
 * struct learnt_nexthop - where what is said of it comes from
 * @site: that has the instance
 * @id: CSCI-ID, IPv4-mapped
 * @sid: service SID
 * @policy: SR policy
 * @instance: NULL: nothing is known of it so far
 * @path: NULL: likewise
 */
struct learnt_nexthop {
	char site[FACT_NAME_MAX];
	uint8_t id[16];
	uint8_t sid[16];
	char policy[CATS_POLICY_NAME];
	struct fact_instance *instance;
	const struct fact_path *path;
};

/**
 * struct learnt - a service
 * @client: of the facts; first
 * @next: list
 * @vrf: VRF-ID
 * @csid: CS-ID, IPv4-mapped
 * @brief: what is said of it; NULL: nobody asked for it so far
 * @dirty: its decision has to be looked at
 * @reshape: there are other facts, too
 * @known: enough is known
 * @nexthops: length of @nexthop; 0: it is not placed so
 * @nexthop: of the decision
 */
struct learnt {
	struct fact_client client;
	struct learnt *next;
	uint32_t vrf;
	uint8_t csid[16];
	struct brief *brief;
	bool dirty;
	bool reshape;
	bool known;
	uint32_t nexthops;
	struct learnt_nexthop *nexthop;
};

static int compare(const void *a, const void *b)
{
	const struct learnt *x = a, *y = b;

	if (x->vrf != y->vrf)
		return x->vrf < y->vrf ? -1 : 1;
	return memcmp(x->csid, y->csid, sizeof(x->csid));
}

static struct learnt *service_of(struct hybrid_learner *learner, uint32_t vrf,
				 const uint8_t *csid)
{
	struct learnt wanted = { .vrf = vrf }, **found, *service;

	memcpy(wanted.csid, csid, sizeof(wanted.csid));
	found = tfind(&wanted, &learner->tree, compare);
	if (found)
		return *found;
	service = malloc(sizeof(*service));
	if (!service)
		return NULL;
	*service = wanted;
	if (!tsearch(service, &learner->tree, compare)) {
		free(service);
		return NULL;
	}
	service->next = learner->first;
	learner->first = service;
	return service;
}

/* --- what is said --------------------------------------------------------- */

/* Nobody measures delays, or all are measured: what is not known is not 0. */
static bool take_delays(const struct learnt *service, struct brief_text *text)
{
	uint32_t i, unknown = 0;

	for (i = 0; i < service->nexthops; i++) {
		const struct fact_path *path = service->nexthop[i].path;

		text->instance[i].delay_us = path ? path->facts.delay_us : NAN;
		unknown += isnan(text->instance[i].delay_us);
	}
	for (i = 0; unknown == service->nexthops && i < unknown; i++)
		text->instance[i].delay_us = 0;
	return !unknown || unknown == service->nexthops;
}

static bool take_instance(const struct learnt_nexthop *from,
			  struct brief_instance *to)
{
	const struct select_instance *facts;

	memcpy(to->sid, from->sid, sizeof(to->sid));
	if (!from->instance)
		return false;
	facts = &from->instance->facts;
	to->capacity = facts->capacity;
	to->service_us = facts->service_us;
	to->flows = facts->flows;
	to->sampled_us = facts->sampled_ms * 1000;
	return facts->capacity > 0 && facts->service_us > 0;
}

static void tell(struct hybrid_learner *learner, struct learnt *service)
{
	struct brief_text *text = &learner->text;
	uint32_t i;

	if (!service->brief)
		return;
	text->instances = service->nexthops;
	text->known = service->nexthops && take_delays(service, text);
	for (i = 0; i < service->nexthops; i++)
		text->known &= take_instance(&service->nexthop[i],
					     &text->instance[i]);
	service->known = text->known;
	brief_write(learner->briefs, service->brief, text);
}

static void on_fact(void *ctx, struct fact_client *client)
{
	tell(ctx, (struct learnt *)client);
}

/* --- what it is about ----------------------------------------------------- */

/* How far it is from here, or else from where it is farthest. */
static struct fact_path *path_of(struct hybrid_learner *learner,
				 const char *name)
{
	struct fact_policy *policy = facts_policy(&learner->facts, name);
	struct fact_path *path;

	if (!policy)
		return NULL;
	path = facts_path(policy, learner->ingress);
	return path ? path : facts_path(policy, "");
}

static void take_nexthop(struct hybrid_learner *learner,
			 struct learnt *service, struct learnt_nexthop *to,
			 const struct decision_nexthop *from)
{
	struct fact_path *path = path_of(learner, from->policy);

	strcpy(to->site, from->site);
	strcpy(to->policy, from->policy);
	memcpy(to->id, from->instance, sizeof(to->id));
	memcpy(to->sid, from->sid, sizeof(to->sid));
	to->path = path;
	if (path)
		fact_use(&path->users, &service->client);
	to->instance = facts_instance(&learner->facts, to->site, to->id);
	if (to->instance)
		fact_use(&to->instance->users, &service->client);
}

/* Without memory there are none, and flows go by weight. */
static void take_nexthops(struct hybrid_learner *learner,
			  struct learnt *service)
{
	const struct decision *decision = &learner->decision;
	uint32_t i;

	service->nexthop = calloc(decision->nexthops,
				  sizeof(*service->nexthop));
	if (!service->nexthop)
		return;
	service->nexthops = decision->nexthops;
	for (i = 0; i < decision->nexthops; i++)
		take_nexthop(learner, service, &service->nexthop[i],
			     &decision->nexthop[i]);
}

/* Are the next hops those it had?  Weights change all the time. */
static bool has_nexthops(const struct learnt *service,
			 const struct decision *decision)
{
	const struct decision_nexthop *shall;
	const struct learnt_nexthop *is;
	uint32_t i;

	if (service->nexthops != decision->nexthops)
		return false;
	for (i = 0; i < service->nexthops; i++) {
		is = &service->nexthop[i];
		shall = &decision->nexthop[i];
		if (strcmp(is->site, shall->site) ||
		    strcmp(is->policy, shall->policy) ||
		    memcmp(is->id, shall->instance, sizeof(is->id)) ||
		    memcmp(is->sid, shall->sid, sizeof(is->sid)))
			return false;
	}
	return true;
}

/* Is it decided for, and to be placed by what is known here? */
static bool is_wanted(struct hybrid_learner *learner,
		      const struct learnt *service)
{
	struct decision *decision = &learner->decision;
	const struct store_entry *entry;

	entry = decision_in_force(learner->store, service->vrf, service->csid,
				  learner->ingress);
	if (!entry)
		return false;
	/* the loader counts it and says what is wrong with it */
	if (decision_parse(entry->value, decision))
		return false;
	return decision->route.mode && !strcmp(decision->policy, POLICY);
}

static void look(struct hybrid_learner *learner, struct learnt *service)
{
	bool wanted = is_wanted(learner, service);

	service->dirty = false;
	if (wanted && !service->reshape &&
	    has_nexthops(service, &learner->decision))
		return;
	service->reshape = false;
	/* it does not use what it used */
	service->client.version++;
	free(service->nexthop);
	service->nexthop = NULL;
	service->nexthops = 0;
	service->known = false;
	if (wanted) {
		if (!service->brief)
			service->brief = brief_make(learner->briefs,
						    service->vrf,
						    service->csid);
		take_nexthops(learner, service);
	}
	tell(learner, service);
}

static void on_run(evutil_socket_t fd, short what, void *ctx)
{
	struct hybrid_learner *learner = ctx;
	struct learnt *service;

	(void)fd, (void)what;
	for (service = learner->first; service; service = service->next)
		if (service->dirty)
			look(learner, service);
}

static void want(struct hybrid_learner *learner, struct learnt *service)
{
	service->dirty = true;
	event_active(learner->run, EV_TIMEOUT, 0);
}

static bool names(const struct learnt *service,
		  const struct fact_instance *instance)
{
	uint32_t i;

	for (i = 0; i < service->nexthops; i++)
		if (!strcmp(service->nexthop[i].site, instance->site) &&
		    !memcmp(service->nexthop[i].id, instance->facts.id, 16))
			return true;
	return false;
}

static void on_reshaped(void *ctx, struct fact_instance *instance)
{
	struct hybrid_learner *learner = ctx;
	struct learnt *service;

	for (service = learner->first; service; service = service->next) {
		if (instance ? !names(service, instance) : !service->nexthops)
			continue;
		service->reshape = true;
		want(learner, service);
	}
}

static void on_decision(void *ctx, enum store_change change,
			const struct store_entry *entry)
{
	struct hybrid_learner *learner = ctx;
	struct learnt *service;
	uint8_t csid[16];
	char ingress[64];
	uint32_t vrf;

	(void)change;
	if (decision_key_parse(entry->key, &vrf, csid, ingress) ||
	    (*ingress && strcmp(ingress, learner->ingress)))
		return;
	service = service_of(learner, vrf, csid);
	if (service)
		want(learner, service);
}

/* --- beginning and end ---------------------------------------------------- */

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
	struct hybrid_learner *learner = ctx;

	(void)fd, (void)what;
	facts_sweep(&learner->facts, clock_monotonic_ms());
}

static int first_decision(void *ctx, const struct store_entry *entry)
{
	on_decision(ctx, STORE_PUT, entry);
	return 0;
}

int hybrid_learner_open(struct hybrid_learner *learner,
			struct event_base *base)
{
	const struct timeval period = { .tv_sec = SWEEP_S };
	int ret;

	learner->facts = (struct facts){
		.store = learner->store,
		.changed = on_fact,
		.reshaped = on_reshaped,
		.ctx = learner,
	};
	learner->run = event_new(base, -1, 0, on_run, learner);
	learner->sweep = event_new(base, -1, EV_PERSIST, on_sweep, learner);
	if (!learner->run || !learner->sweep ||
	    event_add(learner->sweep, &period))
		return cats_error_kernel(ENOMEM, "hybrid");
	ret = facts_open(&learner->facts);
	if (ret)
		return ret;
	learner->decisions = store_watch(learner->store, DECISION_PREFIX,
					 on_decision, learner);
	if (!learner->decisions)
		return cats_error_kernel(ENOMEM, "hybrid");
	store_each(learner->store, DECISION_PREFIX, first_decision, learner);
	return 0;
}

static void keep(void *node)
{
	(void)node;
}

void hybrid_learner_close(struct hybrid_learner *learner)
{
	struct learnt *service;

	if (!learner->store)
		return;
	store_unwatch(learner->decisions);
	facts_close(&learner->facts);
	if (learner->sweep)
		event_free(learner->sweep);
	if (learner->run)
		event_free(learner->run);
	tdestroy(learner->tree, keep);
	while ((service = learner->first)) {
		learner->first = service->next;
		free(service->nexthop);
		free(service);
	}
}

void hybrid_learner_count(const struct hybrid_learner *learner,
			  uint32_t *services, uint32_t *known)
{
	const struct learnt *service;

	*services = 0;
	*known = 0;
	for (service = learner->first; service; service = service->next) {
		*services += service->nexthops > 0;
		*known += service->known;
	}
}
