/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who decides what, where several C-PS share a store: services are spread over
 * shards, and a shard is its owner's for as long as its lease lives.  What one
 * decides is written only if the shard still is its own: one that was cut off
 * and comes back overwrites nothing.
 */
#ifndef CATSD_PS_CLAIM_H
#define CATSD_PS_CLAIM_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "name_claim.h"
#include "store.h"

/** PS_SHARDS - of all services; fewer than STORE_OPS_MAX */
#define PS_SHARDS	64

/**
 * struct ps_claim - one shard
 * @key: of the store
 * @revision: of its record, if it is ours; else 0
 */
struct ps_claim {
	char key[32];
	uint64_t revision;
};

/**
 * struct ps_claims - all
 * @store: where they are
 * @name: of this C-PS
 * @ttl_ms: of the lease
 * @taken: is called for a shard that is ours from now on
 * @ctx: for @taken
 * @member: our name, under whose lease they are
 * @key: of it, in the store
 * @asked: an answer is waited for
 * @tick: looks what is to be done
 * @beat: the same now and then, whatever was missed
 * @watch: of the claims of others
 * @members: C-PS there are
 * @own: shards that are ours
 * @lost: shards that went without our doing
 * @claim: by number
 */
struct ps_claims {
	struct store *store;
	const char *name;
	uint32_t ttl_ms;
	void (*taken)(void *ctx, uint32_t shard);
	void *ctx;
	struct name_claim *member;
	char key[128];
	bool asked;
	struct event *tick;
	struct event *beat;
	struct store_watch *watch;
	uint32_t members;
	uint32_t own;
	uint64_t lost;
	struct ps_claim claim[PS_SHARDS];
};

/** ps_shard_of - of a key of a decision */
uint32_t ps_shard_of(const char *key);

/**
 * ps_claims_open - claim our part
 * @claims: all 0 but @store, @name, @ttl_ms, @taken and @ctx
 *
 * Return: 0 or -ENOMEM with a message.
 */
int ps_claims_open(struct ps_claims *claims, struct event_base *base);
/** ps_claims_close - others may have them; in any state. */
void ps_claims_close(struct ps_claims *claims);

/** ps_claims_compare - what a decision depends on; false: not ours to make */
bool ps_claims_compare(const struct ps_claims *claims, uint32_t shard,
		       struct store_compare *compare);

/** ps_claims_doubt - a write was refused: look whose they are. */
void ps_claims_doubt(struct ps_claims *claims);

#endif /* CATSD_PS_CLAIM_H */
