// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "mapped.h"
#include "ps/facts.h"

int fact_use(struct fact_users *users, struct fact_client *client)
{
	uint32_t room = users->room ? 2 * users->room : 2;
	struct fact_user *more;

	if (users->count == users->room) {
		more = reallocarray(users->user, room, sizeof(*more));
		if (!more)
			return cats_error_kernel(ENOMEM, "ps");
		users->user = more;
		users->room = room;
	}
	users->user[users->count++] = (struct fact_user){
		client, client->version };
	return 0;
}

void facts_tell(struct facts *facts, struct fact_users *users)
{
	uint32_t i, kept = 0;

	for (i = 0; i < users->count; i++) {
		if (users->user[i].client->version != users->user[i].version)
			continue;
		users->user[kept++] = users->user[i];
		facts->changed(facts->ctx, users->user[i].client);
	}
	users->count = kept;
}

/* --- instances ------------------------------------------------------------ */

static int compare_instances(const void *a, const void *b)
{
	const struct fact_instance *x = a, *y = b;
	int order = strcmp(x->site, y->site);

	return order ? order : strcmp(x->name, y->name);
}

static struct fact_instance *make_instance(struct facts *facts,
					   const struct fact_instance *like)
{
	struct fact_instance *instance = malloc(sizeof(*instance));

	if (!instance)
		return NULL;
	*instance = *like;
	if (!mapped_parse(instance->name, instance->facts.id) ||
	    !tsearch(instance, &facts->by_key, compare_instances)) {
		free(instance);
		return NULL;
	}
	instance->facts.score = NAN;
	instance->facts.flows = NAN;
	instance->facts.capacity = NAN;
	instance->facts.service_us = NAN;
	instance->facts.cost = NAN;
	instance->facts.gas = NAN;
	instance->next = facts->instances;
	facts->instances = instance;
	return instance;
}

/* KIND/SITE/SUBJECT to its parts */
static bool split(const char *key, char *site, char *subject)
{
	int end = 0;

	return sscanf(key, "%*[^/]/%63[^/]/%63[^/]%n", site, subject,
		      &end) == 2 && !key[end];
}

static struct fact_instance *instance_of(struct facts *facts, const char *key)
{
	struct fact_instance wanted = {}, **found;

	if (!split(key, wanted.site, wanted.name))
		return NULL;
	found = tfind(&wanted, &facts->by_key, compare_instances);
	return found ? *found : make_instance(facts, &wanted);
}

struct fact_instance *facts_instance(struct facts *facts, const char *site,
				     const uint8_t *id)
{
	struct fact_instance wanted = {}, **found;

	snprintf(wanted.site, sizeof(wanted.site), "%s", site);
	mapped_text(id, wanted.name);
	found = tfind(&wanted, &facts->by_key, compare_instances);
	return found ? *found : NULL;
}

static void complain(struct facts *facts, const char *key)
{
	facts->malformed++;
	catsd_log_limited(&facts->limit, LOG_WARNING,
			  "ps: %s: is not right and is not looked at", key);
}

/* Where it is and what it is for: then there may be other candidates. */
static bool is_elsewhere(const struct fact_instance *a,
			 const struct fact_instance *b)
{
	return a->announced != b->announced || a->vrf != b->vrf ||
	       memcmp(a->sid, b->sid, 16) ||
	       memcmp(a->endpoint, b->endpoint, 16) ||
	       !json_equal(a->csid, b->csid);
}

static void on_instance(void *ctx, enum store_change change,
			const struct store_entry *entry)
{
	struct facts *facts = ctx;
	struct fact_instance *instance = instance_of(facts, entry->key);
	struct fact_instance before;

	if (!instance) {
		complain(facts, entry->key);
		return;
	}
	/* flows do not end because its site falls silent */
	if (change != STORE_PUT) {
		instance->facts.silent = true;
		instance->silent_ms = clock_monotonic_ms();
		facts_tell(facts, &instance->users);
		return;
	}
	before = *instance;
	json_incref(before.csid);
	if (!fact_read_instance(instance, entry->value))
		complain(facts, entry->key);
	else if (is_elsewhere(&before, instance))
		facts->reshaped(facts->ctx, instance);
	else if (memcmp(&before.facts, &instance->facts, sizeof(before.facts)))
		facts_tell(facts, &instance->users);
	json_decref(before.csid);
}

static void on_metric(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	const char *subject = strrchr(entry->key, '/');
	struct facts *facts = ctx;
	struct fact_instance *instance;

	if (subject && !strcmp(subject, "/host"))
		return;
	instance = instance_of(facts, entry->key);
	if (!instance ||
	    !fact_read_metric(instance, change == STORE_PUT ? entry->value :
							      NULL,
			      clock_monotonic_ms()))
		complain(facts, entry->key);
	else
		facts_tell(facts, &instance->users);
}

static bool is_used(const struct fact_users *users)
{
	uint32_t i;

	for (i = 0; i < users->count; i++)
		if (users->user[i].client->version == users->user[i].version)
			return true;
	return false;
}

static void free_instance(struct fact_instance *instance)
{
	json_decref(instance->csid);
	free(instance->users.user);
	free(instance);
}

