// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CMAS under load: clients that request, set up and finish at a catsd with its
 * store in SQLite, or etcd; catsd, sites and clients die now and then.  Gas is never
 * granted twice, what was answered is there after a kill -9, and at the end all
 * gas is back.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmas.h"

#define WRONG_SHOWN	20

void load_fail(struct load *load, const char *fmt, ...)
{
	va_list ap;

	if (load->wrong++ >= WRONG_SHOWN)
		return;
	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "n:c:g:k:s:d:e:r")) >= 0) {
		switch (option) {
		case 'n':
			options->operations = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			options->clients = atoi(optarg);
			break;
		case 'g':
			options->gas = atoi(optarg);
			break;
		case 'k':
			options->kill_ms = atoi(optarg);
			break;
		case 's':
			options->seed = atoi(optarg);
			break;
		case 'r':
			options->requests_only = true;
			break;
		case 'd':
			options->catsd = optarg;
			break;
		case 'e':
			options->etcd = optarg;
			break;
		default:
			fprintf(stderr, "Usage: cmas [-n OPERATIONS] [-c CLIENTS] [-g GAS] [-k KILL_MS] [-s SEED] [-d CATSD] [-e URL[,URL]] [-r]\n");
			exit(2);
		}
	}
}

static void report(const struct load *load, double seconds)
{
	printf("%" PRIu64 " operations in %.1f s: %.0f/s, %.0f a second of catsd's processor time\n",
	       load->done, seconds, load->done / seconds,
	       load->done / load->cpu_s);
	printf("requests: %" PRIu64 " granted, %" PRIu64 " refused\n",
	       load->granted, load->refused);
	printf("kills of catsd %" PRIu64 ", models sent again %" PRIu64 ", answers lost %" PRIu64 ", clients gone %" PRIu64 "\n",
	       load->kills, load->models, load->unanswered, load->abandoned);
	printf("wrong: %" PRIu64 "\n", load->wrong);
}

int main(int argc, char **argv)
{
	struct load load = {
		.options = {
			.operations = 60000, .clients = 128, .gas = 1000,
			.seed = 1, .catsd = CATSD,
		},
	};
	uint64_t begin;
	double seconds;

	parse(argc, argv, &load.options);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	srandom(load.options.seed);
	load.base = event_base_new();
	lab_start(&load);
	begin = now_ms();
	workers_run(&load);
	seconds = (now_ms() - begin) / 1e3;
	lab_end(&load);
	report(&load, seconds);
	event_base_free(load.base);
	return load.wrong != 0;
}
