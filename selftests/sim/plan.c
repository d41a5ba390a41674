// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* Metrics it takes to settle, and those that count; at least so many s. */
#define WARM_METRICS	12
#define WARM_LEAST_S	30
#define RUN_METRICS	24
#define RUN_LEAST_S	120

/* An age for those that do not mind: intervals of measure_oscillation(). */
#define NO_AGE_S	1

/* The bound first: the others are compared with it. */
static const struct balancer *const balancers[] = {
	&balancer_omniscient, &balancer_cats, &balancer_control,
	&balancer_random, &balancer_round_robin, &balancer_static, &balancer_least_delay,
	&balancer_least_loaded, &balancer_two_choices, &balancer_prequal,
};

#define BALANCERS	((int)(sizeof(balancers) / sizeof(*balancers)))

/**
 * struct progress - how far it is
 * @plan: all of it
 * @out: where the bar goes; NULL: nowhere
 * @runs: that have to be made
 * @done: that are
 * @bound: p99 of omniscient, by seed
 * @result: of the cases
 * @results: so far
 */
struct progress {
	const struct plan *plan;
	FILE *out;
	int runs;
	int done;
	double bound[PLAN_SEEDS_MAX];
	struct result *result;
	int results;
};

const struct balancer *plan_balancer(int number)
{
	return number < BALANCERS ? balancers[number] : NULL;
}

int plan_find(const char *name)
{
	int i;

	for (i = 0; i < BALANCERS; i++)
		if (!strcmp(balancers[i]->name, name))
			return i;
	return -1;
}

static void show(const struct progress *progress)
{
	int part = 40 * progress->done / progress->runs, i;

	if (!progress->out)
		return;
	fputs("\r[", progress->out);
	for (i = 0; i < 40; i++)
		fputc(i < part ? '#' : '.', progress->out);
	fprintf(progress->out, "] %d of %d runs", progress->done,
		progress->runs);
	if (progress->done == progress->runs)
		fputs("\r\033[K", progress->out);
	fflush(progress->out);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *value, int count)
{
	qsort(value, count, sizeof(*value), compare);
	return (value[(count - 1) / 2] + value[count / 2]) / 2;
}

/* The median of one figure of all seeds. */
static double median_of(const struct outcome *outcome, int seeds,
			size_t figure)
{
	double value[PLAN_SEEDS_MAX];
	int i;

	for (i = 0; i < seeds; i++)
		memcpy(&value[i], (const char *)&outcome[i] + figure,
		       sizeof(*value));
	return median(value, seeds);
}

static void sum_up(struct progress *progress, struct result *result,
		   const struct outcome *outcome)
{
	int seeds = progress->plan->seeds, i;
	double ratio[PLAN_SEEDS_MAX];
	size_t figure;

	for (figure = 0; figure < sizeof(*outcome); figure += sizeof(double)) {
		double value = median_of(outcome, seeds, figure);

		memcpy((char *)&result->outcome + figure, &value,
		       sizeof(value));
	}
	for (i = 0; i < seeds; i++) {
		result->p99_s[i] = outcome[i].p99_s;
		if (result->setting.balancer == &balancer_omniscient)
			progress->bound[i] = outcome[i].p99_s;
		ratio[i] = outcome[i].p99_s / progress->bound[i];
	}
	result->ratio = median(ratio, seeds);
}

static void run_case(struct progress *progress, struct setting setting)
{
	struct outcome outcome[PLAN_SEEDS_MAX];
	struct result *result = &progress->result[progress->results++];
	double length = progress->plan->length;
	int i;

	setting.instances = progress->plan->instances;
	setting.warm_s = fmax(WARM_LEAST_S * fmin(length, 1),
			      WARM_METRICS * setting.age_s);
	setting.run_s = length * fmax(RUN_LEAST_S,
				      RUN_METRICS * setting.age_s);
	for (i = 0; i < progress->plan->seeds; i++) {
		setting.seed = progress->plan->seed + i;
		simulate(&setting, &outcome[i]);
		progress->done++;
		show(progress);
	}
	result->setting = setting;
	sum_up(progress, result, outcome);
}

static void run_all(struct progress *progress, double load, bool heavy,
		    bool outage)
{
	const struct plan *plan = progress->plan;
	struct setting setting = { .load = load, .heavy = heavy,
				   .outage = outage,
				   .error = plan->error };
	int i, j;

	for (i = 0; i < BALANCERS; i++) {
		if (i && !(plan->balancers & 1 << i))
			continue;
		setting.balancer = balancers[i];
		setting.age_s = NO_AGE_S;
		if (!balancers[i]->metrics) {
			run_case(progress, setting);
			continue;
		}
		for (j = 0; j < plan->ages; j++) {
			setting.age_s = plan->age_s[j];
			run_case(progress, setting);
		}
	}
}

static int count_cases(const struct plan *plan)
{
	int i, cases = 0;

	for (i = 0; i < BALANCERS; i++)
		if (!i || plan->balancers & 1 << i)
			cases += balancers[i]->metrics ? plan->ages : 1;
	return cases * (plan->loads * (plan->exponential + plan->heavy) +
			(plan->outage > 0));
}

struct result *plan_run(const struct plan *plan, FILE *out, int *results)
{
	int cases = count_cases(plan), i;
	struct progress progress = {
		.plan = plan,
		.out = out,
		.runs = cases * plan->seeds,
		.result = sim_calloc(cases, sizeof(*progress.result)),
	};

	show(&progress);
	for (i = 0; i < plan->loads; i++) {
		if (plan->exponential)
			run_all(&progress, plan->load[i], false, false);
		if (plan->heavy)
			run_all(&progress, plan->load[i], true, false);
	}
	if (plan->outage > 0)
		run_all(&progress, plan->outage, false, true);
	*results = progress.results;
	return progress.result;
}
