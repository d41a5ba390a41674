/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The OpenMetrics endpoint: GET /metrics. */
#ifndef CATSD_EXPORTER_H
#define CATSD_EXPORTER_H

#include <event2/event.h>

#include "openmetrics.h"

struct exporter;

/** exporter_fill_fn - add every sample there is */
typedef void (*exporter_fill_fn)(void *ctx, struct openmetrics *om);

/**
 * exporter_open - serve at @listen, ADDRESS:PORT
 *
 * Return: 0; -EINVAL for another text, -EADDRINUSE and the like; with a message.
 */
int exporter_open(struct event_base *base, const char *listen,
		  exporter_fill_fn fill, void *ctx, struct exporter **exporter);

/** exporter_close - NULL is fine. */
void exporter_close(struct exporter *exporter);

#endif /* CATSD_EXPORTER_H */
