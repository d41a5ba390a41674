/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the C-PS knows of instances and SR policies: the records below
 * instance/, metric/ and path/ of the store, as numbers.  A record that is not
 * right is counted and changes nothing.
 */
#ifndef CATSD_PS_FACTS_H
#define CATSD_PS_FACTS_H

#include <jansson.h>

#include "log.h"
#include "ps/select/select.h"
#include "store.h"

#define FACT_NAME_MAX	64

/** FACTS_FORGET_MS - an instance whose site is silent for so long is no more */
#define FACTS_FORGET_MS	600000

/**
 * struct fact_client - one that selects by facts
 * @version: changes when it uses others than before
 */
struct fact_client {
	uint32_t version;
};

/**
 * struct fact_users - who has to select anew when a fact changes
 * @user: clients; one whose version is another than when it was noted does not
 *	use the fact any more, and is dropped when that is noticed
 * @count: of @user
 * @room: of @user
 */
struct fact_users {
	struct fact_user {
		struct fact_client *client;
		uint32_t version;
	} *user;
	uint32_t count;
	uint32_t room;
};

/**
 * struct fact_instance - an instance, as its site and its C-SMA have it
 * @next: list of all
 * @site: that has it
 * @name: CSCI-ID as text
 * @facts: for the selection
 * @announced: there is a record below instance/, or was and it is silent now
 * @silent_ms: since when it is silent, CLOCK_MONOTONIC
 * @vrf: VRF-ID of its clients
 * @csid: CS-IDs, an array of texts
 * @sid: service SID of the egress
 * @endpoint: address of the egress
 * @users: services
 */
struct fact_instance {
	struct fact_instance *next;
	char site[FACT_NAME_MAX];
	char name[FACT_NAME_MAX];
	struct select_instance facts;
	bool announced;
	uint64_t silent_ms;
	uint32_t vrf;
	json_t *csid;
	uint8_t sid[16];
	uint8_t endpoint[16];
	struct fact_users users;
};

/**
 * struct fact_path - an SR policy at an ingress
 * @next: same policy, other ingress
 * @policy: of which it is
 * @ingress: site of the C-NMA that measured it; "" for all of them
 * @facts: for the selection
 * @known: there is a record
 * @users: services
 */
struct fact_path {
	struct fact_path *next;
	struct fact_policy *policy;
	char ingress[FACT_NAME_MAX];
	struct select_path facts;
	bool known;
	struct fact_users users;
};

/**
 * struct fact_policy - an SR policy
 * @next: list of all
 * @name: of it
 * @endpoint: where it leads
 * @configured: the file names it
 * @merged: of all ingresses: the worst of each; down if it is down everywhere
 * @paths: by ingress
 */
struct fact_policy {
	struct fact_policy *next;
	char name[FACT_NAME_MAX];
	uint8_t endpoint[16];
	bool configured;
	struct fact_path merged;
	struct fact_path *paths;
};

/**
 * struct facts - all of it
 * @store: where from
 * @changed: is called for each client that uses a fact that changed
 * @reshaped: is called when there are others: @instance is the one, or NULL for
 *	a policy
 * @ctx: for them
 * @instances: list
 * @policies: list
 * @by_key: search tree of instances
 * @by_name: search tree of policies
 * @watch: of the three kinds
 * @malformed: records that were not right
 * @limit: of the line about these
 */
struct facts {
	struct store *store;
	void (*changed)(void *ctx, struct fact_client *client);
	void (*reshaped)(void *ctx, struct fact_instance *instance);
	void *ctx;
	struct fact_instance *instances;
	struct fact_policy *policies;
	void *by_key;
	void *by_name;
	struct store_watch *watch[3];
	uint64_t malformed;
	struct log_limit limit;
};

/**
 * facts_open - read what there is, and go on watching
 * @facts: all 0 but @store, @changed, @reshaped and @ctx
 *
 * Return: 0 or -ENOMEM with a message.
 */
int facts_open(struct facts *facts);
/** facts_close - in any state. */
void facts_close(struct facts *facts);

/** facts_sweep - forget who has been silent for long; now and then. */
void facts_sweep(struct facts *facts, uint64_t now_ms);

/** facts_instance - by site and CSCI-ID, NULL if nothing is known. */
struct fact_instance *facts_instance(struct facts *facts, const char *site,
				     const uint8_t *id);

/** facts_policy - by name, made if need be; NULL: no memory. */
struct fact_policy *facts_policy(struct facts *facts, const char *name);

/** facts_path - of a policy at an ingress, NULL if nothing is known. */
struct fact_path *facts_path(struct fact_policy *policy, const char *ingress);

/** fact_use - @client has to know when the fact changes; -ENOMEM. */
int fact_use(struct fact_users *users, struct fact_client *client);
/** facts_tell - call @changed for all of them. */
void facts_tell(struct facts *facts, struct fact_users *users);

/** facts_number - a member that is a number, else NAN. */
double facts_number(const json_t *object, const char *key);

/* facts_read.c: records to numbers; false: not right, and nothing is changed */

/** fact_read_instance - instance/SITE/CSCI-ID */
bool fact_read_instance(struct fact_instance *instance, const json_t *record);
/** fact_read_metric - metric/SITE/CSCI-ID, NULL when it is gone */
bool fact_read_metric(struct fact_instance *instance, const json_t *record,
		      uint64_t now_ms);
/** fact_read_path - path/SITE/POLICY, NULL when it is gone */
bool fact_read_path(struct fact_path *path, const json_t *record);
/** fact_merge_paths - what is known of a policy at all ingresses */
void fact_merge_paths(struct fact_policy *policy);

#endif /* CATSD_PS_FACTS_H */
