/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions of ours for services that are not configured any more. */
#ifndef CATSD_PS_LEFTOVER_H
#define CATSD_PS_LEFTOVER_H

#include "ps/claim.h"
#include "ps/service.h"

/**
 * ps_leftover_delete - those of shards that are ours
 *
 * Not at once: a decision for all may have to give way to one for each ingress,
 * and no route shall go in between.  What another C-PS wrote is its own to
 * delete: it may have another file.
 */
void ps_leftover_delete(struct store *store,
			const struct ps_services *services,
			const struct ps_claims *claims);

#endif /* CATSD_PS_LEFTOVER_H */
