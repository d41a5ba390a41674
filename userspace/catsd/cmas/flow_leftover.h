/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of flows whose reservation is over: it ended with its time, or who ended
 * it did not know of the flow yet.  They keep nobody from the flow, see
 * flow_index.h, but take room.
 */
#ifndef CATSD_CMAS_FLOW_LEFTOVER_H
#define CATSD_CMAS_FLOW_LEFTOVER_H

#include "role.h"

struct flow_leftover;

/** flow_leftover_new - delete them, now and from now on; NULL: no memory. */
struct flow_leftover *flow_leftover_new(struct catsd *catsd);
/** flow_leftover_free - NULL is fine. */
void flow_leftover_free(struct flow_leftover *leftover);

#endif /* CATSD_CMAS_FLOW_LEFTOVER_H */
