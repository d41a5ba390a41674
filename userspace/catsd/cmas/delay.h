/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network delay of the whole service table: what C-NMAs measured (path/ of
 * the store), by the site of the ingress and the address of the egress.
 */
#ifndef CATSD_CMAS_DELAY_H
#define CATSD_CMAS_DELAY_H

#include <stdint.h>

#include "store.h"

struct cmas_delays;

/** cmas_delays_new - watch @store; NULL: no memory. */
struct cmas_delays *cmas_delays_new(struct store *store);
/** cmas_delays_free - NULL is fine. */
void cmas_delays_free(struct cmas_delays *delays);

/**
 * cmas_delay - the shortest way there
 * @delays: all
 * @ingress: site
 * @endpoint: egress, IPv4-mapped
 * @policy: the SR policy it takes, NULL if there is none; valid until the store
 *	changes
 *
 * Return: us, the average there and back; CMAS_DELAY_UNKNOWN if no policy that
 * is not down leads there, or nobody measured it.
 */
uint64_t cmas_delay(struct cmas_delays *delays, const char *ingress,
		    const uint8_t endpoint[16], const char **policy);

#endif /* CATSD_CMAS_DELAY_H */
