/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cats stats: verdicts of the cats devices, which cats.ko counts. */
#ifndef CATS_STATS_EGRESS_H
#define CATS_STATS_EGRESS_H

#include "dump.h"

/**
 * stats_egress_read - all of them
 * @dump: result, to be freed in any case; empty where there is no cats.ko
 *
 * Return: 0 or a negative errno with a message.
 */
int stats_egress_read(struct cats_dump *dump);

/** stats_egress_show - member "egress"; nothing if there is nothing. */
void stats_egress_show(struct cats_dump *dump);

#endif /* CATS_STATS_EGRESS_H */
