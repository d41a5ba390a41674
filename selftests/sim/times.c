// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <stdlib.h>

#include "times.h"

void times_add(struct times *times, double at)
{
	uint32_t i = times->count, parent;

	if (times->count == times->room) {
		times->room = times->room ? 2 * times->room : 16;
		times->at = reallocarray(times->at, times->room,
					 sizeof(*times->at));
		if (!times->at)
			err(EXIT_FAILURE, "times");
	}
	times->count++;
	for (; i; i = parent) {
		parent = (i - 1) / 2;
		if (times->at[parent] <= at)
			break;
		times->at[i] = times->at[parent];
	}
	times->at[i] = at;
}

void times_replace(struct times *times, double at)
{
	uint32_t i = 0, child;

	for (; (child = 2 * i + 1) < times->count; i = child) {
		if (child + 1 < times->count &&
		    times->at[child + 1] < times->at[child])
			child++;
		if (times->at[child] >= at)
			break;
		times->at[i] = times->at[child];
	}
	times->at[i] = at;
}

void times_take(struct times *times)
{
	times->count--;
	if (times->count)
		times_replace(times, times->at[times->count]);
}

void times_free(struct times *times)
{
	free(times->at);
	*times = (struct times){};
}
