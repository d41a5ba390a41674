/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of include/cats/maps.h, mapped into this process. */
#ifndef CATS_TABLE_H
#define CATS_TABLE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct cats_table - an ARRAY_OF_MAPS whose chunks are mapped on demand
 * @fd: outer map
 * @dir: folder the chunks are pinned in, by number, beside the outer map.  Not
 *	looked up in the outer map: before Linux 6.8 that waits for a grace period
 * @bits: log2 of the entries in a chunk
 * @chunks: most chunks
 * @entry: size of an entry, bytes
 * @pack: entries in a value of the inner map: arrays round values up to 8 bytes
 * @rows: copies of each chunk behind one another: 1, or one per CPU
 * @chunk: mapped chunks, NULL where none is
 * @name: of the inner maps
 */
struct cats_table {
	int fd;
	const char *dir;
	uint32_t bits;
	uint32_t chunks;
	uint32_t entry;
	uint32_t pack;
	uint32_t rows;
	void **chunk;
	const char *name;
};

/** cats_table_open - take over @fd as the outer map; 0 or a negative errno. */
int cats_table_open(struct cats_table *table, int fd, const char *dir,
		    const char *name, uint32_t bits, uint32_t chunks, uint32_t entry,
		    uint32_t rows);

/** cats_table_close - unmap all and close the outer map. */
void cats_table_close(struct cats_table *table);

/**
 * cats_table_at - entry @id, or NULL if its chunk does not exist
 * @table: table
 * @id: entry
 */
void *cats_table_at(struct cats_table *table, uint32_t id);

/**
 * cats_table_make - entry @id, whose chunk is created if need be
 * @table: table
 * @id: entry
 *
 * Chunks come in order, and an eighth more at a time: adding to a map of maps
 * waits for a grace period.
 *
 * Return: the entry; NULL with errno set: ENOSPC beyond the last chunk, ENOMEM.
 */
void *cats_table_make(struct cats_table *table, uint32_t id);

/** cats_table_limit - first id that cannot exist. */
static inline uint32_t cats_table_limit(const struct cats_table *table)
{
	return table->chunks << table->bits;
}

/**
 * cats_table_each - walk the entries of all chunks that exist
 * @table: table
 * @id: in: the last id seen, or UINT32_MAX to start; out: the next
 *
 * Return: the entry, NULL at the end.
 */
void *cats_table_each(struct cats_table *table, uint32_t *id);

/** cats_array_map - map a mmapable array; NULL with errno set. */
void *cats_array_map(int fd, size_t size);
/** cats_array_unmap - undo cats_array_map(). */
void cats_array_unmap(void *addr, size_t size);

/**
 * cats_table_grace - wait until no packet uses what was in force before
 * @table: any table with at least one chunk
 *
 * The kernel waits for an RCU grace period when an element of a map of maps is
 * set, because programs may be using the old one; setting it to what it is
 * changes nothing else.
 *
 * Return: 0 or a negative errno.
 */
int cats_table_grace(struct cats_table *table);

#endif /* CATS_TABLE_H */
