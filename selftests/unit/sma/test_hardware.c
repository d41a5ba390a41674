// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory modules out of SMBIOS, GPUs out of a library that pretends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sma/dmi.h"
#include "sma/gpu.h"
#include "sma/host.h"
#include "tree.h"

#define assert_near(got, wanted, by) \
	assert_true(fabs((got) - (wanted)) <= (by))

#define MODULE_LEN	(0x5c + 6)
#define FUZZ_ROUNDS	50000

static struct sma_host host;
static char root[64];

static int teardown(void **state)
{
	(void)state;
	sma_host_close(&host);
	tree_free(root);
	return 0;
}

/* A structure of type 17 as SMBIOS 3.3 has it, with a string behind it. */
static size_t module(uint8_t *at, uint16_t size, uint16_t width, uint16_t speed,
		     uint16_t configured, uint32_t extended)
{
	memset(at, 0, MODULE_LEN);
	at[0] = 17;
	at[1] = 0x5c;
	memcpy(at + 0x0a, &width, 2);
	memcpy(at + 0x0c, &size, 2);
	memcpy(at + 0x15, &speed, 2);
	memcpy(at + 0x20, &configured, 2);
	memcpy(at + 0x58, &extended, 4);
	memcpy(at + 0x5c, "DIMM", 5);
	return MODULE_LEN;
}

static size_t end_of_table(uint8_t *at)
{
	static const uint8_t end[] = { 127, 4, 0, 0, 0, 0 };

	memcpy(at, end, sizeof(end));
	return sizeof(end);
}

static void test_dmi(void **state)
{
	struct sma_config config = { .root = root, .sample_ms = 100 };
	uint8_t table[1024] = { 0, 24 };
	size_t len = 24;

	(void)state;
	tree_new(root);
	memcpy(table + len, "vendor\0two\0", 12);
	len += 12;
	assert_true(isnan(sma_dmi_memory_rate(table, len)));
	len += module(table + len, 16384, 64, 3200, 2933, 0);
	assert_near(sma_dmi_memory_rate(table, len), 23464, 0);
	len += module(table + len, 16384, 64, 3200, 0, 0);
	assert_near(sma_dmi_memory_rate(table, len), 23464, 0);
	/* an empty slot, one that does not know, and beyond 65,534 MT/s */
	len += module(table + len, 0, 64, 100, 100, 0);
	len += module(table + len, 16384, 0xffff, 100, 100, 0);
	len += module(table + len, 16384, 64, 0xffff, 0xffff, 70000);
	assert_near(sma_dmi_memory_rate(table, len), 23464, 0);
	len += end_of_table(table + len);
	len += module(table + len, 16384, 64, 100, 100, 0);
	assert_near(sma_dmi_memory_rate(table, len), 23464, 0);
	tree_write_octets(root, "/sys/firmware/dmi/tables/DMI", table, len);
	assert_int_equal(sma_host_open(&host, &config), 0);
	sma_host_sample(&host);
	assert_near(host.values[FACTOR_MEMORY_FREQUENCY], 23464, 0);
}

static void test_dmi_extended(void **state)
{
	uint8_t table[MODULE_LEN];

	(void)state;
	assert_near(sma_dmi_memory_rate(table, module(table, 1, 64, 0xffff,
						      0xffff, 70000)),
		    560000, 0);
	/* SMBIOS 2.3 ends before the configured speed */
	module(table, 1, 64, 400, 333, 0);
	table[1] = 0x1b;
	memset(table + 0x1b, 0, sizeof(table) - 0x1b);
	assert_near(sma_dmi_memory_rate(table, sizeof(table)), 3200, 0);
}

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static void test_dmi_fuzz(void **state)
{
	uint8_t whole[3 * MODULE_LEN], *table;
	size_t len;
	int i, n;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		for (n = 0; n < 3; n++)
			module(whole + n * MODULE_LEN, 1, 64, any(65536),
			       any(65536), any(1 << 30));
		for (n = any(4); n; n--)
			whole[any(sizeof(whole))] = any(256);
		len = any(sizeof(whole) + 1);
		/* of its size, so that the sanitizer sees the end */
		table = malloc(len ? len : 1);
		assert_non_null(table);
		memcpy(table, whole, len);
		sma_dmi_memory_rate(table, len);
		free(table);
	}
}

/* --- NVML ---------------------------------------------------------------- */

static double until_utilisation(struct sma_gpu *gpu)
{
	uint64_t end = clock_monotonic_ms() + 5000;
	double utilisation;

	do {
		utilisation = sma_gpu_read(gpu).utilisation;
		sched_yield();
	} while (isnan(utilisation) && clock_monotonic_ms() < end);
	return utilisation;
}

static void test_gpu(void **state)
{
	struct sma_gpu_sample sample;
	struct sma_gpu *gpu;

	(void)state;
	setenv("FAKE_NVML", "2", 1);
	gpu = sma_gpu_open(FAKE_NVML, 100);
	assert_non_null(gpu);
	assert_near(until_utilisation(gpu), 0.6, 1e-9);
	sample = sma_gpu_read(gpu);
	assert_near(sample.memory_mib, 81920, 0);
	assert_near(sample.memory_used, 0.375, 1e-9);
	sma_gpu_close(gpu);
}

static void test_no_gpu(void **state)
{
	static const char *const ways[] = { "0", "no-driver" };
	struct sma_gpu_sample sample;
	struct sma_gpu *gpu;
	unsigned int i;

	(void)state;
	assert_null(sma_gpu_open("/nonexistent.so", 100));
	/* a library, but another one */
	assert_null(sma_gpu_open("libm.so.6", 100));
	for (i = 0; i < 2; i++) {
		setenv("FAKE_NVML", ways[i], 1);
		assert_null(sma_gpu_open(FAKE_NVML, 100));
	}
	setenv("FAKE_NVML", "error", 1);
	gpu = sma_gpu_open(FAKE_NVML, 100);
	assert_non_null(gpu);
	sample = sma_gpu_read(gpu);
	assert_true(isnan(sample.memory_mib) && isnan(sample.utilisation));
	sma_gpu_close(gpu);
	sma_gpu_close(NULL);
	assert_true(isnan(sma_gpu_read(NULL).utilisation));
}

/* A driver that does not answer holds up nobody. */
static void test_gpu_hangs(void **state)
{
	uint64_t start = clock_monotonic_ms();
	struct sma_gpu *gpu;

	(void)state;
	setenv("FAKE_NVML", "hang", 1);
	gpu = sma_gpu_open(FAKE_NVML, 100);
	assert_non_null(gpu);
	assert_true(isnan(sma_gpu_read(gpu).utilisation));
	assert_true(clock_monotonic_ms() - start < 2000);
	/* it answers in the end */
	setenv("FAKE_NVML", "2", 1);
	assert_near(until_utilisation(gpu), 0.6, 1e-9);
	sma_gpu_close(gpu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_dmi, teardown),
		cmocka_unit_test(test_dmi_extended),
		cmocka_unit_test(test_dmi_fuzz),
		cmocka_unit_test(test_gpu),
		cmocka_unit_test(test_no_gpu),
		cmocka_unit_test(test_gpu_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
