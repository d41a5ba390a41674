// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"

void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(1);
}

void pin(void)
{
	struct sched_param param = { .sched_priority = 10 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &param);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double median(double *value, size_t count)
{
	qsort(value, count, sizeof(*value), by_value);
	return value[count / 2];
}

void header(int rounds, int packets)
{
	char date[32], cpu[128] = "?", line[256];
	time_t now = time(NULL);
	struct utsname uts;
	FILE *file = fopen("/proc/cpuinfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", cpu) == 1)
			break;
	if (file)
		fclose(file);
	uname(&uts);
	strftime(date, sizeof(date), "%F", localtime(&now));
	printf("# %s, Linux %s, %s, %ld CPUs\n", date, uts.release, cpu,
	       sysconf(_SC_NPROCESSORS_ONLN));
	printf("# %d rounds of %d packets, cases interleaved\n", rounds,
	       packets);
}

void progress(int round, int rounds)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (round <= rounds)
		fprintf(stderr, "\rround %d of %d ", round, rounds);
	else
		fprintf(stderr, "\r                 \r");
}