/* First no service uses it any more, the next time nobody looks at it. */
void facts_sweep(struct facts *facts, uint64_t now_ms)
{
	struct fact_instance **at = &facts->instances, *instance;

	while ((instance = *at)) {
		if (instance->announced && instance->facts.silent &&
		    now_ms > instance->silent_ms + FACTS_FORGET_MS) {
			instance->announced = false;
			facts->reshaped(facts->ctx, instance);
		}
		if (instance->announced || instance->facts.sampled_ms ||
		    is_used(&instance->users)) {
			at = &instance->next;
			continue;
		}
		*at = instance->next;
		tdelete(instance, &facts->by_key, compare_instances);
		free_instance(instance);
	}
}

/* --- SR policies ---------------------------------------------------------- */

static int compare_policies(const void *a, const void *b)
{
	const struct fact_policy *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct fact_policy *facts_policy(struct facts *facts, const char *name)
{
	struct fact_policy wanted = {}, *policy, **found, **at;

	if (strlen(name) >= sizeof(wanted.name))
		return NULL;
	strcpy(wanted.name, name);
	found = tfind(&wanted, &facts->by_name, compare_policies);
	if (found)
		return *found;
	policy = malloc(sizeof(*policy));
	if (!policy)
		return NULL;
	*policy = wanted;
	policy->merged.policy = policy;
	fact_merge_paths(policy);
	if (!tsearch(policy, &facts->by_name, compare_policies)) {
		free(policy);
		return NULL;
	}
	/* by name: which of two equal ones is taken is not left to chance */
	for (at = &facts->policies; *at && strcmp((*at)->name, name) < 0;
	     at = &(*at)->next)
		;
	policy->next = *at;
	*at = policy;
	return policy;
}

struct fact_path *facts_path(struct fact_policy *policy, const char *ingress)
{
	struct fact_path *path;

	if (!*ingress)
		return &policy->merged;
	for (path = policy->paths; path; path = path->next)
		if (!strcmp(path->ingress, ingress))
			return path;
	return NULL;
}

static struct fact_path *path_of(struct facts *facts, const char *key)
{
	char site[FACT_NAME_MAX], name[FACT_NAME_MAX];
	struct fact_policy *policy;
	struct fact_path *path;

	if (!split(key, site, name))
		return NULL;
	policy = facts_policy(facts, name);
	path = policy ? facts_path(policy, site) : NULL;
	if (!policy || path)
		return path;
	path = calloc(1, sizeof(*path));
	if (!path)
		return NULL;
	path->policy = policy;
	strcpy(path->ingress, site);
	path->next = policy->paths;
	policy->paths = path;
	return path;
}

/* It says where the policy leads, unless the file does; true: that is new. */
static bool take_endpoint(struct fact_policy *policy, const json_t *record)
{
	const char *text = json_string_value(json_object_get(record,
							     "endpoint"));
	uint8_t endpoint[16];

	if (policy->configured || !text ||
	    inet_pton(AF_INET6, text, endpoint) != 1 ||
	    !memcmp(endpoint, policy->endpoint, 16))
		return false;
	memcpy(policy->endpoint, endpoint, 16);
	return true;
}

static void on_path(void *ctx, enum store_change change,
		    const struct store_entry *entry)
{
	const json_t *record = change == STORE_PUT ? entry->value : NULL;
	struct facts *facts = ctx;
	struct fact_path *path = path_of(facts, entry->key);
	bool known = path && path->known;

	if (!path || !fact_read_path(path, record)) {
		complain(facts, entry->key);
		return;
	}
	fact_merge_paths(path->policy);
	if (take_endpoint(path->policy, record) || path->known > known) {
		facts->reshaped(facts->ctx, NULL);
		return;
	}
	facts_tell(facts, &path->users);
	facts_tell(facts, &path->policy->merged.users);
}

/* --- all ------------------------------------------------------------------ */

static const struct {
	const char *prefix;
	store_watch_fn fn;
} kinds[] = {
	{ "instance/", on_instance },
	{ "metric/", on_metric },
	{ "path/", on_path },
};

/**
 * struct first_look - what there is already, as if it were put now
 * @facts: whose
 * @fn: of that kind
 */
struct first_look {
	struct facts *facts;
	store_watch_fn fn;
};

static int look(void *ctx, const struct store_entry *entry)
{
	struct first_look *first = ctx;

	first->fn(first->facts, STORE_PUT, entry);
	return 0;
}

int facts_open(struct facts *facts)
{
	struct first_look first = { .facts = facts };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		first.fn = kinds[i].fn;
		facts->watch[i] = store_watch(facts->store, kinds[i].prefix,
					      kinds[i].fn, facts);
		if (!facts->watch[i])
			return cats_error_kernel(ENOMEM, "ps");
		store_each(facts->store, kinds[i].prefix, look, &first);
	}
	return 0;
}

static void keep(void *node)
{
	(void)node;
}

static void free_policy(struct fact_policy *policy)
{
	struct fact_path *path;

	while ((path = policy->paths)) {
		policy->paths = path->next;
		free(path->users.user);
		free(path);
	}
	free(policy->merged.users.user);
	free(policy);
}

void facts_close(struct facts *facts)
{
	struct fact_instance *instance;
	struct fact_policy *policy;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		store_unwatch(facts->watch[i]);
	tdestroy(facts->by_key, keep);
	tdestroy(facts->by_name, keep);
	while ((instance = facts->instances)) {
		facts->instances = instance->next;
		free_instance(instance);
	}
	while ((policy = facts->policies)) {
		facts->policies = policy->next;
		free_policy(policy);
	}
}
