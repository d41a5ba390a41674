// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "mapped.h"
#include "ps/decide.h"
#include "ps/leftover.h"

#define LEASE_MS	5000
#define HOLD_MS		500
/* so much longer for a decision that was found, whose instances are awaited */
#define HOLD_FOUND	30
#define RETRY_MS	50
/* a bound on the age of a metric is crossed without any change of the store */
#define AGE_LOOK_MS	500
#define SWEEP_MS	60000
/* services a turn of the loop, which has others to serve, too */
#define RUN_MAX		256

static void want(struct ps_decider *decider, struct ps_service *service)
{
	if (service->dirty)
		return;
	service->dirty = true;
	decider->dirty[decider->dirties++] = service;
	event_active(decider->run, EV_TIMEOUT, 0);
}

static void on_fact(void *ctx, struct fact_client *client)
{
	want(ctx, (struct ps_service *)client);
}

static void reshape(struct ps_decider *decider, struct ps_service *service)
{
	service->reshape = true;
	want(decider, service);
}

static void reshape_target(struct ps_decider *decider,
			   struct ps_target *target)
{
	struct ps_service *service;

	for (service = target->services; service; service = service->sibling)
		reshape(decider, service);
}

/* Those that had it, and those whose CS-ID it has. */
static void on_instance(struct ps_decider *decider,
			struct fact_instance *instance)
{
	struct ps_service *service;
	struct ps_target *target;
	const json_t *csid;
	uint8_t addr[16];
	size_t i;

	for (i = 0; i < instance->users.count; i++) {
		service = (struct ps_service *)instance->users.user[i].client;
		if (service->client.version == instance->users.user[i].version)
			reshape(decider, service);
	}
	json_array_foreach(instance->csid, i, csid) {
		mapped_parse(json_string_value(csid), addr);
		target = ps_target_find(&decider->services, instance->vrf,
					addr);
		if (target && !ps_target_add(target, instance))
			reshape_target(decider, target);
	}
}

static void on_reshaped(void *ctx, struct fact_instance *instance)
{
	struct ps_decider *decider = ctx;
	uint32_t i;

	if (instance) {
		on_instance(decider, instance);
		return;
	}
	for (i = 0; i < decider->services.count; i++)
		reshape(decider, &decider->services.service[i]);
}

/* It was somebody else's, or an earlier process': go on where that ended. */
static void on_taken(void *ctx, uint32_t shard)
{
	struct ps_decider *decider = ctx;
	struct ps_service *service;
	uint32_t i;

	for (i = 0; i < decider->services.count; i++) {
		service = &decider->services.service[i];
		if (service->shard != shard)
			continue;
		service->claimed = false;
		want(decider, service);
	}
}

/* --- writing -------------------------------------------------------------- */

static void on_written(void *ctx, int result, uint64_t revision)
{
	struct ps_service *service = ctx;
	struct ps_decider *decider = service->decider;

	(void)revision;
	if (!result) {
		decider->written++;
		return;
	}
	decider->refused++;
	service->unwritten = true;
	/* the shard went to another: what it decides counts */
	if (result == -ECANCELED) {
		service->claimed = false;
		ps_claims_doubt(&decider->claims);
	}
	catsd_log_limited(&decider->limit, LOG_WARNING,
			  "ps: %s: the decision is not in the store: %s",
			  service->key, result == -ECANCELED ?
			  "it is another's to make" :
			  store_problem(decider->store));
}

static void write_decision(struct ps_decider *decider,
			   struct ps_service *service)
{
	const char *writer = decider->claims.name;
	struct store_compare compare;
	struct store_op op = { .key = service->key };
	/* relaxed: what it was made of, it can be made of again */
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1,
				       .relaxed = true };

	op.value = ps_record_make(service, writer);
	/* it may be told before store_txn() returns */
	service->unwritten = false;
	if (!op.value ||
	    !ps_claims_compare(&decider->claims, service->shard, &compare) ||
	    store_txn(decider->store, &txn, on_written, service))
		service->unwritten = true;
	json_decref(op.value);
}

/* --- selecting ------------------------------------------------------------ */

/* Candidates come one by one: the first of them shall not get all. */
static bool is_held(const struct ps_service *service, uint64_t now)
{
	if (service->memory.decided || !service->candidates)
		return false;
	return !service->hold_ms || now < service->hold_ms;
}

