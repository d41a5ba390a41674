// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/owner.h"
#include "error.h"
#include "log.h"

#define LEASE_MS	6000
#define PERIOD_MS	1500

/**
 * struct cmas_owner - our part in it
 * @store: with the key
 * @name: ours
 * @address: ours
 * @timer: renews, or tries again
 * @watch: of the key
 * @lease: of the key
 * @revision: of the key, if it is ours
 * @trying: a transaction is on its way
 * @member: our name
 * @key: of it, in the store
 */
struct cmas_owner {
	struct store *store;
	const char *name;
	const char *address;
	struct event *timer;
	struct store_watch *watch;
	uint64_t lease;
	uint64_t revision;
	bool trying;
	struct name_claim *member;
	char key[sizeof(MEMBER_PREFIX) + 256];
};

static void lose(struct cmas_owner *owner, const char *why)
{
	if (owner->revision)
		catsd_log(LOG_WARNING, "cmas: no longer grants requests: %s",
			  why);
	owner->revision = 0;
	owner->lease = 0;
}

static void on_taken(void *ctx, int result, uint64_t revision)
{
	struct cmas_owner *owner = ctx;

	owner->trying = false;
	if (result) {
		owner->lease = 0;
		return;
	}
	owner->revision = revision;
	catsd_log(LOG_INFO, "cmas: grants requests from now on");
}

static bool is_free(struct cmas_owner *owner, struct store_compare *compare)
{
	const struct store_entry *entry = store_get(owner->store, OWNER_KEY);
	const char *name;

	compare->key = OWNER_KEY;
	compare->what = STORE_ABSENT;
	if (!entry)
		return true;
	name = json_string_value(json_object_get(entry->value, "name"));
	compare->what = STORE_IS_REVISION;
	compare->revision = entry->revision;
	/* it was we, before a crash, for the name is ours now */
	return name && !strcmp(name, owner->name);
}

static void try_to_take(struct cmas_owner *owner)
{
	struct store_compare compare = {};
	struct store_op op = { .key = OWNER_KEY };
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };

	if (owner->trying || !name_claim_lease(owner->member) ||
	    !is_free(owner, &compare))
		return;
	owner->lease = store_lease_grant(owner->store, LEASE_MS);
	op.lease = owner->lease;
	op.value = json_pack("{s:s, s:s}", "name", owner->name, "address",
			     owner->address);
	owner->trying = owner->lease && op.value;
	if (owner->trying && store_txn(owner->store, &txn, on_taken, owner))
		owner->trying = false;
	json_decref(op.value);
}

static void on_renewed(void *ctx, int result, uint64_t revision)
{
	struct cmas_owner *owner = ctx;

	(void)revision;
	if (result == -ENOENT)
		lose(owner, "its lease has ended");
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct cmas_owner *owner = ctx;

	(void)fd, (void)what;
	if (owner->revision)
		store_lease_renew(owner->store, owner->lease, on_renewed,
				  owner);
	else
		try_to_take(owner);
}

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	struct cmas_owner *owner = ctx;

	if (strcmp(entry->key, OWNER_KEY))
		return;
	if (change == STORE_PUT) {
		if (owner->revision && entry->revision != owner->revision)
			lose(owner, "another has taken it");
		return;
	}
	if (owner->revision)
		lose(owner, "its lease has ended");
	event_active(owner->timer, EV_TIMEOUT, 0);
}

/* Who has it now may grant: of two with one name neither is to believe it does. */
static void on_name(void *ctx)
{
	struct cmas_owner *owner = ctx;

	if (!name_claim_lease(owner->member) && owner->revision) {
		store_lease_revoke(owner->store, owner->lease, NULL, NULL);
		lose(owner, "its name is not its own any more");
	}
	event_active(owner->timer, EV_TIMEOUT, 0);
}

struct cmas_owner *cmas_owner_new(struct catsd *catsd, const char *name,
				  const char *address)
{
	const struct timeval period = { .tv_sec = PERIOD_MS / 1000,
					.tv_usec = PERIOD_MS % 1000 * 1000 };
	struct cmas_owner *owner = calloc(1, sizeof(*owner));
	struct name_claim_config config = {
		.section = "cmas", .name = name, .ttl_ms = LEASE_MS,
		.changed = on_name, .ctx = owner,
	};

	if (!owner)
		goto nomem;
	owner->store = catsd->store;
	owner->name = name;
	owner->address = address;
	owner->timer = event_new(catsd->base, -1, EV_PERSIST, on_timer, owner);
	owner->watch = store_watch(owner->store, OWNER_KEY, on_change, owner);
	if (!owner->timer || !owner->watch ||
	    event_add(owner->timer, &period))
		goto nomem;
	snprintf(owner->key, sizeof(owner->key), MEMBER_PREFIX "%s", name);
	config.key = owner->key;
	owner->member = name_claim_new(catsd->base, owner->store, &config);
	if (!owner->member)
		goto nomem;
	try_to_take(owner);
	return owner;
nomem:
	cmas_owner_free(owner);
	cats_error_kernel(ENOMEM, "cmas");
	return NULL;
}

void cmas_owner_free(struct cmas_owner *owner)
{
	if (!owner)
		return;
	store_unwatch(owner->watch);
	if (owner->timer)
		event_free(owner->timer);
	if (owner->revision)
		store_lease_revoke(owner->store, owner->lease, NULL, NULL);
	name_claim_free(owner->member);
	free(owner);
}

uint64_t cmas_owner_revision(const struct cmas_owner *owner)
{
	return owner->revision;
}

const struct name_claim *cmas_owner_name(const struct cmas_owner *owner)
{
	return owner->member;
}

const char *cmas_owner_address(struct cmas_owner *owner)
{
	const struct store_entry *entry = store_get(owner->store, OWNER_KEY);
	const char *address;

	address = entry ? json_string_value(json_object_get(entry->value,
							    "address")) : NULL;
	return address ? address : "";
}
