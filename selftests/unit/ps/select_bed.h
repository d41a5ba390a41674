/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances by two paths each, for the selection to choose from. */
#ifndef PS_SELECT_BED_H
#define PS_SELECT_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "ps/select/select.h"
#include "ps/select/stage.h"

#define INSTANCES	8
#define PATHS		2

/**
 * struct select_bed - instances by two paths each
 * @service: how
 * @memory: of it
 * @instance: facts
 * @path: facts, of each instance its own
 * @candidate: in the order of the instances
 * @report: of the last run
 * @now: ms
 */
struct select_bed {
	struct select_service service;
	struct select_memory memory;
	struct select_instance instance[INSTANCES];
	struct select_path path[INSTANCES][PATHS];
	struct select_candidate candidate[INSTANCES * PATHS];
	struct select_report report;
	uint64_t now;
};

/** bed_init - all alike and idle, the second path twice as long */
void bed_init(struct select_bed *bed);

/** bed_run - select */
enum select_change bed_run(struct select_bed *bed);

/** bed_tick - metrics anew, a second later */
void bed_tick(struct select_bed *bed);

/** bed_at - a candidate */
struct select_candidate *bed_at(struct select_bed *bed, int instance,
				int path);

/** bed_weight - of an instance, by all paths */
uint32_t bed_weight(struct select_bed *bed, int instance);

/** bed_sum - of all weights */
uint32_t bed_sum(struct select_bed *bed);

#endif /* PS_SELECT_BED_H */
