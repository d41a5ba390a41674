// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CARHs: the test vectors that Documentation/carh.md gives to everybody, round
 * trips, and mutated headers under the sanitizers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "carh.h"
#include "error.h"

#define FUZZ_ROUNDS	200000

/* --- vectors ------------------------------------------------------------- */

static size_t from_hex(const char *hex, uint8_t *data, size_t room)
{
	size_t len = strlen(hex) / 2, i;
	unsigned int octet;

	assert_true(len <= room);
	for (i = 0; i < len; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &octet), 1);
		data[i] = octet;
	}
	return len;
}

static uint64_t number_of(const json_t *vector, const char *key)
{
	const char *text = json_string_value(json_object_get(vector, key));

	assert_non_null(text);
	return strtoull(text, NULL, 16);
}

static void check_cai(const struct carh *carh, size_t i, const json_t *want)
{
	json_t *value = json_object_get(want, "value");
	uint8_t type = json_integer_value(json_object_get(want, "type"));
	double real = carh_get(carh, type);

	assert_int_equal(carh->cai[i].type, type);
	assert_int_equal(carh->cai[i].value,
			 json_integer_value(json_object_get(want, "wire")));
	if (json_is_null(value))
		assert_true(isnan(real));
	else
		assert_true(fabs(real - json_number_value(value)) < 1e-9);
}

static void check_decoded(const struct carh *carh, const json_t *vector)
{
	json_t *cai = json_object_get(vector, "cai"), *want;
	size_t i;

	assert_int_equal(carh->ttl_s,
			 json_integer_value(json_object_get(vector, "ttl")));
	assert_true(carh->timestamp == number_of(vector, "timestamp"));
	if (!cai)
		return;
	assert_int_equal(carh->skipped, json_integer_value(json_object_get(
						vector, "skipped")));
	assert_int_equal(carh->count, json_array_size(cai));
	json_array_foreach(cai, i, want)
		check_cai(carh, i, want);
}

static void check_vector(const json_t *vector)
{
	json_t *tolerance = json_object_get(vector, "tolerance_ms");
	enum carh_verdict verdict;
	uint8_t data[256], *copy;
	struct carh carh;
	size_t len;

	len = from_hex(json_string_value(json_object_get(vector, "hex")), data,
		       sizeof(data));
	/* of its size, so that the sanitizer sees what is read behind it */
	copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, data, len);
	verdict = carh_decode(copy, len, &carh);
	free(copy);
	if (tolerance) {
		assert_int_equal(verdict, CARH_OK);
		verdict = carh_judge(&carh, number_of(vector, "now"),
				     json_integer_value(tolerance));
	}
	assert_string_equal(carh_verdict_name(verdict),
			    json_string_value(json_object_get(vector,
							      "verdict")));
	if (json_object_get(vector, "ttl"))
		check_decoded(&carh, vector);
}

static void test_vectors(void **state)
{
	json_error_t error;
	json_t *vectors = json_load_file(CARH_VECTORS, 0, &error), *vector;
	size_t i;

	(void)state;
	if (!vectors)
		fail_msg("%s:%d: %s", CARH_VECTORS, error.line, error.text);
	assert_true(json_array_size(vectors) > 30);
	json_array_foreach(vectors, i, vector) {
		print_message("# %s\n", json_string_value(json_object_get(
						vector, "name")));
		check_vector(vector);
	}
	json_decref(vectors);
}

/* --- round trip ---------------------------------------------------------- */

static void round_trip(const struct carh_type *type, double real)
{
	struct carh carh = { .ttl_s = 30, .timestamp = 1 }, back;
	uint8_t data[CARH_ENCODED_MAX];
	int len;

	assert_int_equal(carh_put(&carh, type->type, real), 0);
	len = carh_encode(&carh, data, sizeof(data));
	assert_int_equal(len, CARH_LEN + CAI_LEN);
	assert_int_equal(carh_decode(data, len, &back), CARH_OK);
	assert_int_equal(back.length, len);
	assert_true(fabs(carh_get(&back, type->type) - real) <=
		    type->scale / 2 + 1e-9);
}

static void test_round_trip(void **state)
{
	const struct carh_type *type;
	unsigned int i, step;

	(void)state;
	for (i = 0; (type = carh_type_at(i)); i++)
		for (step = 0; step <= 1000; step++)
			round_trip(type, type->max * type->scale * step / 1000);
}

static void test_limits(void **state)
{
	const struct carh_type *type;
	struct carh carh;
	unsigned int i;

	(void)state;
	for (i = 0; (type = carh_type_at(i)); i++) {
		carh = (struct carh){ .ttl_s = 1 };
		assert_int_equal(carh_put(&carh, type->type,
					  (type->max + 1) * type->scale), 0);
		assert_int_equal(carh.cai[0].value, CAI_SATURATED);
		assert_true(carh_get(&carh, type->type) ==
			    type->max * type->scale);
		assert_int_equal(carh_put(&carh, type->type, 0), -EINVAL);
		carh.count = 0;
		carh_put(&carh, type->type, NAN);
		assert_int_equal(carh.cai[0].value, CAI_UNKNOWN);
		assert_true(isnan(carh_get(&carh, type->type)));
		carh.count = 0;
		carh_put(&carh, type->type, -0.1);
		assert_int_equal(carh.cai[0].value, CAI_UNKNOWN);
	}
	assert_true(isnan(carh_get(&carh, CAI_PRIVATE_FIRST)));
}

static void expect_refused(const struct carh *carh, int err, const char *why)
{
	uint8_t data[CARH_ENCODED_MAX];

	assert_int_equal(carh_encode(carh, data, sizeof(data)), err);
	assert_non_null(strstr(cats_error_message(), why));
}

