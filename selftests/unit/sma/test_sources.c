// SPDX-License-Identifier: GPL-2.0-or-later
/* Sources of the host and control groups, on a tree and on this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "sma/cgroup.h"
#include "sma/host.h"
#include "tree.h"

#define assert_near(got, wanted, by) \
	assert_true(fabs((got) - (wanted)) <= (by))

static char root[64];
static struct sma_config config;
static struct sma_host host;

static int setup(void **state)
{
	(void)state;
	tree_new(root);
	config = (struct sma_config){
		.root = root,
		.nvml = (char *)"/nonexistent.so",
		.sample_ms = 100,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sma_host_close(&host);
	tree_free(root);
	return 0;
}

static double sampled(enum sma_factor factor)
{
	sma_host_sample(&host);
	return host.values[factor];
}

static void test_nothing(void **state)
{
	char *nowhere[] = { (char *)"/none" };
	int i;

	(void)state;
	config.storage = nowhere;
	config.storage_count = 1;
	assert_int_equal(sma_host_open(&host, &config), 0);
	sma_host_sample(&host);
	sma_host_sample(&host);
	for (i = 0; i < FACTORS; i++)
		assert_true(isnan(host.values[i]));
}

static void test_cpu(void **state)
{
	(void)state;
	tree_cpu(root, 4, 1000, 3000);
	assert_int_equal(sma_host_open(&host, &config), 0);
	assert_true(isnan(sampled(FACTOR_CPU_UTILISATION)));
	assert_int_equal(host.cpus, 4);
	tree_cpu(root, 4, 1300, 3700);
	assert_near(sampled(FACTOR_CPU_UTILISATION), 0.3, 1e-9);
	/* no time has passed: nothing is known, not 0 */
	assert_true(isnan(sampled(FACTOR_CPU_UTILISATION)));
	tree_cpu(root, 4, 1400, 3700);
	assert_near(sampled(FACTOR_CPU_UTILISATION), 1, 1e-9);
	/* iowait is idle, stolen time is not */
	tree_write(root, "/proc/stat", "cpu  1400 0 0 3700 100 0 0 300 0 0\n");
	assert_near(sampled(FACTOR_CPU_UTILISATION), 0.75, 1e-9);
	tree_write(root, "/proc/stat", "cpu  nonsense\n");
	assert_true(isnan(sampled(FACTOR_CPU_UTILISATION)));
	tree_cpu(root, 4, 5000, 9000);
	assert_true(isnan(sampled(FACTOR_CPU_UTILISATION)));
	tree_cpu(root, 4, 5100, 9100);
	assert_near(sampled(FACTOR_CPU_UTILISATION), 0.5, 1e-9);
	/* counters of another machine: a guest that was moved */
	tree_cpu(root, 4, 10, 10);
	assert_true(isnan(sampled(FACTOR_CPU_UTILISATION)));
}

#define CPU "/sys/devices/system/cpu/cpu"

static void test_frequency_and_cores(void **state)
{
	(void)state;
	tree_write(root, CPU "0/cpufreq/scaling_cur_freq", "2400000\n");
	tree_write(root, CPU "1/cpufreq/scaling_cur_freq", "3200000\n");
	tree_write(root, CPU "0/topology/core_cpus_list", "0,2\n");
	tree_write(root, CPU "1/topology/core_cpus_list", "1,3\n");
	tree_write(root, CPU "2/topology/core_cpus_list", "0,2\n");
	tree_write(root, CPU "3/topology/thread_siblings_list", "1,3\n");
	tree_write(root, CPU "freq/nothing", "x\n");
	tree_write(root, "/proc/cpuinfo", "cpu MHz\t\t: 1000.000\n");
	assert_int_equal(sma_host_open(&host, &config), 0);
	assert_near(sampled(FACTOR_CPU_FREQUENCY), 2800, 1e-9);
	assert_near(host.values[FACTOR_CPU_CORES], 2, 0);
}

static void test_frequency_of_cpuinfo(void **state)
{
	(void)state;
	tree_write(root, "/proc/cpuinfo",
		   "processor\t: 0\ncpu MHz\t\t: 2000.000\n\n"
		   "processor\t: 1\ncpu MHz\t\t: 2500.500\n");
	assert_int_equal(sma_host_open(&host, &config), 0);
	assert_near(sampled(FACTOR_CPU_FREQUENCY), 2250.25, 1e-9);
	assert_true(isnan(host.values[FACTOR_CPU_CORES]));
}

static void test_memory(void **state)
{
	(void)state;
	tree_memory(root, 1000, 250);
	assert_int_equal(sma_host_open(&host, &config), 0);
	assert_near(sampled(FACTOR_MEMORY_UTILISATION), 0.75, 1e-9);
	assert_true(host.memory_total == 1000 * 1024);
	tree_memory(root, 1000, 1001);
	assert_true(isnan(sampled(FACTOR_MEMORY_UTILISATION)));
	tree_write(root, "/proc/meminfo", "MemTotal: 1000 kB\n");
	assert_true(isnan(sampled(FACTOR_MEMORY_UTILISATION)));
}

