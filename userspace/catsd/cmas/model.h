/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service model table of a site (draft-zhangb-cats-cmas-01, section 4,
 * Table 2): all of it at first, then what changes.
 *
 *	{"epoch", "sequence", "rows": [row, ...]}			all
 *	{"epoch", "sequence", "set": [row, ...], "remove": [csci, ...]}	changes
 *
 * A row is {"service", "csci", "gas", "cost"} and, if the site knows better
 * than the catalogue, "computing-us"; "endpoint" is the address of its egress.
 * The epoch names the run of the site that counts: within it sequence goes up
 * by one with every message, and a gap means that the whole has to be sent
 * again.
 */
#ifndef CATSD_CMAS_MODEL_H
#define CATSD_CMAS_MODEL_H

#include <jansson.h>

#define MODEL_PREFIX	"cmas/model/"
#define MODEL_ROWS_MAX	1024

/** model_check_row - 0 or -EINVAL with a message that names the member. */
int model_check_row(const json_t *row);

/**
 * model_check - is it the whole of a model?
 *
 * Return: 0; -EINVAL with a message: a row is wrong, or a CSCI-ID comes twice.
 */
int model_check(const json_t *whole);

/** model_check_change - the same for changes */
int model_check_change(const json_t *change);

/**
 * model_follows - may @message come after @model?
 * @model: what there is, or NULL
 * @message: whole or change, checked
 * @whole: it is whole
 *
 * Return: 0; -EALREADY if it is the last one again; -ESTALE with a message that
 * says what is expected.
 */
int model_follows(const json_t *model, const json_t *message, int whole);

/**
 * model_apply - a new model: @model with @change
 *
 * Return: NULL with a message: too many rows, or no memory.
 */
json_t *model_apply(const json_t *model, const json_t *change);

#endif /* CATSD_CMAS_MODEL_H */
