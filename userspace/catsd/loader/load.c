// SPDX-License-Identifier: GPL-2.0-or-later
/* Decisions of the store, one after the other, into the maps. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "error.h"
#include "loader/loader.h"
#include "mapped.h"
#include "policy.h"
#include "underlay.h"

/* services a turn of the loop, and a hold of the lock, which others want */
#define LOAD_MAX	64

void loader_note(void *ctx, enum store_change change,
		 const struct store_entry *entry)
{
	struct loader *loader = ctx;
	struct load_target *target;
	uint8_t csid[16];
	char ingress[64];
	uint32_t vrf;

	if (decision_key_parse(entry->key, &vrf, csid, ingress)) {
		loader->count[LOAD_MALFORMED]++;
		catsd_log_limited(&loader->limit, LOG_WARNING,
				  "loader: %s: %s", entry->key,
				  cats_error_message());
		return;
	}
	if (*ingress && strcmp(ingress, loader->ingress))
		return;
	target = load_target(&loader->targets, vrf, csid);
	if (!target)
		return;
	target->deleted = change != STORE_PUT;
	load_target_want(&loader->targets, target);
	event_active(loader->run, EV_TIMEOUT, 0);
}

static int read_decision(struct loader *loader,
			 const struct load_target *target,
			 const struct store_entry *entry)
{
	struct decision *decision = &loader->decision;
	int ret = decision_parse(entry->value, decision);

	if (!ret && (decision->vrf != target->vrf ||
		     memcmp(decision->csid, target->csid, 16)))
		ret = cats_error(EINVAL, "the record is about another service than its key");
	return ret;
}

static void note_drift(struct loader *loader, const struct load_target *target)
{
	char csid[INET6_ADDRSTRLEN];

	loader->drifted++;
	catsd_log_limited(&loader->limit, LOG_NOTICE,
			  "loader: %s vrf %u: another writer had changed the route; it is as decided again",
			  mapped_text(target->csid, csid), target->vrf);
}

static enum load_result load_one(struct loader *loader,
				 struct load_target *target,
				 struct drain *drain)
{
	struct cats_forwarder *f = &loader->forwarder;
	const struct store_entry *entry;
	uint64_t sequence = target->sequence;
	enum load_result result;
	bool other;

	entry = decision_in_force(loader->store, target->vrf, target->csid,
				  loader->ingress);
	if (!entry && target->deleted)
		return load_withdraw(f, target);
	if (!entry)
		return LOAD_UNCHANGED;
	if (read_decision(loader, target, entry))
		return LOAD_MALFORMED;
	other = target->generation &&
		target->generation != load_generation(f, target);
	result = load_apply(f, target, &loader->decision,
			    drain ? drain_busy : NULL, drain);
	if (result == LOAD_APPLIED && other && sequence == target->sequence)
		note_drift(loader, target);
	return result;
}

static void note_result(struct loader *loader, struct load_target *target,
			enum load_result result)
{
	bool refused = result > LOAD_UNCHANGED;
	bool again = refused && target->result == result;
	char csid[INET6_ADDRSTRLEN];

	target->result = result;
	snprintf(target->why, sizeof(target->why), "%s",
		 refused ? cats_error_message() : "");
	/* what is tried again every second is one refusal */
	if (again)
		return;
	loader->count[result]++;
	if (refused)
		catsd_log_limited(&loader->limit, LOG_WARNING,
				  "loader: %s vrf %u: %s: %s; the last good route stays",
				  mapped_text(target->csid, csid), target->vrf,
				  load_result_name(result), target->why);
}

static int open_maps(struct loader *loader)
{
	struct cats_forwarder *f = &loader->forwarder;
	int ret = cats_forwarder_open(f, false);

	if (ret)
		return ret;
	loader->opened = true;
	f->underlay = cats_underlay_open();
	if (!f->underlay)
		return -EIO;
	/* rtnetlink tells us when they have answered */
	cats_underlay_hurry(f->underlay);
	return drift_watch(&loader->drift, f->place.lock);
}

/*
 * The tables may have been removed with their last entry, and made anew.  Where
 * there are none there is no SR policy to make a route with: -ENOENT.
 */
static int begin(struct loader *loader)
{
	struct load_target *target;
	int ret;

	if (loader->opened) {
		ret = cats_write_begin(&loader->forwarder);
		if (ret != -ESTALE)
			return ret;
		cats_forwarder_close(&loader->forwarder);
		loader->opened = false;
		for (target = loader->targets.first; target;
		     target = target->next)
			load_target_want(&loader->targets, target);
	}
	ret = open_maps(loader);
	return ret ? ret : cats_write_begin(&loader->forwarder);
}

static void end(struct loader *loader)
{
	struct cats_forwarder *f = &loader->forwarder;

	loader->generation = f->control->generation;
	if (f->control->resting && grace_want(&loader->grace))
		loader->graced = loader->generation;
	cats_remove_if_empty(f);
	cats_end(f);
}

static bool can_begin(struct loader *loader)
{
	struct load_target *target;
	int ret = begin(loader);

	if (!ret)
		return true;
	if (ret == -ENOENT) {
		cats_error(ENOENT, "there is no SR policy here");
		while ((target = load_target_take(&loader->targets)))
			note_result(loader, target, LOAD_NO_POLICY);
		return false;
	}
	loader->troubles++;
	catsd_log_limited(&loader->limit, LOG_ERR, "loader: %s",
			  cats_error_message());
	return false;
}

void loader_load(struct loader *loader, bool drained)
{
	uint32_t left = drained ? UINT32_MAX : LOAD_MAX;
	struct drain drain = {};
	struct load_target *target;

	if (!loader->targets.dirty || !can_begin(loader))
		return;
	drained = drained && !drain_count(&drain, &loader->forwarder);
	while (left-- && (target = load_target_take(&loader->targets)))
		note_result(loader, target,
			    load_one(loader, target, drained ? &drain : NULL));
	drain_free(&drain);
	end(loader);
	if (loader->targets.dirty)
		event_active(loader->run, EV_TIMEOUT, 0);
}

void loader_follow(struct loader *loader)
{
	struct cats_forwarder *f = &loader->forwarder;
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX, changed = 0;

	if (!loader->opened || !can_begin(loader))
		return;
	while ((policy = cats_table_each(&f->policy, &id))) {
		if (!policy->used || !cats_policy_follow(f, id, &changed))
			continue;
		loader->unreached++;
		catsd_log_limited(&loader->follow_limit, LOG_WARNING,
				  "loader: policy %s: %s; its headers stay as they are",
				  policy->name, cats_error_message());
	}
	loader->followed += changed;
	end(loader);
}

void loader_rest(struct loader *loader)
{
	struct cats_forwarder *f = &loader->forwarder;

	if (!loader->opened || !can_begin(loader))
		return;
	/* what was changed since is waited for in its turn, by end() */
	if (f->control->generation == loader->graced)
		cats_grace_passed(f);
	end(loader);
}
