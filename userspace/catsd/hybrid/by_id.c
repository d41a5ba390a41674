// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "hybrid/by_id.h"

#define CHUNK	(1u << BY_ID_BITS)

void **by_id_slot(struct by_id *all, uint32_t id)
{
	uint32_t chunk = id >> BY_ID_BITS;

	if (chunk >= BY_ID_CHUNKS)
		return NULL;
	if (!all->chunk[chunk])
		all->chunk[chunk] = calloc(CHUNK, sizeof(void *));
	return all->chunk[chunk] ? &all->chunk[chunk][id % CHUNK] : NULL;
}

void *by_id_get(const struct by_id *all, uint32_t id)
{
	uint32_t chunk = id >> BY_ID_BITS;

	return chunk < BY_ID_CHUNKS && all->chunk[chunk] ?
		       all->chunk[chunk][id % CHUNK] : NULL;
}

void by_id_free(struct by_id *all)
{
	uint32_t chunk, i;

	for (chunk = 0; chunk < BY_ID_CHUNKS; chunk++) {
		for (i = 0; all->chunk[chunk] && i < CHUNK; i++)
			free(all->chunk[chunk][i]);
		free(all->chunk[chunk]);
		all->chunk[chunk] = NULL;
	}
}
