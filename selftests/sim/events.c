// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <stdlib.h>

#include "events.h"

void events_add(struct events *events, const struct event *event)
{
	uint32_t i = events->count, parent;

	if (events->count == events->room) {
		events->room = events->room ? 2 * events->room : 256;
		events->event = reallocarray(events->event, events->room,
					     sizeof(*events->event));
		if (!events->event)
			err(EXIT_FAILURE, "events");
	}
	events->count++;
	for (; i; i = parent) {
		parent = (i - 1) / 2;
		if (events->event[parent].at <= event->at)
			break;
		events->event[i] = events->event[parent];
	}
	events->event[i] = *event;
}

static void sift(struct events *events, const struct event *event)
{
	struct event *all = events->event;
	uint32_t i = 0, child;

	for (; (child = 2 * i + 1) < events->count; i = child) {
		if (child + 1 < events->count &&
		    all[child + 1].at < all[child].at)
			child++;
		if (all[child].at >= event->at)
			break;
		all[i] = all[child];
	}
	all[i] = *event;
}

bool events_next(struct events *events, struct event *event)
{
	if (!events->count)
		return false;
	*event = events->event[0];
	events->count--;
	if (events->count)
		sift(events, &events->event[events->count]);
	return true;
}

void events_free(struct events *events)
{
	free(events->event);
	*events = (struct events){};
}
