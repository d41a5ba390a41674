// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What role sma costs: 1,000 instances sampled once a second, with records in
 * a store as in catsd.  CPU time is that of this process, kernel included;
 * files are changed and requests answered by others.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "role.h"
#include "sma/config.h"
#include "sma_groups.h"
#include "tree.h"

#define INSTANCES	1000
#define CHANGED		100	/* files a second */
#define SETTLE_S	4
#define RUN_S		10
#define CPU_LIMIT	1.0	/* % of a core */
#define RSS_LIMIT	20.0	/* MB */

static struct sma_instance_config instances[INSTANCES];
static char names[INSTANCES][2][64];
static char *csid[] = { (char *)"203.0.113.1" };
static struct sma_service_config service = {
	.name = (char *)"web",
	.csid = csid,
	.csid_count = 1,
	.adapt = true,
	.instances = instances,
};
static struct sma_health_config health = {
	.type = (char *)"http",
	.address = (char *)"127.0.0.1",
};

/* struct cost - of a run */
struct cost {
	double cpu;
	double kernel;
	double rss_mb;
	double grown_mb;
	double updates;
	double checks;
};

static double seconds(const struct timeval *tv)
{
	return tv->tv_sec + tv->tv_usec / 1e6;
}

static double rss_mb(void)
{
	long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file || fscanf(file, "%ld %ld", &size, &resident) != 2)
		perror("/proc/self/statm");
	if (file)
		fclose(file);
	return resident * sysconf(_SC_PAGESIZE) / 1e6;
}

static double sum_of(json_t *status, const char *object)
{
	double sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(status, object), key, value)
		if (strcmp(key, "not-needed") && strcmp(key, "suppressed"))
			sum += json_number_value(value);
	return sum;
}

static void loop(struct catsd *catsd, unsigned int s)
{
	const struct timeval tv = { .tv_sec = s };

	event_base_loopexit(catsd->base, &tv);
	event_base_dispatch(catsd->base);
}

static void take(void *state, struct cost *cost, double sign)
{
	json_t *status = role_sma.status(state);
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	cost->kernel += sign * seconds(&usage.ru_stime);
	cost->cpu += sign * (seconds(&usage.ru_utime) +
			     seconds(&usage.ru_stime));
	cost->updates += sign * sum_of(status, "updates");
	cost->checks += sign * sum_of(status, "checks");
	json_decref(status);
}

static int measure(struct sma_config *config, struct cost *cost)
{
	struct catsd catsd = { .site = "bench" };
	double before = rss_mb();
	void *state;

	memset(cost, 0, sizeof(*cost));
	catsd.base = event_base_new();
	catsd.store = store_new();
	if (role_sma.check(&catsd, config) ||
	    role_sma.start(&catsd, config, &state)) {
		fprintf(stderr, "sma: %s\n", cats_error_message());
		return -1;
	}
	loop(&catsd, SETTLE_S);
	take(state, cost, -1);
	loop(&catsd, RUN_S);
	take(state, cost, 1);
	cost->rss_mb = rss_mb();
	cost->grown_mb = cost->rss_mb - before;
	role_sma.stop(state);
	store_free(catsd.store);
	event_base_free(catsd.base);
	return 0;
}

static void show(const char *name, const struct cost *cost)
{
	double share = 100 * cost->cpu / RUN_S;

	printf("%-44s %6.2f %7.2f %8.1f %8.1f %8.1f %8.1f  %s\n", name, share,
	       100 * cost->kernel / RUN_S, cost->rss_mb, cost->grown_mb,
	       cost->updates / RUN_S, cost->checks / RUN_S,
	       share <= CPU_LIMIT && cost->rss_mb <= RSS_LIMIT ? "good" :
								 "over");
	fflush(stdout);
}

/* In a process of its own: memory that another run had is none of its. */
static void run(const char *name, struct sma_config *config)
{
	struct cost cost;
	pid_t pid = fork();

	if (!pid) {
		if (measure(config, &cost))
			_exit(1);
		show(name, &cost);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void make_instances(void)
{
	unsigned int i;

	service.instances_count = INSTANCES;
	for (i = 0; i < INSTANCES; i++) {
		snprintf(names[i][0], sizeof(names[i][0]), "10.0.%u.%u",
			 i / 250, i % 250 + 1);
		snprintf(names[i][1], sizeof(names[i][1]), "cats-bench-%u", i);
		instances[i].instance = names[i][0];
		instances[i].cgroup = names[i][1];
	}
}

static void with_files(struct sma_config *config, char *root)
{
	pid_t writer, server;

	groups_write(root, INSTANCES);
	writer = groups_change(root, INSTANCES, CHANGED);
	config->root = root;
	config->cgroup_root = (char *)"/cg";
	run("files as of cgroup v2, 100 change a second", config);
	server = server_start(&health.port);
	service.health = &health;
	run("the same, and HTTP checks every 5 s", config);
	service.health = NULL;
	kill(writer, SIGKILL);
	kill(server, SIGKILL);
	waitpid(writer, NULL, 0);
	waitpid(server, NULL, 0);
}

static void with_groups(struct sma_config *config)
{
	const char *mount = groups_find(), *what;
	char name[96];

	if (!mount || !groups_make(mount, INSTANCES, &what)) {
		printf("control groups of cgroup v2 cannot be made here\n");
		return;
	}
	config->root = NULL;
	config->cgroup_root = (char *)mount;
	snprintf(name, sizeof(name), "control groups with %s", what);
	run(name, config);
	groups_remove(mount, INSTANCES);
}

int main(void)
{
	struct sma_config config = { .services = &service };
	char root[64];

	make_instances();
	printf("role sma, %u instances at 1 Hz, %u s each; wanted: %g %% of a core, %g MB\n"
	       "%-44s %6s %7s %8s %8s %8s %8s\n%-44s %6s %7s %8s %8s %8s %8s\n",
	       INSTANCES, RUN_S, CPU_LIMIT, RSS_LIMIT, "sources", "CPU",
	       "kernel", "RSS", "grown", "updates", "checks", "", "%", "%",
	       "MB", "MB", "per s", "per s");
	fflush(stdout);
	run("the host alone", &config);
	config.services_count = 1;
	tree_new(root);
	tree_cpu(root, 8, 1000, 1000);
	tree_memory(root, 16 << 20, 8 << 20);
	with_files(&config, root);
	tree_free(root);
	with_groups(&config);
	return 0;
}
