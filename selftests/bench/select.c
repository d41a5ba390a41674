// SPDX-License-Identifier: GPL-2.0-or-later
/* What it costs the C-PS to select anew for every service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ps/select/stage.h"

#define SERVICES	10000
#define INSTANCES	16
#define POLICIES	2
#define CANDIDATES	(INSTANCES * POLICIES)
#define ROUNDS		21

/**
 * struct table - all of it
 * @service: how; the same for all
 * @memory: by service
 * @instance: by service
 * @path: to the sites, by instance and policy
 * @candidate: by service
 */
struct table {
	struct select_service service;
	struct select_memory memory[SERVICES];
	struct select_instance instance[SERVICES][INSTANCES];
	struct select_path path[INSTANCES][POLICIES];
	struct select_candidate candidate[SERVICES][CANDIDATES];
};

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static void fill(struct table *t, const char *objective)
{
	int s, i, p;

	memset(t, 0, sizeof(*t));
	select_service_init(&t->service);
	t->service.objective = select_objective_find(objective);
	t->service.wanted_cost = 4;
	t->service.sla.delay_us = 50000;
	t->service.sla.loss = 0.05;
	t->service.sla.level2 = 1;
	for (i = 0; i < INSTANCES; i++)
		for (p = 0; p < POLICIES; p++)
			t->path[i][p] = (struct select_path){
				.delay_us = 1000 + 100 * i + 37 * p };
	for (s = 0; s < SERVICES; s++)
		for (i = 0; i < CANDIDATES; i++) {
			t->candidate[s][i].instance =
				&t->instance[s][i / POLICIES];
			t->candidate[s][i].path =
				&t->path[i / POLICIES][i % POLICIES];
		}
}

/* Everything has changed: all metrics are new, by a lot. */
static void change(struct table *t, int round)
{
	uint32_t random = round + 1;
	int s, i;

	for (s = 0; s < SERVICES; s++)
		for (i = 0; i < INSTANCES; i++) {
			random = random * 1664525 + 1013904223;
			t->instance[s][i] = (struct select_instance){
				.id = { 0, 1, [14] = i },
				.score = 200 + (random >> 16) % 800,
				.flows = (random >> 8) % 100,
				.capacity = 100,
				.service_us = 1000 + (random >> 4) % 9000,
				.cost = 1 + i % 7, .gas = 8,
				.sampled_ms = 1000 * (round + 1),
			};
		}
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(struct table *t, const char *objective)
{
	uint64_t changes[SELECT_CHANGE_COUNT] = {};
	struct select_report report;
	double took[ROUNDS], start;
	int round, s;

	fill(t, objective);
	for (round = 0; round < ROUNDS; round++) {
		change(t, round);
		start = now_ms();
		for (s = 0; s < SERVICES; s++) {
			select_run(&t->service, &t->memory[s], t->candidate[s],
				   CANDIDATES, 1000 * (round + 1) + 10,
				   &report);
			changes[report.change]++;
		}
		took[round] = now_ms() - start;
	}
	qsort(took, ROUNDS, sizeof(*took), by_size);
	printf("%-12s min %.1f ms, median %.1f ms, max %.1f ms; changes: %llu of %d\n",
	       objective, took[0], took[ROUNDS / 2], took[ROUNDS - 1],
	       (unsigned long long)(changes[SELECT_START] +
				    changes[SELECT_BETTER]),
	       ROUNDS * SERVICES);
}

int main(void)
{
	struct table *t = malloc(sizeof(*t));
	size_t i;

	if (!t)
		return EXIT_FAILURE;
	printf("full recomputation, %d services x %d instances x %d policies, all metrics new, one core:\n",
	       SERVICES, INSTANCES, POLICIES);
	for (i = 0; select_objective_at(i); i++)
		measure(t, select_objective_name(select_objective_at(i)));
	free(t);
	return EXIT_SUCCESS;
}
