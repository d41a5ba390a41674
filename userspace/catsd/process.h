/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process, as others can tell it from all there were and will be:
 *
 *	{"boot", "namespace", "pid", "start"}
 *
 * the kernel's boot ID, the PID namespace, the PID in it, and when it was started.
 */
#ifndef CATSD_PROCESS_H
#define CATSD_PROCESS_H

#include <jansson.h>

/** enum process_life - what can be known of a process */
enum process_life {
	PROCESS_UNKNOWN,	/* of another host, or PID namespace */
	PROCESS_OURS,
	PROCESS_ALIVE,
	PROCESS_OVER,
};

/** process_self - this one, a new object; NULL: no memory */
json_t *process_self(void);

/** process_life - how is the one of @process? */
enum process_life process_life(const json_t *process);

#endif /* CATSD_PROCESS_H */
