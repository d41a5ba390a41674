// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sim - the selection of the C-PS against simulated sites, beside others
 *
 * See Documentation/selection.md.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"
#include "report.h"
#include "scale.h"

#define INSTANCES_MOST	256

/* For decisions a second; see scale_run(). */
#define MANY_SERVICES	1000
#define MANY_INSTANCES	100

static const struct option options[] = {
	{ "ages", required_argument, NULL, 'a' },
	{ "balancers", required_argument, NULL, 'b' },
	{ "error", required_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ "instances", required_argument, NULL, 'i' },
	{ "json", required_argument, NULL, 'j' },
	{ "length", required_argument, NULL, 't' },
	{ "loads", required_argument, NULL, 'l' },
	{ "many", no_argument, NULL, 'm' },
	{ "outage", required_argument, NULL, 'o' },
	{ "seed", required_argument, NULL, 'f' },
	{ "seeds", required_argument, NULL, 's' },
	{ "work", required_argument, NULL, 'w' },
	{}
};

static void usage(FILE *out)
{
	int i;

	fputs("Usage: sim [OPTION]...\n"
	      "Simulate sites, and who chooses between them.\n"
	      "  --ages LIST       of metrics, in s (0.1,0.3,1,3,15)\n"
	      "  --loads LIST      0 to 1 (0.3,0.5,0.8,0.9)\n"
	      "  --work KIND       exponential, pareto or both (both)\n"
	      "  --outage LOAD     at which an instance fails as well, 0: none (0.5)\n"
	      "  --seeds N         worlds, of which the median is shown (5)\n"
	      "  --seed N          the first of them (1)\n"
	      "  --instances N     of the service (16)\n"
	      "  --length FACTOR   of the time simulated (1)\n"
	      "  --error FACTOR    by which sites misstate their service times (1)\n"
	      "  --many            decisions a second with many services, too\n"
	      "  --json FILE       write results there too\n"
	      "  --balancers LIST  besides omniscient (all):\n", out);
	for (i = 1; plan_balancer(i); i++)
		fprintf(out, "%s%s", i == 1 ? "     " : ", ",
			plan_balancer(i)->name);
	fputc('\n', out);
}

static double number(const char *option, const char *text, double least,
		     double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= least && value <= most))
		errx(2, "%s: \"%s\" is not a number within %g and %g", option,
		     text, least, most);
	return value;
}

static int numbers(const char *option, char *text, double least, double most,
		   double *value)
{
	int count = 0;
	char *word;

	while ((word = strsep(&text, ","))) {
		if (count == PLAN_LIST_MAX)
			errx(2, "%s: more than %d", option, PLAN_LIST_MAX);
		value[count++] = number(option, word, least, most);
	}
	return count;
}

static unsigned int names(char *text)
{
	unsigned int balancers = 0;
	char *word;
	int found;

	while ((word = strsep(&text, ","))) {
		found = plan_find(word);
		if (found < 0)
			errx(2, "--balancers: there is no \"%s\"", word);
		balancers |= 1 << found;
	}
	return balancers;
}

static void set_work(struct plan *plan, const char *work)
{
	bool both = !strcmp(work, "both");

	plan->exponential = both || !strcmp(work, "exponential");
	plan->heavy = both || !strcmp(work, "pareto");
	if (!plan->exponential && !plan->heavy)
		errx(2, "--work: \"%s\" is none of exponential, pareto, both",
		     work);
}

static void set(struct plan *plan, int option, char *text)
{
	switch (option) {
	case 'a':
		plan->ages = numbers("--ages", text, 0.01, 3600, plan->age_s);
		break;
	case 'b':
		plan->balancers = names(text);
		break;
	case 'i':
		plan->instances = (int)number("--instances", text, 2,
					      INSTANCES_MOST);
		break;
	case 'l':
		plan->loads = numbers("--loads", text, 0.01, 2, plan->load);
		break;
	case 'e':
		plan->error = number("--error", text, 1, 10);
		break;
	case 'f':
		plan->seed = (uint32_t)number("--seed", text, 0, UINT32_MAX -
					      PLAN_SEEDS_MAX);
		break;
	case 'o':
		plan->outage = number("--outage", text, 0, 2);
		break;
	case 's':
		plan->seeds = (int)number("--seeds", text, 1, PLAN_SEEDS_MAX);
		break;
	case 't':
		plan->length = number("--length", text, 0.01, 1000);
		break;
	case 'w':
		set_work(plan, text);
		break;
	case 'h':
		usage(stdout);
		exit(EXIT_SUCCESS);
	default:
		usage(stderr);
		exit(2);
	}
}

static void judge_scale(FILE *progress)
{
	struct scale scale = scale_run(MANY_SERVICES, MANY_INSTANCES, progress);

	printf("\n%d services x %d instances, a C-PS with all of it in each of %d ingresses, no flows\n"
	       "simulated: %.0f decisions in %.2f CPU s, %.0f a second\n",
	       MANY_SERVICES, MANY_INSTANCES, WORLD_INGRESSES,
	       scale.decisions, scale.cpu_s, scale.decisions / scale.cpu_s);
}

int main(int argc, char **argv)
{
	struct plan plan = {
		.balancers = ~0U, .age_s = { 0.1, 0.3, 1, 3, 15 }, .ages = 5,
		.load = { 0.3, 0.5, 0.8, 0.9 }, .loads = 4,
		.exponential = true, .heavy = true, .outage = 0.5, .error = 1,
		.seed = 1, .seeds = 5, .instances = 16, .length = 1,
	};
	const char *json = NULL;
	bool many = false;
	struct result *result;
	int option, results, ret = EXIT_SUCCESS;
	FILE *progress = isatty(STDERR_FILENO) ? stderr : NULL;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			json = optarg;
		else if (option == 'm')
			many = true;
		else
			set(&plan, option, optarg);
	}
	if (optind < argc)
		errx(2, "\"%s\": no such argument", argv[optind]);
	result = plan_run(&plan, progress, &results);
	report_table(&plan, result, results);
	if (many)
		judge_scale(progress);
	if (json && report_json(&plan, result, results, json)) {
		warn("%s", json);
		ret = EXIT_FAILURE;
	}
	free(result);
	return ret;
}
