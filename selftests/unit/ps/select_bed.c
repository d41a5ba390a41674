// SPDX-License-Identifier: GPL-2.0-or-later
#include "select_bed.h"

void bed_init(struct select_bed *bed)
{
	int i, j;

	memset(bed, 0, sizeof(*bed));
	select_service_init(&bed->service);
	bed->now = 1000;
	for (i = 0; i < INSTANCES; i++) {
		bed->instance[i] = (struct select_instance){
			.score = NAN, .flows = 0, .capacity = 100,
			.service_us = NAN, .cost = NAN, .gas = NAN,
			.sampled_ms = bed->now,
		};
		bed->instance[i].id[15] = i + 1;
		for (j = 0; j < PATHS; j++) {
			bed->path[i][j] = (struct select_path){
				.delay_us = 1000 * (j + 1),
				.variation_us = 10, .loss = 0,
			};
			bed->candidate[PATHS * i + j].instance =
				&bed->instance[i];
			bed->candidate[PATHS * i + j].path = &bed->path[i][j];
		}
	}
}

enum select_change bed_run(struct select_bed *bed)
{
	select_run(&bed->service, &bed->memory, bed->candidate,
		   INSTANCES * PATHS, bed->now, &bed->report);
	return bed->report.change;
}

void bed_tick(struct select_bed *bed)
{
	int i;

	bed->now += 1000;
	for (i = 0; i < INSTANCES; i++)
		bed->instance[i].sampled_ms = bed->now;
}

struct select_candidate *bed_at(struct select_bed *bed, int instance,
				int path)
{
	return &bed->candidate[PATHS * instance + path];
}

uint32_t bed_weight(struct select_bed *bed, int instance)
{
	return bed_at(bed, instance, 0)->weight +
	       bed_at(bed, instance, 1)->weight;
}

uint32_t bed_sum(struct select_bed *bed)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < INSTANCES; i++)
		sum += bed_weight(bed, i);
	return sum;
}
