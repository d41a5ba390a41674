/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which service contact instance answers a CMAS request
 * (draft-zhangb-cats-cmas-01, section 6): gas, delay, then the closest cost.
 *
 * Pure: rows in, a choice out; no memory, no clock, no store.  The result does
 * not depend on the order of the rows, but for two of one CSCI-ID that are
 * equal in everything: the first of them is taken.
 */
#ifndef CATS_CMAS_SELECT_H
#define CATS_CMAS_SELECT_H

#include <stddef.h>
#include <stdint.h>

/** CMAS_DELAY_UNKNOWN - nobody measured it: never good enough. */
#define CMAS_DELAY_UNKNOWN	UINT64_MAX

/** CMAS_GAS_MAX - of a row or a request: JSON has no unsigned numbers. */
#define CMAS_GAS_MAX		0x7fffffffu
/** CMAS_COST_MAX - likewise; whole units, which the operator names */
#define CMAS_COST_MAX		(1ull << 53)
/** CMAS_DELAY_MAX - of a request, us: an hour */
#define CMAS_DELAY_MAX		3600000000ull

/**
 * struct cmas_request - the 4-tuple, without its service
 * @gas: slots wanted, from 1
 * @cost: wanted for one
 * @delay_us: computing time and network delay together are at most this
 */
struct cmas_request {
	uint32_t gas;
	uint64_t cost;
	uint64_t delay_us;
};

/**
 * struct cmas_row - a row of the whole service table (section 5), of the
 *	service that is asked for
 * @csci: CSCI-ID, 16 octets, IPv4-mapped
 * @gas: slots that are free
 * @cost: of one
 * @computing_us: computing time; CMAS_DELAY_UNKNOWN
 * @network_us: network delay; CMAS_DELAY_UNKNOWN
 *
 * An instance that is reached by several SR policies may have a row for each.
 */
struct cmas_row {
	uint8_t csci[16];
	uint32_t gas;
	uint64_t cost;
	uint64_t computing_us;
	uint64_t network_us;
};

/**
 * CMAS_VERDICTS - X(symbol, name): of a row, in the order they are looked at
 *
 * fits; gas: too few slots are free; unknown-delay; delay: too long.
 */
#define CMAS_VERDICTS(X)						\
	X(CMAS_FITS, "fits")						\
	X(CMAS_NO_GAS, "gas")						\
	X(CMAS_UNKNOWN_DELAY, "unknown-delay")				\
	X(CMAS_TOO_SLOW, "delay")

#define CMAS_SYMBOL(symbol, name) symbol,

/** enum cmas_verdict - see CMAS_VERDICTS */
enum cmas_verdict {
	CMAS_VERDICTS(CMAS_SYMBOL)
	CMAS_VERDICT_COUNT
};

#undef CMAS_SYMBOL

/** cmas_verdict_name - "fits", "gas", ... */
const char *cmas_verdict_name(enum cmas_verdict verdict);

/** CMAS_NO_ROW - no row fits */
#define CMAS_NO_ROW	SIZE_MAX

/**
 * struct cmas_choice - what became of the rows
 * @row: index of the best, or CMAS_NO_ROW
 * @real_delay_us: of it
 * @count: rows by enum cmas_verdict
 */
struct cmas_choice {
	size_t row;
	uint64_t real_delay_us;
	size_t count[CMAS_VERDICT_COUNT];
};

/** cmas_real_delay - computing time and network delay; CMAS_DELAY_UNKNOWN */
uint64_t cmas_real_delay(const struct cmas_row *row);

/** cmas_judge - would this row do? */
enum cmas_verdict cmas_judge(const struct cmas_request *request,
			     const struct cmas_row *row);

/**
 * cmas_better - of two rows that fit, is @a the better one?
 *
 * Smallest distance of the cost to the requested one, then smallest real
 * delay, then smallest CSCI-ID.
 */
int cmas_better(const struct cmas_request *request, const struct cmas_row *a,
		const struct cmas_row *b);

/** cmas_select - the best of @rows rows; 0 rows are fine. */
void cmas_select(const struct cmas_request *request,
		 const struct cmas_row *row, size_t rows,
		 struct cmas_choice *choice);

/**
 * cmas_reason - why a choice is what it is
 *
 * Return: "fits"; "unknown-service" if there was no row; else the name of the
 * last verdict some row got to: "delay" says that gas alone would have done.
 */
const char *cmas_reason(const struct cmas_choice *choice);

#endif /* CATS_CMAS_SELECT_H */