static void hold(struct ps_decider *decider, struct ps_service *service,
		 uint64_t now, uint32_t times)
{
	uint64_t ms = ps_option(decider->config->hold_ms, HOLD_MS);

	if (!service->hold_ms && service->candidates)
		service->hold_ms = now + times * ms;
}

static void go_on(struct ps_decider *decider, struct ps_service *service,
		  uint64_t now)
{
	const struct store_entry *entry = store_get(decider->store,
						    service->key);

	service->hold_ms = 0;
	/* what we decided before and could not write is nowhere */
	service->unwritten = !entry && service->memory.decided;
	service->claimed = true;
	if (!entry)
		return;
	if (!ps_record_restore(service, entry->value))
		hold(decider, service, now, HOLD_FOUND);
	/* the same next hops, but the file has another route for them */
	if (ps_record_is_as_configured(service, entry->value))
		return;
	service->sequence++;
	service->unwritten = true;
}

/* One that is waited for may have come. */
static void look_again(struct ps_decider *decider, struct ps_service *service,
		       uint64_t now)
{
	const struct store_entry *entry = store_get(decider->store,
						    service->key);

	if (entry && !service->memory.decided && now < service->hold_ms)
		ps_record_restore(service, entry->value);
}

/* Of the same service for all ingresses. */
static void be_guided(struct ps_decider *decider, struct ps_service *service)
{
	char key[160];

	if (!decider->guides)
		return;
	decision_key(key, sizeof(key), service->target->vrf,
		     service->target->csid, "");
	ps_service_guide(service, store_get(decider->store, key));
}

static void on_guide(void *ctx, enum store_change change,
		     const struct store_entry *entry)
{
	struct ps_decider *decider = ctx;
	struct ps_service *service;
	struct ps_target *target;
	uint8_t csid[16];
	char ingress[64];
	uint32_t vrf;

	(void)change;
	if (decision_key_parse(entry->key, &vrf, csid, ingress) || *ingress)
		return;
	target = ps_target_find(&decider->services, vrf, csid);
	for (service = target ? target->services : NULL; service;
	     service = service->sibling)
		want(decider, service);
}

static void decide(struct ps_decider *decider, struct ps_service *service,
		   uint64_t now)
{
	struct store_compare ours;

	if (service->reshape && ps_service_reshape(service, &decider->facts)) {
		catsd_log(LOG_ERR, "ps: %s: %s", service->key,
			  cats_error_message());
		return;
	}
	if (!ps_claims_compare(&decider->claims, service->shard, &ours))
		return;
	if (!service->claimed)
		go_on(decider, service, now);
	else
		look_again(decider, service, now);
	hold(decider, service, now, 1);
	if (is_held(service, now))
		return;
	be_guided(decider, service);
	decider->runs++;
	if (ps_service_run(service, now) > SELECT_HELD || service->unwritten)
		write_decision(decider, service);
}

static void on_run(evutil_socket_t fd, short what, void *ctx)
{
	struct ps_decider *decider = ctx;
	uint32_t i, dirties = decider->dirties;
	uint64_t now = clock_monotonic_ms();

	(void)fd, (void)what;
	/* what a write makes dirty in this turn is for the next one */
	if (dirties > RUN_MAX)
		dirties = RUN_MAX;
	for (i = 0; i < dirties; i++) {
		decider->dirty[i]->dirty = false;
		decide(decider, decider->dirty[i], now);
	}
	decider->dirties -= dirties;
	memmove(decider->dirty, decider->dirty + dirties,
		decider->dirties * sizeof(*decider->dirty));
	if (decider->dirties)
		event_active(decider->run, EV_TIMEOUT, 0);
}

static bool has_to_look(const struct ps_service *service, uint64_t now)
{
	const struct select_service *select = &service->select;

	/* while the store is away it would only be refused again */
	if (service->unwritten)
		return store_is_current(service->decider->store);
	if (service->hold_ms && now >= service->hold_ms &&
	    service->ran_ms < service->hold_ms)
		return true;
	if (service->report.change == SELECT_HELD)
		return now >= service->ran_ms + select->tuning.spacing_ms;
	return select->sla.age_ms >= 0 && now >= service->ran_ms + AGE_LOOK_MS;
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	struct ps_decider *decider = ctx;
	uint64_t now = clock_monotonic_ms();
	uint32_t i;

	(void)fd, (void)what;
	if (now > decider->swept_ms + SWEEP_MS) {
		facts_sweep(&decider->facts, now);
		ps_leftover_delete(decider->store, &decider->services,
				   &decider->claims);
		decider->swept_ms = now;
	}
	for (i = 0; i < decider->services.count; i++)
		if (has_to_look(&decider->services.service[i], now))
			want(decider, &decider->services.service[i]);
}

