// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "cmas_select.h"

#define CMAS_NAME(symbol, name) name,

static const char *const names[] = { CMAS_VERDICTS(CMAS_NAME) };

#undef CMAS_NAME

const char *cmas_verdict_name(enum cmas_verdict verdict)
{
	return names[verdict];
}

uint64_t cmas_real_delay(const struct cmas_row *row)
{
	uint64_t sum;

	/* an unknown part makes the sum overflow, or be unknown itself */
	if (__builtin_add_overflow(row->computing_us, row->network_us, &sum))
		return CMAS_DELAY_UNKNOWN;
	return sum;
}

enum cmas_verdict cmas_judge(const struct cmas_request *request,
			     const struct cmas_row *row)
{
	uint64_t delay = cmas_real_delay(row);

	if (row->gas < request->gas)
		return CMAS_NO_GAS;
	if (delay == CMAS_DELAY_UNKNOWN)
		return CMAS_UNKNOWN_DELAY;
	return delay > request->delay_us ? CMAS_TOO_SLOW : CMAS_FITS;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

int cmas_better(const struct cmas_request *request, const struct cmas_row *a,
		const struct cmas_row *b)
{
	uint64_t off_a = distance(a->cost, request->cost);
	uint64_t off_b = distance(b->cost, request->cost);
	uint64_t delay_a = cmas_real_delay(a), delay_b = cmas_real_delay(b);

	if (off_a != off_b)
		return off_a < off_b;
	if (delay_a != delay_b)
		return delay_a < delay_b;
	return memcmp(a->csci, b->csci, sizeof(a->csci)) < 0;
}

void cmas_select(const struct cmas_request *request,
		 const struct cmas_row *row, size_t rows,
		 struct cmas_choice *choice)
{
	enum cmas_verdict verdict;
	size_t i;

	memset(choice, 0, sizeof(*choice));
	choice->row = CMAS_NO_ROW;
	choice->real_delay_us = CMAS_DELAY_UNKNOWN;
	for (i = 0; i < rows; i++) {
		verdict = cmas_judge(request, &row[i]);
		choice->count[verdict]++;
		if (verdict != CMAS_FITS)
			continue;
		if (choice->row == CMAS_NO_ROW ||
		    cmas_better(request, &row[i], &row[choice->row]))
			choice->row = i;
	}
	if (choice->row != CMAS_NO_ROW)
		choice->real_delay_us = cmas_real_delay(&row[choice->row]);
}

const char *cmas_reason(const struct cmas_choice *choice)
{
	int verdict;

	if (choice->row != CMAS_NO_ROW)
		return names[CMAS_FITS];
	for (verdict = CMAS_VERDICT_COUNT - 1; verdict > CMAS_FITS; verdict--)
		if (choice->count[verdict])
			return names[verdict];
	return "unknown-service";
}
