/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions a second where there are many services. */
#ifndef SIM_SCALE_H
#define SIM_SCALE_H

#include <stdint.h>
#include <stdio.h>

/** struct scale - what came of it */
struct scale {
	double decisions;
	double cpu_s;
};

/**
 * scale_run - every ingress has all services, and hears of all instances
 * @services: with the same number of instances each
 * @instances: of a service
 * @progress: a bar goes here; NULL
 *
 * No flows are simulated: the number of them a metric has is drawn, about 0.8 of
 * the slots.  Every metric leads to a decision.
 */
struct scale scale_run(uint32_t services, uint32_t instances, FILE *progress);

#endif /* SIM_SCALE_H */
