/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Computing-Aware Routing Headers (draft-peng-cats-car-architecture-00):
 * encode, decode, judge.  The wire format is in Documentation/carh.md.
 */
#ifndef CATS_CARH_H
#define CATS_CARH_H

#include <cats/carh.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** CARH_CAIS_MAX - every known type, all of energy and private use: 42. */
#define CARH_CAIS_MAX	48

/** CARH_ENCODED_MAX - octets carh_encode() may need. */
#define CARH_ENCODED_MAX (CARH_LEN + CARH_CAIS_MAX * CAI_LEN)

/** enum carh_scope - whose property a type of CAI is */
enum carh_scope {
	CARH_SCOPE_HOST,	/* of the machine, in every CARH */
	CARH_SCOPE_INSTANCE,	/* of the instance, or host, it is about */
	CARH_SCOPE_SITE,	/* of the way to the site */
};

/**
 * struct carh_type - what is known of a type of CAI
 * @type: enum cai_type
 * @name: as in records and commands
 * @unit: of a real value
 * @scale: real value = wire value * @scale
 * @max: largest wire value, CAI_SATURATED and CAI_UNKNOWN apart
 * @scope: whose property it is
 * @max_age_s: older than that it is unknown, whatever the time to live says
 */
struct carh_type {
	uint8_t type;
	const char *name;
	const char *unit;
	double scale;
	uint32_t max;
	enum carh_scope scope;
	uint16_t max_age_s;
};

/** carh_type - descriptor of a type, NULL for one that is not known. */
const struct carh_type *carh_type(uint8_t type);
/** carh_type_at - the types in order, NULL behind the last. */
const struct carh_type *carh_type_at(unsigned int index);

/**
 * struct carh_cai - one piece of computing-aware information
 * @type: enum cai_type
 * @value: as on the wire
 */
struct carh_cai {
	uint8_t type;
	uint32_t value;
};

/**
 * struct carh - a decoded header
 * @ttl_s: how long it is in effect
 * @length: octets it takes on the wire; set by carh_decode()
 * @timestamp: of the perception, NTP format (RFC 5905 section 6)
 * @skipped: CAIs of unknown types, left out; set by carh_decode()
 * @count: entries of @cai
 * @cai: known and private types, in the order of the wire
 */
struct carh {
	uint16_t ttl_s;
	uint16_t length;
	uint64_t timestamp;
	uint16_t skipped;
	uint16_t count;
	struct carh_cai cai[CARH_CAIS_MAX];
};

/** enum carh_verdict - why a header is refused; names: carh_verdict_name() */
enum carh_verdict {
	CARH_OK,
	CARH_TRUNCATED,		/* fewer octets than a header, or than Length */
	CARH_BAD_VERSION,	/* not CARH_VERSION */
	CARH_BAD_LENGTH,	/* Length below 12 or no multiple of 4 */
	CARH_BAD_TTL,		/* 0: never in effect */
	CARH_DUPLICATE,		/* a type twice: which one counts? */
	CARH_BAD_VALUE,		/* above what its type allows */
	CARH_FUTURE,		/* from after now, beyond the tolerance */
	CARH_STALE,		/* older than its TTL and the tolerance */
	CARH_VERDICTS
};

/** carh_verdict_name - "ok", "truncated", ... for counters and messages. */
const char *carh_verdict_name(enum carh_verdict verdict);

/**
 * carh_encode - write a header
 * @carh: what to write; @length and @skipped are not looked at
 * @data: result
 * @room: octets of @data
 *
 * Return: octets written; -EINVAL for a TTL of 0 or above CARH_TTL_SEND_MAX, a
 * type twice or a value above its maximum, -ENOSPC; with a message.
 */
int carh_encode(const struct carh *carh, uint8_t *data, size_t room);

/**
 * carh_decode - read a header
 * @data: octets, as they came; more may follow the header
 * @len: how many
 * @carh: result; not to be used unless CARH_OK is returned
 *
 * Whether it is in effect is for carh_judge() to say.
 */
enum carh_verdict carh_decode(const uint8_t *data, size_t len,
			      struct carh *carh);

/**
 * carh_judge - is a header in effect?
 * @carh: header
 * @now: NTP time
 * @tolerance_ms: how far clocks may be apart
 *
 * Return: CARH_OK, CARH_FUTURE or CARH_STALE.
 */
enum carh_verdict carh_judge(const struct carh *carh, uint64_t now,
			     uint32_t tolerance_ms);

/**
 * carh_put - add a real value
 * @carh: header
 * @type: a known type, or of private use (then @real is the wire value)
 * @real: value in the unit of the type; NAN: unknown, like a negative one
 *
 * Return: 0; -EINVAL for an unknown type or one that is there; -ENOSPC.
 */
int carh_put(struct carh *carh, uint8_t type, double real);

/**
 * carh_get - real value of a type
 * @carh: header
 * @type: type
 *
 * Return: in the unit of the type; NAN if unknown or not there, the maximum of
 * the type if saturated.
 */
double carh_get(const struct carh *carh, uint8_t type);

/**
 * carh_get_fresh - carh_get(), but NAN when older than the type's maximum age
 * @carh: header
 * @type: type
 * @now: NTP time
 */
double carh_get_fresh(const struct carh *carh, uint8_t type, uint64_t now);

/** carh_time - NTP format of a CLOCK_REALTIME time. */
uint64_t carh_time(const struct timespec *ts);
/** carh_time_now - NTP format of now. */
uint64_t carh_time_now(void);

/**
 * carh_time_ms - from @before to @after in ms, negative if it is the other way
 * round; right across the end of the NTP era in 2036 (RFC 5905 section 6).
 */
int64_t carh_time_ms(uint64_t before, uint64_t after);

#endif /* CATS_CARH_H */
