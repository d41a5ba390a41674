// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <string.h>

#include "carh.h"
#include "error.h"

/* RFC 5905 figure 4: 1 January 1970 in NTP seconds */
#define NTP_UNIX	2208988800ULL

#define NSEC		1000000000ULL

static const char *const verdict_names[CARH_VERDICTS] = {
	[CARH_OK] = "ok",
	[CARH_TRUNCATED] = "truncated",
	[CARH_BAD_VERSION] = "version",
	[CARH_BAD_LENGTH] = "length",
	[CARH_BAD_TTL] = "ttl",
	[CARH_DUPLICATE] = "duplicate",
	[CARH_BAD_VALUE] = "value",
	[CARH_FUTURE] = "future",
	[CARH_STALE] = "stale",
};

const char *carh_verdict_name(enum carh_verdict verdict)
{
	return verdict < CARH_VERDICTS ? verdict_names[verdict] : "invalid";
}

static bool is_private(uint8_t type)
{
	return type >= CAI_PRIVATE_FIRST && type <= CAI_PRIVATE_LAST;
}

/* Above what a type allows, unless it says "more than that" or "unknown". */
static bool is_value(uint8_t type, uint32_t value)
{
	const struct carh_type *known = carh_type(type);

	if (value == CAI_UNKNOWN || value == CAI_SATURATED)
		return true;
	return value <= (known ? known->max : CAI_MAX);
}

