/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the data plane of this host counted, for the OpenMetrics endpoint. */
#ifndef CATSD_DATAPLANE_H
#define CATSD_DATAPLANE_H

#include "openmetrics.h"

/**
 * dataplane_measure - counters of the ingress maps and of cats.ko
 * @om: exposition
 *
 * A half that this host does not have adds nothing; one that cannot be read is
 * said by cats_dataplane_readable.
 */
void dataplane_measure(struct openmetrics *om);

/**
 * dataplane_measure_egress - counters of cats.ko
 *
 * Return: 0; -ENOENT if it is not loaded; another negative errno; with a
 * message; then some samples may be missing.
 */
int dataplane_measure_egress(struct openmetrics *om);

#endif /* CATSD_DATAPLANE_H */
