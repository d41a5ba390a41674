/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole service table (draft-zhangb-cats-cmas-01, section 5): the models of
 * all sites, computing time, network delay, and what is reserved.  It is made
 * of what the store has, as it changes.
 *
 * What is used of a row is the sum of the reservations there are, never a
 * counter of its own: a reservation that is gone, by whatever way, uses
 * nothing.
 */
#ifndef CATSD_CMAS_TABLE_H
#define CATSD_CMAS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/member.h"
#include "cmas/delay.h"
#include "cmas_select.h"
#include "store.h"

#define RESERVATION_PREFIX	"cmas/reservation/"
#define RESERVATION_ID_LEN	32	/* hexadecimal digits */

struct cmas_table;
struct cmas_service;

/**
 * struct cmas_entry - a row
 * @service: of which
 * @site: whose
 * @csci: CSCI-ID, IPv4-mapped
 * @endpoint: of its egress; 0: not known
 * @own_endpoint: the model says so, which counts more than instance/ does
 * @offered: it is in the model of the site
 * @shadowed: another site had that CSCI-ID before: it is not used
 * @model_gas: slots of the model
 * @cost: of one
 * @computing_us: as the site says; CMAS_DELAY_UNKNOWN
 * @active: slots whose tunnels are set up
 * @held: slots that were granted, and wait for theirs
 * @pending: slots of grants that the store does not have yet
 * @since: revision of the model it came with first
 * @declared_us: computing time of its record instance/; CMAS_DELAY_UNKNOWN
 * @measured_us: response time as C-SMA measured it; CMAS_DELAY_UNKNOWN
 * @is_up: the instance takes new flows, as far as is known
 */
struct cmas_entry {
	struct cmas_service *service;
	char site[API_NAME_MAX + 1];
	uint8_t csci[16];
	uint8_t endpoint[16];
	bool own_endpoint;
	bool offered;
	bool shadowed;
	uint32_t model_gas;
	uint64_t cost;
	uint64_t computing_us;
	uint64_t active;
	uint64_t held;
	uint64_t pending;
	uint64_t since;
	uint64_t declared_us;
	uint64_t measured_us;
	bool is_up;
};

/**
 * struct cmas_service - rows of one service
 * @id: of it
 * @catalogue_us: computing time of the catalogue; CMAS_DELAY_UNKNOWN
 * @entry: rows
 * @count: of them
 */
struct cmas_service {
	char id[API_NAME_MAX + 1];
	uint64_t catalogue_us;
	struct cmas_entry **entry;
	size_t count;
};

/** cmas_table_new - from what @store has; NULL with a message. */
struct cmas_table *cmas_table_new(struct store *store,
				  const uint32_t *assume_network_us);
/** cmas_table_free - NULL is fine. */
void cmas_table_free(struct cmas_table *table);

/** cmas_table_service - NULL if no site ever offered it */
struct cmas_service *cmas_table_service(struct cmas_table *table,
					const char *id);

/** cmas_table_entry - row of a site; NULL if there is none */
struct cmas_entry *cmas_table_entry(struct cmas_table *table, const char *site,
				    const uint8_t csci[16]);

/** cmas_table_owner - site that offers this CSCI-ID, or NULL */
const char *cmas_table_owner(struct cmas_table *table, const uint8_t csci[16]);

/** cmas_table_each - every row; non-zero ends the walk and is returned */
int cmas_table_each(struct cmas_table *table,
		    int (*fn)(void *ctx, struct cmas_entry *entry), void *ctx);

/** cmas_table_gas - the column Gas: of the model, without the active ones */
uint32_t cmas_table_gas(const struct cmas_entry *entry);

/**
 * cmas_table_row - what section 6 selects from
 * @table: table
 * @entry: row of it
 * @ingress: site of the client
 * @row: result; its gas is without what is held, too
 * @policy: SR policy it would take, or NULL
 *
 * Return: false if it is not to be selected at all: the site no longer offers
 * it, the instance is not up.
 */
bool cmas_table_row(struct cmas_table *table, const struct cmas_entry *entry,
		    const char *ingress, struct cmas_row *row,
		    const char **policy);

/** cmas_table_pend - a grant of @gas slots is on its way to the store */
void cmas_table_pend(struct cmas_entry *entry, uint32_t gas);
/** cmas_table_unpend - it is there, or is not to be; @entry may be freed */
void cmas_table_unpend(struct cmas_table *table, struct cmas_entry *entry,
		       uint32_t gas);

/** cmas_table_computing - what is known of it best; CMAS_DELAY_UNKNOWN */
uint64_t cmas_table_computing(const struct cmas_entry *entry);

/** cmas_table_network - the shortest way to it; CMAS_DELAY_UNKNOWN */
uint64_t cmas_table_network(struct cmas_table *table,
			    const struct cmas_entry *entry,
			    const char *ingress, const char **policy);

/** cmas_table_reservations - there are, granted ones */
size_t cmas_table_reservations(const struct cmas_table *table);

/** cmas_table_malformed - entries of the store that could not be read */
uint64_t cmas_table_malformed(const struct cmas_table *table);

#endif /* CATSD_CMAS_TABLE_H */