/* --- beginning and end ---------------------------------------------------- */

static int take_policies(struct ps_decider *decider)
{
	const struct ps_config *config = decider->config;
	struct fact_policy *policy;
	uint32_t i;

	for (i = 0; i < config->policies_count; i++) {
		policy = facts_policy(&decider->facts,
				      config->policies[i].policy);
		if (!policy)
			return cats_error_kernel(ENOMEM, "ps");
		inet_pton(AF_INET6, config->policies[i].endpoint,
			  policy->endpoint);
		policy->configured = true;
	}
	return 0;
}

static int make_services(struct ps_decider *decider, const char *site)
{
	const struct ps_config *config = decider->config;
	char *here = (char *)site, *all = (char *)"";
	bool central = !config->placement ||
		       !strcmp(config->placement, "central");
	uint32_t i;
	int ret;

	if (config->ingresses_count)
		ret = ps_services_make(&decider->services, config,
				       config->ingresses,
				       config->ingresses_count);
	else
		ret = ps_services_make(&decider->services, config,
				       central ? &all : &here, 1);
	for (i = 0; i < decider->services.count; i++)
		decider->services.service[i].decider = decider;
	return ret;
}

static int open_gas(struct ps_decider *decider, struct event_base *base)
{
	const struct select_objective *cmas = select_objective_find("cmas");
	uint32_t i;

	for (i = 0; i < decider->services.count; i++)
		if (decider->services.service[i].select.objective == cmas)
			return ps_gas_open(&decider->facts, base,
					   &decider->gas);
	return 0;
}

static int make_events(struct ps_decider *decider, struct event_base *base)
{
	const struct timeval period = { .tv_usec = RETRY_MS * 1000 };

	decider->dirty = calloc(decider->services.count + 1,
				sizeof(*decider->dirty));
	decider->run = event_new(base, -1, 0, on_run, decider);
	decider->retry = event_new(base, -1, EV_PERSIST, on_retry, decider);
	if (!decider->dirty || !decider->run || !decider->retry ||
	    event_add(decider->retry, &period))
		return cats_error_kernel(ENOMEM, "ps");
	return 0;
}

int ps_decider_open(struct ps_decider *decider, struct catsd *catsd,
		    const struct ps_config *config)
{
	int ret;

	decider->config = config;
	decider->swept_ms = clock_monotonic_ms();
	decider->store = catsd->store;
	decider->facts = (struct facts){
		.store = catsd->store,
		.changed = on_fact,
		.reshaped = on_reshaped,
		.ctx = decider,
	};
	decider->claims = (struct ps_claims){
		.store = catsd->store,
		.name = config->name ? config->name : catsd->site,
		.ttl_ms = ps_option(config->lease_ms, LEASE_MS),
		.taken = on_taken,
		.ctx = decider,
	};
	ret = make_services(decider, catsd->site);
	if (!ret && config->placement && !strcmp(config->placement, "hybrid")) {
		decider->guides = store_watch(decider->store, DECISION_PREFIX,
					      on_guide, decider);
		ret = decider->guides ? 0 : cats_error_kernel(ENOMEM, "ps");
	}
	if (!ret)
		ret = make_events(decider, catsd->base);
	if (!ret)
		ret = take_policies(decider);
	if (!ret)
		ret = facts_open(&decider->facts);
	if (!ret)
		ret = open_gas(decider, catsd->base);
	if (!ret)
		ret = ps_claims_open(&decider->claims, catsd->base);
	return ret;
}

void ps_decider_close(struct ps_decider *decider)
{
	if (!decider->store)
		return;
	store_unwatch(decider->guides);
	ps_claims_close(&decider->claims);
	ps_gas_close(decider->gas);
	facts_close(&decider->facts);
	if (decider->retry)
		event_free(decider->retry);
	if (decider->run)
		event_free(decider->run);
	free(decider->dirty);
	ps_services_free(&decider->services);
}
