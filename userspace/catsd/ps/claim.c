// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "ps/claim.h"

#define MEMBER_PREFIX	"ps/member/"
#define SHARD_PREFIX	"ps/shard/"

uint32_t ps_shard_of(const char *key)
{
	/* FNV-1a: the same for every C-PS */
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *key; key++)
		hash = (hash ^ (uint8_t)*key) * 0x100000001b3ULL;
	return (hash >> 32) % PS_SHARDS;
}

static const char *owner(const struct store_entry *entry)
{
	const char *name;

	name = json_string_value(json_object_get(entry->value, "writer"));
	return name ? name : "";
}

static int count_member(void *ctx, const struct store_entry *entry)
{
	struct ps_claims *claims = ctx;

	(void)entry;
	claims->members++;
	return 0;
}

/* What the store says is ours: it has the last word. */
static void look(struct ps_claims *claims)
{
	const struct store_entry *entry;
	uint64_t lease = name_claim_lease(claims->member);
	struct ps_claim *claim;
	bool ours;
	uint32_t i;

	claims->members = 0;
	store_each(claims->store, MEMBER_PREFIX, count_member, claims);
	for (i = 0; i < PS_SHARDS; i++) {
		claim = &claims->claim[i];
		entry = store_get(claims->store, claim->key);
		ours = entry && lease && entry->lease == lease;
		if (claim->revision && !ours) {
			claim->revision = 0;
			claims->own--;
			claims->lost++;
		} else if (ours && claim->revision != entry->revision) {
			/* perhaps after it was another's meanwhile */
			claims->own += !claim->revision;
			claim->revision = entry->revision;
			claims->taken(claims->ctx, i);
		}
	}
}

static void soon(struct ps_claims *claims)
{
	event_active(claims->tick, EV_TIMEOUT, 0);
}

static void on_claimed(void *ctx, int result, uint64_t revision)
{
	struct ps_claims *claims = ctx;

	(void)revision;
	claims->asked = false;
	if (result == -ENOENT)
		name_claim_doubt(claims->member);
	if (result != -EIO)
		soon(claims);
}

/* Equal parts, rounded up: no shard is left to nobody. */
static uint32_t fair(const struct ps_claims *claims)
{
	return claims->members ? (PS_SHARDS + claims->members - 1) /
					 claims->members : 0;
}

/**
 * struct wish - a transaction in the making
 * @compare: what has to be as it is
 * @op: what is to be
 * @ops: of both
 */
struct wish {
	struct store_compare compare[STORE_OPS_MAX];
	struct store_op op[STORE_OPS_MAX];
	size_t ops;
};

static void wish_for(struct wish *wish, const struct ps_claim *claim,
		     const struct store_entry *entry, struct store_op op)
{
	op.key = claim->key;
	wish->compare[wish->ops] = (struct store_compare){
		.what = entry ? STORE_IS_REVISION : STORE_ABSENT,
		.key = claim->key,
		.revision = entry ? entry->revision : 0,
	};
	wish->op[wish->ops++] = op;
}

/* Those nobody has, and those a process of our name left: up to our part. */
static void wish_more(struct ps_claims *claims, struct wish *wish, json_t *us)
{
	const struct store_op put = {
		.value = us, .lease = name_claim_lease(claims->member),
	};
	const struct store_entry *entry;
	uint32_t i, own = claims->own;

	for (i = 0; i < PS_SHARDS && own < fair(claims); i++) {
		entry = store_get(claims->store, claims->claim[i].key);
		if (claims->claim[i].revision ||
		    (entry && strcmp(owner(entry), claims->name)))
			continue;
		wish_for(wish, &claims->claim[i], entry, put);
		own++;
	}
}

/* A newcomer gets its part from those that have more. */
static void wish_fewer(struct ps_claims *claims, struct wish *wish)
{
	const struct store_op drop = {};
	uint32_t i, own = claims->own;

	for (i = PS_SHARDS; i-- && own > fair(claims);) {
		if (!claims->claim[i].revision)
			continue;
		wish_for(wish, &claims->claim[i],
			 store_get(claims->store, claims->claim[i].key), drop);
		own--;
	}
}

static void balance(struct ps_claims *claims)
{
	static struct wish wish;
	struct store_txn txn;
	json_t *us = json_pack("{s:s}", "writer", claims->name);

	wish.ops = 0;
	if (us && claims->own < fair(claims))
		wish_more(claims, &wish, us);
	else if (us)
		wish_fewer(claims, &wish);
	txn = (struct store_txn){ .compare = wish.compare,
				  .compares = wish.ops, .op = wish.op,
				  .ops = wish.ops };
	claims->asked = true;
	if (!wish.ops || store_txn(claims->store, &txn, on_claimed, claims))
		claims->asked = false;
	json_decref(us);
}

/* Without our name we have nothing: others may have it. */
static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct ps_claims *claims = ctx;

	(void)fd, (void)what;
	if (claims->asked)
		return;
	look(claims);
	if (name_claim_lease(claims->member))
		balance(claims);
}

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	(void)change, (void)entry;
	soon(ctx);
}

static void on_name(void *ctx)
{
	soon(ctx);
}

int ps_claims_open(struct ps_claims *claims, struct event_base *base)
{
	uint32_t beat = claims->ttl_ms / 3, i;
	const struct timeval period = { beat / 1000, beat % 1000 * 1000 };
	const struct name_claim_config config = {
		.section = "ps", .key = claims->key, .name = claims->name,
		.ttl_ms = claims->ttl_ms, .changed = on_name, .ctx = claims,
	};

	for (i = 0; i < PS_SHARDS; i++)
		snprintf(claims->claim[i].key, sizeof(claims->claim[i].key),
			 SHARD_PREFIX "%02u", i);
	snprintf(claims->key, sizeof(claims->key), MEMBER_PREFIX "%s",
		 claims->name);
	claims->watch = store_watch(claims->store, "ps/", on_change, claims);
	claims->tick = event_new(base, -1, 0, on_tick, claims);
	claims->beat = event_new(base, -1, EV_PERSIST, on_tick, claims);
	if (!claims->watch || !claims->tick || !claims->beat ||
	    event_add(claims->beat, &period))
		return cats_error_kernel(ENOMEM, "ps");
	claims->member = name_claim_new(base, claims->store, &config);
	if (!claims->member)
		return cats_error_kernel(ENOMEM, "ps");
	on_tick(-1, 0, claims);
	return 0;
}

void ps_claims_close(struct ps_claims *claims)
{
	store_unwatch(claims->watch);
	if (claims->tick)
		event_free(claims->tick);
	if (claims->beat)
		event_free(claims->beat);
	name_claim_free(claims->member);
}

bool ps_claims_compare(const struct ps_claims *claims, uint32_t shard,
		       struct store_compare *compare)
{
	const struct ps_claim *claim = &claims->claim[shard];

	*compare = (struct store_compare){
		.what = STORE_IS_REVISION,
		.key = claim->key,
		.revision = claim->revision,
	};
	return claim->revision;
}

void ps_claims_doubt(struct ps_claims *claims)
{
	soon(claims);
}
