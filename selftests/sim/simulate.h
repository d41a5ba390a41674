/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run: a balancer in a world. */
#ifndef SIM_SIMULATE_H
#define SIM_SIMULATE_H

#include "world.h"

/**
 * struct outcome - of a run
 * @flows: that counted
 * @mean_s: response
 * @p99_s: response
 * @late: part of the flows, 0..1
 * @moved: part of them that had to leave their instance
 * @oscillation: measure_oscillation()
 * @decisions: of the balancer; 0: it makes none
 * @cpu_s: these took
 */
struct outcome {
	double flows;
	double mean_s;
	double p99_s;
	double late;
	double moved;
	double oscillation;
	double decisions;
	double cpu_s;
};

/** simulate - the same setting has the same outcome, but for @cpu_s. */
void simulate(const struct setting *setting, struct outcome *outcome);

#endif /* SIM_SIMULATE_H */
