// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>

#include "measure.h"
#include "report.h"

static const char *work_name(const struct setting *setting)
{
	return setting->heavy ? "pareto" : "exponential";
}

static void head(const struct plan *plan, const struct setting *setting)
{
	printf("\nload %g, %s work, %d instances, %d ingresses, median of %d seeds%s\n",
	       setting->load, work_name(setting), plan->instances,
	       WORLD_INGRESSES, plan->seeds, setting->outage ?
	       ";\nthe largest instance fails for a third of the time" : "");
	if (setting->error != 1)
		printf("sites say that service takes %g or %.2f times as long as it does\n",
		       setting->error, 1 / setting->error);
	printf("%-15s %6s %9s %9s %7s %9s %7s %6s %10s\n", "", "age", "mean",
	       "p99", "x bound", "SLA", "moved", "swing",
	       "decisions");
	printf("%-15s %6s %9s %9s %7s %9s %7s %6s %10s\n", "", "s", "ms", "ms",
	       "", "missed %", "%", "",
	       "/ CPU s");
}

static void line(const struct result *result)
{
	const struct setting *setting = &result->setting;
	const struct outcome *o = &result->outcome;
	char age[16] = "-", rate[16] = "-";

	if (setting->balancer->metrics)
		snprintf(age, sizeof(age), "%g", setting->age_s);
	if (o->decisions > 0)
		snprintf(rate, sizeof(rate), "%.0f", o->decisions / o->cpu_s);
	printf("%-15s %6s %9.1f %9.1f %7.2f %9.3f %7.3f %6.2f %10s\n",
	       setting->balancer->name, age, 1e3 * o->mean_s, 1e3 * o->p99_s,
	       result->ratio, 100 * o->late, 100 * o->moved, o->oscillation,
	       rate);
}

void report_table(const struct plan *plan, const struct result *result,
		  int results)
{
	int i;

	printf("response: path, queue, service (%g ms on average) and path; SLA: %g s\n"
	       "x bound: p99 by that of omniscient, in the same world\n"
	       "swing: of the flows an instance gets, from one metric to the next, beyond chance;\n"
	       "       0 is steady, 1.41 all or nothing\n",
	       1e3 * WORLD_SERVICE_S, MEASURE_SLA_S);
	for (i = 0; i < results; i++) {
		if (result[i].setting.balancer == &balancer_omniscient)
			head(plan, &result[i].setting);
		line(&result[i]);
	}
}

static json_t *object(const struct plan *plan, const struct result *result)
{
	const struct setting *setting = &result->setting;
	const struct outcome *o = &result->outcome;
	json_t *p99 = json_array();
	int i;

	for (i = 0; i < plan->seeds; i++)
		json_array_append_new(p99, json_real(result->p99_s[i]));
	return json_pack("{s:s, s:s, s:f, s:o, s:i, s:I, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:f, s:o}",
			 "balancer", setting->balancer->name,
			 "work", work_name(setting), "load", setting->load,
			 "age_s", setting->balancer->metrics ?
				json_real(setting->age_s) : json_null(),
			 "instances", plan->instances,
			 "seed", (json_int_t)plan->seed, "seeds", plan->seeds,
			 "flows", o->flows, "mean_s", o->mean_s,
			 "p99_s", o->p99_s, "p99_by_bound", result->ratio,
			 "sla_missed", o->late, "moved", o->moved,
			 "swing", o->oscillation,
			 "decisions", o->decisions,
			 "decisions_cpu_s", o->cpu_s,
			 "outage", setting->outage,
			 "error", setting->error, "p99_s_by_seed", p99);
}

int report_json(const struct plan *plan, const struct result *result,
		int results, const char *path)
{
	json_t *array = json_array();
	int ret, i;

	for (i = 0; i < results; i++)
		json_array_append_new(array, object(plan, &result[i]));
	ret = json_dump_file(array, path, JSON_INDENT(1) |
			     JSON_REAL_PRECISION(6));
	json_decref(array);
	return ret;
}
