// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <time.h>

#include "event.h"
#include "output.h"

/* Every event is complete in itself: in JSON, an array of its own. */
void event_begin(const char *what)
{
	char second[40], stamp[64];
	struct timespec ts;
	struct tm tm;

	out_begin();
	if (options.timestamp) {
		clock_gettime(CLOCK_REALTIME, &ts);
		localtime_r(&ts.tv_sec, &tm);
		strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(stamp, sizeof(stamp), "%s.%06ld", second,
			 ts.tv_nsec / 1000);
		out_stamp(stamp);
	}
	out_text("%s ", what);
}

void event_end(void)
{
	if (options.json)
		out_end();
	fflush(stdout);
}

void event_deleted(const char *object)
{
	event_begin("Deleted");
	out_open();
	out_bool("deleted", "", true);
	out_string(HUE_NONE, "object", "%s ", object);
}
