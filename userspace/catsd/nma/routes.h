/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SR policies that the sessions probe, as the tables have them now. */
#ifndef CATSD_NMA_ROUTES_H
#define CATSD_NMA_ROUTES_H

#include "engine.h"

/** nma_routes_end - leave the tables, and the paths as they are. */
void nma_routes_end(struct nma_engine *engine);

#endif /* CATSD_NMA_ROUTES_H */
