// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "name_claim.h"
#include "process.h"

/* a lease ends up to a second late, and is heard of a moment after that */
#define LATE_MS	2000

/**
 * struct name_claim - our part in it
 * @config: who we are
 * @store: with the key
 * @value: of the key
 * @beat: renews, or tries again
 * @watch: of the key
 * @lease: of the key, if it is ours
 * @asked: lease of a try that is on its way; 0: none is
 * @revision: of our key
 * @other: revision of another's key
 * @since_ms: @other was there; CLOCK_MONOTONIC
 * @is_namesake: and is more than what a dead one left
 * @namesakes: so far
 * @limit: of the lines about it
 */
struct name_claim {
	struct name_claim_config config;
	struct store *store;
	json_t *value;
	struct event *beat;
	struct store_watch *watch;
	uint64_t lease;
	uint64_t asked;
	uint64_t revision;
	uint64_t other;
	uint64_t since_ms;
	bool is_namesake;
	uint64_t namesakes;
	struct log_limit limit;
};

static void lose(struct name_claim *claim)
{
	if (!claim->lease)
		return;
	catsd_log(LOG_WARNING, "%s: the lease on the name \"%s\" has ended: what was ours others may have",
		  claim->config.section, claim->config.name);
	claim->lease = 0;
	claim->config.changed(claim->config.ctx);
}

static void on_taken(void *ctx, int result, uint64_t revision)
{
	struct name_claim *claim = ctx;

	if (!result) {
		claim->lease = claim->asked;
		claim->revision = revision;
		claim->other = 0;
		claim->is_namesake = false;
	}
	claim->asked = 0;
	if (!result)
		claim->config.changed(claim->config.ctx);
	else if (result == -ECANCELED)
		name_claim_doubt(claim);
}

/* Is it alive, and will not go by itself? */
static void look_at_other(struct name_claim *claim,
			  const struct store_entry *entry,
			  enum process_life life)
{
	uint64_t now = clock_monotonic_ms();

	if (claim->other != entry->revision ||
	    !store_is_current(claim->store)) {
		claim->other = entry->revision;
		claim->since_ms = now;
		claim->is_namesake = false;
	}
	if (life != PROCESS_ALIVE &&
	    now - claim->since_ms < claim->config.ttl_ms + LATE_MS)
		return;
	if (!claim->is_namesake)
		claim->namesakes++;
	claim->is_namesake = true;
	catsd_log_limited(&claim->limit, LOG_ERR,
			  "%s: another one with the name \"%s\" runs on this store: this one does nothing until it ends",
			  claim->config.section, claim->config.name);
}

static void try_to_take(struct name_claim *claim)
{
	const struct store_entry *entry = store_get(claim->store,
						    claim->config.key);
	const struct store_compare compare = {
		entry ? STORE_IS_REVISION : STORE_ABSENT, claim->config.key,
		entry ? entry->revision : 0,
	};
	enum process_life life = PROCESS_OVER;
	struct store_op op = { .key = claim->config.key,
			       .value = claim->value };
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };

	if (entry)
		life = process_life(json_object_get(entry->value, "process"));
	if (life != PROCESS_OVER && life != PROCESS_OURS) {
		look_at_other(claim, entry, life);
		return;
	}
	claim->asked = store_lease_grant(claim->store, claim->config.ttl_ms);
	op.lease = claim->asked;
	if (claim->asked && store_txn(claim->store, &txn, on_taken, claim))
		claim->asked = 0;
}

static void on_renewed(void *ctx, int result, uint64_t revision)
{
	(void)revision;
	if (result == -ENOENT)
		lose(ctx);
}

static void on_beat(evutil_socket_t fd, short what, void *ctx)
{
	struct name_claim *claim = ctx;
	const struct store_entry *entry;

	(void)fd, (void)what;
	entry = store_get(claim->store, claim->config.key);
	/* what the store says has the last word */
	if (claim->lease && store_is_current(claim->store) &&
	    (!entry || entry->revision != claim->revision))
		lose(claim);
	if (claim->lease)
		store_lease_renew(claim->store, claim->lease, on_renewed,
				  claim);
	else if (!claim->asked)
		try_to_take(claim);
}

static void on_change(void *ctx, enum store_change change,
		      const struct store_entry *entry)
{
	struct name_claim *claim = ctx;

	/* the answer comes */
	if (claim->asked || strcmp(entry->key, claim->config.key))
		return;
	if (change != STORE_PUT || entry->revision != claim->revision)
		name_claim_doubt(claim);
}

struct name_claim *name_claim_new(struct event_base *base, struct store *store,
				  const struct name_claim_config *config)
{
	struct name_claim *claim = calloc(1, sizeof(*claim));
	uint32_t beat = config->ttl_ms / 3;
	const struct timeval period = { beat / 1000, beat % 1000 * 1000 };
	json_t *process = process_self();

	if (!claim)
		goto nomem;
	claim->config = *config;
	claim->store = store;
	claim->value = json_pack("{s:s, s:O}", "writer", config->name,
				 "process", process);
	claim->beat = event_new(base, -1, EV_PERSIST, on_beat, claim);
	claim->watch = store_watch(store, config->key, on_change, claim);
	if (!claim->value || !claim->beat || !claim->watch ||
	    event_add(claim->beat, &period))
		goto nomem;
	json_decref(process);
	try_to_take(claim);
	return claim;
nomem:
	json_decref(process);
	name_claim_free(claim);
	return NULL;
}

void name_claim_free(struct name_claim *claim)
{
	if (!claim)
		return;
	store_unwatch(claim->watch);
	if (claim->beat)
		event_free(claim->beat);
	if (claim->lease)
		store_lease_revoke(claim->store, claim->lease, NULL, NULL);
	json_decref(claim->value);
	free(claim);
}

uint64_t name_claim_lease(const struct name_claim *claim)
{
	return claim ? claim->lease : 0;
}

void name_claim_doubt(struct name_claim *claim)
{
	event_active(claim->beat, EV_TIMEOUT, 0);
}

const char *name_claim_state(const struct name_claim *claim)
{
	if (claim->lease)
		return "ours";
	return claim->is_namesake ? "namesake" : "waiting";
}

uint64_t name_claim_namesakes(const struct name_claim *claim)
{
	return claim->namesakes;
}