static const struct carh_cai *find(const struct carh *carh, uint8_t type)
{
	unsigned int i;

	for (i = 0; i < carh->count; i++)
		if (carh->cai[i].type == type)
			return &carh->cai[i];
	return NULL;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static int check(const struct carh *carh)
{
	const struct carh_cai *cai;
	unsigned int i;

	if (!carh->ttl_s || carh->ttl_s > CARH_TTL_SEND_MAX)
		return cats_error(EINVAL,
				  "time to live %u s of a CARH is not 1 to %u",
				  carh->ttl_s, CARH_TTL_SEND_MAX);
	if (carh->count > CARH_CAIS_MAX)
		return cats_error(EINVAL, "%u CAIs in a CARH, %u can be",
				  carh->count, CARH_CAIS_MAX);
	for (i = 0; i < carh->count; i++) {
		cai = &carh->cai[i];
		if (!carh_type(cai->type) && !is_private(cai->type))
			return cats_error(EINVAL,
					  "CAI type 0x%02x is not known",
					  cai->type);
		if (find(carh, cai->type) != cai)
			return cats_error(EINVAL, "CAI type 0x%02x twice",
					  cai->type);
		if (!is_value(cai->type, cai->value))
			return cats_error(EINVAL,
					  "value %u of CAI type 0x%02x is above its maximum",
					  cai->value, cai->type);
	}
	return 0;
}

int carh_encode(const struct carh *carh, uint8_t *data, size_t room)
{
	size_t len = CARH_LEN + CAI_LEN * (size_t)carh->count;
	int ret = check(carh);
	unsigned int i;
	uint8_t *at;

	if (ret)
		return ret;
	if (len > room)
		return cats_error(ENOSPC, "a CARH of %zu octets, room for %zu",
				  len, room);
	put16(data + CARH_FIRST,
	      CARH_VERSION << CARH_VERSION_SHIFT | carh->ttl_s);
	put16(data + CARH_LENGTH, len);
	put32(data + CARH_TIMESTAMP, carh->timestamp >> 32);
	put32(data + CARH_TIMESTAMP + 4, carh->timestamp);
	for (i = 0; i < carh->count; i++) {
		at = data + CARH_LEN + CAI_LEN * i;
		put32(at, (uint32_t)carh->cai[i].type << 24 |
				  carh->cai[i].value);
	}
	return len;
}

static enum carh_verdict decode_cai(const uint8_t *data, struct carh *carh)
{
	uint32_t word = get32(data), value = word & CAI_VALUE_MASK;
	uint8_t type = word >> 24;

	if (!carh_type(type) && !is_private(type)) {
		carh->skipped++;
		return CARH_OK;
	}
	if (find(carh, type))
		return CARH_DUPLICATE;
	if (!is_value(type, value))
		return CARH_BAD_VALUE;
	/* fits: no type twice, and there are fewer than CARH_CAIS_MAX */
	carh->cai[carh->count].type = type;
	carh->cai[carh->count++].value = value;
	return CARH_OK;
}

enum carh_verdict carh_decode(const uint8_t *data, size_t len,
			      struct carh *carh)
{
	enum carh_verdict verdict = CARH_OK;
	size_t at;

	memset(carh, 0, sizeof(*carh));
	if (len < CARH_LEN)
		return CARH_TRUNCATED;
	if (get16(data + CARH_FIRST) >> CARH_VERSION_SHIFT != CARH_VERSION)
		return CARH_BAD_VERSION;
	carh->ttl_s = get16(data + CARH_FIRST) & CARH_TTL_MASK;
	carh->length = get16(data + CARH_LENGTH);
	carh->timestamp = (uint64_t)get32(data + CARH_TIMESTAMP) << 32 |
			  get32(data + CARH_TIMESTAMP + 4);
	if (carh->length < CARH_LEN || (carh->length - CARH_LEN) % CAI_LEN)
		return CARH_BAD_LENGTH;
	if (carh->length > len)
		return CARH_TRUNCATED;
	if (!carh->ttl_s)
		return CARH_BAD_TTL;
	for (at = CARH_LEN; at < carh->length && !verdict; at += CAI_LEN)
		verdict = decode_cai(data + at, carh);
	return verdict;
}

enum carh_verdict carh_judge(const struct carh *carh, uint64_t now,
			     uint32_t tolerance_ms)
{
	int64_t age_ms = carh_time_ms(carh->timestamp, now);

	if (age_ms < -(int64_t)tolerance_ms)
		return CARH_FUTURE;
	if (age_ms > carh->ttl_s * 1000LL + tolerance_ms)
		return CARH_STALE;
	return CARH_OK;
}

/* To the nearest step; what is beyond the type's maximum is said so. */
static uint32_t wire_value(const struct carh_type *known, double real)
{
	double steps = known ? real / known->scale : real;

	if (isnan(steps) || steps < 0)
		return CAI_UNKNOWN;
	steps = floor(steps + 0.5);
	if (steps > (known ? known->max : CAI_MAX))
		return CAI_SATURATED;
	return steps;
}

int carh_put(struct carh *carh, uint8_t type, double real)
{
	const struct carh_type *known = carh_type(type);
	struct carh_cai *cai = &carh->cai[carh->count];

	if (!known && !is_private(type))
		return cats_error(EINVAL, "CAI type 0x%02x is not known", type);
	if (find(carh, type))
		return cats_error(EINVAL, "CAI type 0x%02x twice", type);
	if (carh->count == CARH_CAIS_MAX)
		return cats_error(ENOSPC, "more than %u CAIs in a CARH",
				  CARH_CAIS_MAX);
	cai->type = type;
	cai->value = wire_value(known, real);
	carh->count++;
	return 0;
}

double carh_get(const struct carh *carh, uint8_t type)
{
	const struct carh_type *known = carh_type(type);
	const struct carh_cai *cai = find(carh, type);
	double scale = known ? known->scale : 1;

	if (!cai || cai->value == CAI_UNKNOWN)
		return NAN;
	if (cai->value == CAI_SATURATED)
		return scale * (known ? known->max : CAI_MAX);
	return scale * cai->value;
}

double carh_get_fresh(const struct carh *carh, uint8_t type, uint64_t now)
{
	const struct carh_type *known = carh_type(type);
	int64_t age_ms = carh_time_ms(carh->timestamp, now);

	if (known && age_ms > known->max_age_s * 1000LL)
		return NAN;
	return carh_get(carh, type);
}

uint64_t carh_time(const struct timespec *ts)
{
	uint64_t fraction = ((uint64_t)ts->tv_nsec << 32) / NSEC;

	/* the era is not part of the format: what overflows is dropped */
	return ((uint64_t)ts->tv_sec + NTP_UNIX) << 32 | fraction;
}

uint64_t carh_time_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return carh_time(&ts);
}

int64_t carh_time_ms(uint64_t before, uint64_t after)
{
	int64_t diff = (int64_t)(after - before);

	/* in two parts: 1000 times the whole would overflow */
	return (diff >> 32) * 1000 + (((diff & 0xffffffff) * 1000) >> 32);
}