static void test_encode_refuses(void **state)
{
	struct carh carh = { .ttl_s = 0 };
	uint8_t data[CARH_LEN];

	(void)state;
	expect_refused(&carh, -EINVAL, "time to live 0");
	carh.ttl_s = 256;
	expect_refused(&carh, -EINVAL, "time to live 256");
	carh.ttl_s = 255;
	carh.count = 1;
	carh.cai[0] = (struct carh_cai){ CAI_ENERGY_FIRST, 1 };
	expect_refused(&carh, -EINVAL, "0x10 is not known");
	carh.cai[0] = (struct carh_cai){ CAI_CPS, 1001 };
	expect_refused(&carh, -EINVAL, "above its maximum");
	carh.count = 2;
	carh.cai[0] = carh.cai[1] = (struct carh_cai){ CAI_CPS, 1 };
	expect_refused(&carh, -EINVAL, "twice");
	carh.count = 1;
	assert_int_equal(carh_encode(&carh, data, sizeof(data)), -ENOSPC);
}

static void test_age(void **state)
{
	struct carh carh = { .ttl_s = 255, .timestamp = 100ULL << 32 };
	uint64_t later = carh.timestamp + (31ULL << 32);

	(void)state;
	carh_put(&carh, CAI_CPU_UTILISATION, 50);
	carh_put(&carh, CAI_CPU_CORES, 4);
	assert_int_equal(carh_judge(&carh, later, 0), CARH_OK);
	assert_true(carh_get_fresh(&carh, CAI_CPU_UTILISATION,
				   carh.timestamp) == 50);
	assert_true(isnan(carh_get_fresh(&carh, CAI_CPU_UTILISATION, later)));
	assert_true(carh_get_fresh(&carh, CAI_CPU_CORES, later) == 4);
}

static void test_time(void **state)
{
	/* RFC 5905 figure 4: the first day of UNIX, and 2036's rollover */
	struct timespec epoch = {}, half = { 1, 500000000 };
	struct timespec era1 = { 2085978496, 0 };
	uint64_t before;

	(void)state;
	assert_true(carh_time(&epoch) == 2208988800ULL << 32);
	assert_true(carh_time(&half) == (2208988801ULL << 32 | 0x80000000));
	assert_true(carh_time(&era1) == 0);
	assert_int_equal(carh_time_ms(carh_time(&epoch), carh_time(&half)),
			 1500);
	assert_int_equal(carh_time_ms(carh_time(&half), carh_time(&epoch)),
			 -1500);
	before = carh_time_now();
	assert_in_range(carh_time_ms(before, carh_time_now()), 0, 60000);
}

/* --- mutations ----------------------------------------------------------- */

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	/* xorshift: the same on every run */
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

static size_t right_header(uint8_t *data, size_t room)
{
	struct carh carh = { .ttl_s = 1 + any(255), .timestamp = seed };
	const struct carh_type *type;
	unsigned int i;
	int len;

	for (i = 0; (type = carh_type_at(i)); i++)
		if (any(2))
			carh_put(&carh, type->type,
				 any(type->max + 2) * type->scale);
	for (i = CAI_PRIVATE_FIRST; i <= CAI_PRIVATE_LAST; i++)
		if (any(2))
			carh_put(&carh, i, any(1 << 24));
	len = carh_encode(&carh, data, room);
	assert_true(len > 0);
	return len;
}

static size_t mutate(uint8_t *data, size_t len, size_t room)
{
	unsigned int n = 1 + any(4);

	while (n--) {
		switch (any(5)) {
		case 0:
			if (len)
				data[any(len)] ^= 1 << any(8);
			break;
		case 1:
			if (len)
				data[any(len)] = any(256);
			break;
		case 2:
			len = any(len + 1);
			break;
		case 3:
			while (len < room && any(8))
				data[len++] = any(256);
			break;
		case 4:
			if (len > 3)
				data[3] = any(256);
			break;
		}
	}
	return len;
}

/* What is accepted must be what is encoded again, but for what was skipped. */
static void check_accepted(struct carh *carh, const uint8_t *data)
{
	uint8_t again[CARH_ENCODED_MAX];
	int len;

	assert_true(carh->count <= CARH_CAIS_MAX);
	assert_int_equal(carh->length, CARH_LEN + CAI_LEN *
			 (carh->count + carh->skipped));
	if (carh->ttl_s > CARH_TTL_SEND_MAX)
		carh->ttl_s = CARH_TTL_SEND_MAX;
	len = carh_encode(carh, again, sizeof(again));
	assert_int_equal(len, CARH_LEN + CAI_LEN * carh->count);
	if (!carh->skipped)
		assert_memory_equal(again + CARH_LENGTH, data + CARH_LENGTH,
				    len - CARH_LENGTH);
}

static void test_fuzz(void **state)
{
	uint8_t data[512], *copy;
	unsigned int seen[CARH_VERDICTS] = {}, i;
	enum carh_verdict verdict;
	struct carh carh;
	size_t len;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		len = right_header(data, sizeof(data));
		len = mutate(data, len, sizeof(data));
		copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, data, len);
		verdict = carh_decode(copy, len, &carh);
		if (verdict == CARH_OK) {
			verdict = carh_judge(&carh, carh.timestamp +
					     ((seed % 600 - 60) << 32),
					     any(5000));
			check_accepted(&carh, copy);
		}
		seen[verdict]++;
		free(copy);
	}
	for (i = 0; i < CARH_VERDICTS; i++) {
		print_message("# %s: %u\n", carh_verdict_name(i), seen[i]);
		assert_true(seen[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_encode_refuses),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