static void test_storage(void **state)
{
	char *two[] = { (char *)"/none", (char *)"/" };
	double used;

	(void)state;
	config.storage = two;
	config.storage_count = 1;
	assert_int_equal(sma_host_open(&host, &config), 0);
	assert_true(isnan(sampled(FACTOR_STORAGE_UTILISATION)));
	sma_host_close(&host);
	config.storage_count = 2;
	assert_int_equal(sma_host_open(&host, &config), 0);
	used = sampled(FACTOR_STORAGE_UTILISATION);
	assert_true(used >= 0 && used <= 1);
}

/* --- control groups ------------------------------------------------------ */

#define GROUP "/sys/fs/cgroup/web.service"

static struct sma_cgroup cgroup;
static double cpu, memory;

static void sample_group(void)
{
	sma_cgroup_sample(&cgroup, &host, &cpu, &memory);
}

static void usage(unsigned long us)
{
	tree_write(root, GROUP "/cpu.stat",
		   "usage_usec %lu\nuser_usec 1\nsystem_usec 1\n", us);
}

/* What it used in a time that is not known beforehand. */
static void check_cpu(double cpus)
{
	uint64_t before = cgroup.time_us;

	usage(cgroup.usage_us + 5000);
	usleep(20000);
	sample_group();
	assert_true(before);
	assert_near(cpu, 5000 / (cpus * (cgroup.time_us - before)), 1e-6);
}

static void limits(const char *cpus, const char *bytes)
{
	tree_write(root, GROUP "/cpu.max", "%s\n", cpus);
	tree_write(root, GROUP "/memory.max", "%s\n", bytes);
	cgroup.limits_in = 0;
}

static void test_cgroup(void **state)
{
	(void)state;
	host.cpus = 4;
	host.memory_total = 1 << 30;
	assert_int_equal(sma_cgroup_open(&cgroup, root, NULL, "web.service"),
			 0);
	sample_group();
	assert_true(isnan(cpu) && isnan(memory));
	usage(1000);
	tree_write(root, GROUP "/memory.current", "%u\n", 1 << 28);
	limits("50000 100000", "536870912");
	/* it is looked for again after some samples */
	while (isnan(memory))
		sample_group();
	assert_true(isnan(cpu));
	assert_near(memory, 0.5, 1e-9);
	check_cpu(0.5);
	limits("max 100000", "max");
	check_cpu(4);
	assert_near(memory, 0.25, 1e-9);
	/* more than the machine has is no limit */
	limits("6400000 100000", "1099511627776");
	check_cpu(4);
	assert_near(memory, 0.25, 1e-9);
	/* nothing is allowed: full */
	limits("50000 100000", "0");
	check_cpu(0.5);
	assert_near(memory, 1, 0);
	/* restarted: its counter begins anew */
	usage(10);
	sample_group();
	assert_true(isnan(cpu));
}

static void test_cgroup_vanishes(void **state)
{
	(void)state;
	host.memory_total = 1 << 30;
	assert_int_equal(sma_cgroup_open(&cgroup, root, NULL, "web.service"),
			 0);
	tree_write(root, GROUP "/memory.current", "%u\n", 1 << 28);
	sample_group();
	assert_true(isnan(cpu));
	assert_near(memory, 0.25, 1e-9);
	tree_write(root, GROUP "/memory.current", "\n");
	sample_group();
	assert_true(isnan(memory));
	assert_int_equal(cgroup.memory_current, -1);
	sma_cgroup_close(&cgroup);
	assert_int_equal(sma_cgroup_open(&cgroup, root, NULL, NULL), 0);
	sample_group();
	assert_true(isnan(cpu) && isnan(memory));
	sma_cgroup_close(&cgroup);
}

static int close_group(void **state)
{
	sma_cgroup_close(&cgroup);
	memset(&host, 0, sizeof(host));
	return teardown(state);
}

/* --- this machine -------------------------------------------------------- */

static void test_real(void **state)
{
	uint64_t end = clock_monotonic_ms() + 5000;

	(void)state;
	config.root = NULL;
	assert_int_equal(sma_host_open(&host, &config), 0);
	do {
		sma_host_sample(&host);
		usleep(20000);
	} while (isnan(host.values[FACTOR_CPU_UTILISATION]) &&
		 clock_monotonic_ms() < end);
	assert_true(host.values[FACTOR_CPU_UTILISATION] >= 0);
	assert_true(host.values[FACTOR_CPU_UTILISATION] <= 1);
	assert_true(host.values[FACTOR_MEMORY_UTILISATION] > 0);
	assert_true(host.values[FACTOR_MEMORY_UTILISATION] < 1);
	assert_int_equal(host.cpus, sysconf(_SC_NPROCESSORS_ONLN));
	assert_true(host.values[FACTOR_CPU_CORES] >= 1);
	assert_true(host.values[FACTOR_CPU_CORES] <= host.cpus);
	assert_true(host.values[FACTOR_STORAGE_UTILISATION] > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define GROUP_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, close_group)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_cpu),
		TEST(test_frequency_and_cores),
		TEST(test_frequency_of_cpuinfo),
		TEST(test_memory),
		TEST(test_storage),
		GROUP_TEST(test_cgroup),
		GROUP_TEST(test_cgroup_vanishes),
		TEST(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
