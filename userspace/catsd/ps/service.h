/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services the C-PS selects for: their candidates, made of facts, and what
 * was decided.
 */
#ifndef CATSD_PS_SERVICE_H
#define CATSD_PS_SERVICE_H

#include "decision.h"
#include "ps/config.h"
#include "ps/facts.h"
#include "ps/select/select.h"

struct ps_decider;

/**
 * struct ps_names - what a candidate is made of
 * @instance: of it
 * @policy: of it
 * @was_serving: before the last selection
 * @guided: what the selection is told of @instance instead of its own facts,
 *	where another C-PS guides this one; that of the first candidate of an
 *	instance is for all of them
 */
struct ps_names {
	struct fact_instance *instance;
	struct fact_policy *policy;
	bool was_serving;
	struct select_instance guided;
};

/**
 * struct ps_target - a CS-ID of a VRF
 * @csid: CS-ID, IPv4-mapped
 * @vrf: VRF-ID
 * @member: its instances, in order of CSCI-ID and site
 * @members: length of @member
 * @room: of @member
 * @services: of it, by ingress
 */
struct ps_target {
	uint8_t csid[16];
	uint32_t vrf;
	struct fact_instance **member;
	uint32_t members;
	uint32_t room;
	struct ps_service *services;
};

/**
 * struct ps_service - a CS-ID of a VRF for one ingress, or all
 * @client: of the facts; first
 * @decider: whose it is
 * @sibling: of the same target
 * @target: of it
 * @config: of it
 * @select: how it is selected
 * @ingress: whose paths count; "": all
 * @key: of its decision
 * @shard: of the claims
 * @candidate: all
 * @names: of @candidate
 * @candidates: length of both
 * @memory: of the selection
 * @report: of the last one
 * @reason: enum select_change of the decision in force
 * @sequence: of that
 * @changes: decisions made here, by enum select_change; of same and held,
 *	selections without one
 * @dirty: on the list of those to be selected anew
 * @reshape: its candidates are others
 * @urgent: what it is made of is gone: decide anew, whatever it is worth
 * @unwritten: the store has not got the decision
 * @claimed: it has been read how it was decided before
 * @guide: revision of the decision this one was last guided by; 0: none
 * @hold_ms: no decision before, CLOCK_MONOTONIC; 0: no candidate so far
 * @ran_ms: last selection, CLOCK_MONOTONIC
 */
struct ps_service {
	struct fact_client client;
	struct ps_decider *decider;
	struct ps_service *sibling;
	struct ps_target *target;
	const struct ps_service_config *config;
	struct select_service select;
	const char *ingress;
	char key[160];
	uint32_t shard;
	struct select_candidate *candidate;
	struct ps_names *names;
	uint32_t candidates;
	struct select_memory memory;
	struct select_report report;
	enum select_change reason;
	uint64_t sequence;
	uint64_t changes[SELECT_CHANGE_COUNT];
	bool dirty;
	bool reshape;
	bool urgent;
	bool unwritten;
	bool claimed;
	uint64_t guide;
	uint64_t hold_ms;
	uint64_t ran_ms;
};

/**
 * struct ps_services - all
 * @service: them
 * @count: how many
 * @target: what they are for
 * @targets: how many
 * @by_csid: search tree of targets
 */
struct ps_services {
	struct ps_service *service;
	uint32_t count;
	struct ps_target *target;
	uint32_t targets;
	void *by_csid;
};

/**
 * ps_services_make - from the section
 * @services: all 0
 * @config: as checked
 * @ingress: sites decided for
 * @ingresses: how many, at least 1
 *
 * Return: 0 or -ENOMEM with a message; ps_services_free() in any case.
 */
int ps_services_make(struct ps_services *services,
		     const struct ps_config *config, char *const *ingress,
		     uint32_t ingresses);
/** ps_services_free - in any state. */
void ps_services_free(struct ps_services *services);

/** ps_target_find - NULL if nothing is configured for that CS-ID. */
struct ps_target *ps_target_find(const struct ps_services *services,
				 uint32_t vrf, const uint8_t *csid);

/** ps_target_add - a member, if it is none yet; -ENOMEM. */
int ps_target_add(struct ps_target *target, struct fact_instance *instance);

/**
 * ps_service_reshape - make its candidates anew; what they remember goes on
 *
 * Return: 0 or -ENOMEM with a message; then it has those it had.
 */
int ps_service_reshape(struct ps_service *service, struct facts *facts);

/** ps_service_run - select; notes who was serving before. */
enum select_change ps_service_run(struct ps_service *service, uint64_t now_ms);

/* guide.c */

/**
 * ps_service_guide - go by what another C-PS decided for all ingresses
 * @entry: its decision; NULL: there is none, and everything is decided here
 *
 * RFC 10053 5.3, hybrid: what changes all the time goes to the other one, what
 * is known at this ingress - paths, costs, states - counts here.  The weights
 * of the other take the place of capacity, load and score.
 */
void ps_service_guide(struct ps_service *service,
		      const struct store_entry *entry);

/* record.c: decisions as records of the store */

/** ps_record_make - of what is decided, NULL: no memory */
json_t *ps_record_make(const struct ps_service *service, const char *writer);
/**
 * ps_record_is_as_configured - does a record say of the route, and of the policy,
 *	what the file says now?
 */
bool ps_record_is_as_configured(const struct ps_service *service,
				const json_t *record);
/** ps_record_restore - go on with what was decided; false: not quite. */
bool ps_record_restore(struct ps_service *service, const json_t *record);

/* explain.c */

/** ps_explain - a service and, if wanted, why each candidate; a new object */
json_t *ps_explain(const struct ps_service *service, bool candidates);

#endif /* CATSD_PS_SERVICE_H */
