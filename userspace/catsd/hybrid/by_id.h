/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is allocated for entries of a table, by their id: in chunks, as theirs are. */
#ifndef CATSD_HYBRID_BY_ID_H
#define CATSD_HYBRID_BY_ID_H

#include <stdint.h>

#define BY_ID_BITS	14
#define BY_ID_CHUNKS	256

/** struct by_id - of free(3)able things; all 0: none */
struct by_id {
	void **chunk[BY_ID_CHUNKS];
};

/** by_id_slot - where that of @id stands; NULL: no memory, or no such id */
void **by_id_slot(struct by_id *all, uint32_t id);

/** by_id_get - that of @id; NULL: none */
void *by_id_get(const struct by_id *all, uint32_t id);

/** by_id_free - all of them */
void by_id_free(struct by_id *all);

#endif /* CATSD_HYBRID_BY_ID_H */
