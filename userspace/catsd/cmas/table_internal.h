/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of the whole service table share. */
#ifndef CATSD_CMAS_TABLE_INTERNAL_H
#define CATSD_CMAS_TABLE_INTERNAL_H

#include "cmas/table.h"

/** TABLE_WATCHES - prefixes of the store it is made of */
#define TABLE_WATCHES	5

/**
 * struct cmas_table - all of it
 * @store: it is made of
 * @delays: network delays
 * @assume_network_us: where there is none, or NULL
 * @watch: of the store
 * @services: tsearch(3), by id
 * @entry: rows, by CSCI-ID and site
 * @count: of them
 * @room: for them
 * @reservations: tsearch(3), by id
 * @reserved: number of them
 * @malformed: entries of the store that are not what they should be
 */
struct cmas_table {
	struct store *store;
	struct cmas_delays *delays;
	const uint32_t *assume_network_us;
	struct store_watch *watch[TABLE_WATCHES];
	void *services;
	struct cmas_entry **entry;
	size_t count;
	size_t room;
	void *reservations;
	size_t reserved;
	uint64_t malformed;
};

/** table_make_entry - the row, made if need be; NULL: no memory */
struct cmas_entry *table_make_entry(struct cmas_table *table, const char *id,
				    const char *site, const uint8_t csci[16]);

/** table_drop_if_unused - it is neither offered nor reserved: free it */
void table_drop_if_unused(struct cmas_table *table, struct cmas_entry *entry);

/** table_shadow - who offers @csci first has it */
void table_shadow(struct cmas_table *table, const uint8_t csci[16]);

/** table_catalogue_time - computing time of the catalogue */
uint64_t table_catalogue_time(struct cmas_table *table, const char *id);

/** table_read_instance - state and response time, from the store */
void table_read_instance(struct cmas_table *table, struct cmas_entry *entry);

#endif /* CATSD_CMAS_TABLE_INTERNAL_H */
