// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "api/member.h"
#include "cmas/model.h"
#include "cmas_select.h"
#include "error.h"
#include "mapped.h"

#define SEQUENCE_MAX	(1ull << 53)

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* The same address may be written in several ways; the store has one. */
static void write_address(json_t *row, const char *member,
			  const uint8_t addr[16])
{
	char text[INET6_ADDRSTRLEN];

	json_object_set_new(row, member,
			    json_string(mapped_text(addr, text)));
}

int model_check_row(const json_t *row)
{
	static const char *const members[] = {
		"service", "csci", "gas", "cost", "computing-us", "endpoint",
		NULL
	};
	uint8_t csci[16], endpoint[16];
	uint64_t n;
	int ret;

	if (!json_is_object(row))
		return cats_error(EINVAL, "rows: a row is an object");
	ret = member_only(row, members);
	if (!ret)
		ret = member_text(row, "service", API_NAME_MAX, true);
	if (!ret)
		ret = member_address(row, "csci", true, csci);
	if (!ret)
		ret = member_number(row, "gas", 0, CMAS_GAS_MAX, true, &n);
	if (!ret)
		ret = member_number(row, "cost", 0, CMAS_COST_MAX, true, &n);
	if (!ret)
		ret = member_number(row, "computing-us", 0, CMAS_DELAY_MAX,
				    false, &n);
	if (!ret)
		ret = member_address(row, "endpoint", false, endpoint);
	if (ret)
		return ret;
	write_address((json_t *)row, "csci", csci);
	if (json_object_get(row, "endpoint"))
		write_address((json_t *)row, "endpoint", endpoint);
	return 0;
}

static int check_rows(const json_t *rows, const char *name)
{
	json_t *seen, *row;
	const char *csci;
	int ret = 0;
	size_t i;

	if (!json_is_array(rows) || json_array_size(rows) > MODEL_ROWS_MAX)
		return cats_error(EINVAL, "%s: is not an array of up to %d rows",
				  name, MODEL_ROWS_MAX);
	seen = json_object();
	json_array_foreach(rows, i, row) {
		ret = model_check_row(row);
		if (ret)
			break;
		csci = text_of(row, "csci");
		if (json_object_get(seen, csci))
			ret = cats_error(EINVAL, "csci: %s comes twice", csci);
		if (ret)
			break;
		json_object_set_new(seen, csci, json_true());
	}
	json_decref(seen);
	return ret;
}

static int check_head(const json_t *message)
{
	uint64_t sequence;
	int ret = member_text(message, "epoch", API_NAME_MAX, true);

	if (!ret)
		ret = member_number(message, "sequence", 1, SEQUENCE_MAX, true,
				    &sequence);
	return ret;
}

int model_check(const json_t *whole)
{
	static const char *const members[] = { "epoch", "sequence", "rows",
					       NULL };
	int ret = member_only(whole, members);

	if (!ret)
		ret = check_head(whole);
	if (!ret)
		ret = check_rows(json_object_get(whole, "rows"), "rows");
	return ret;
}

static int check_removals(const json_t *removals)
{
	uint8_t addr[16];
	json_t *csci;
	size_t i;

	if (!removals)
		return 0;
	if (!json_is_array(removals) ||
	    json_array_size(removals) > MODEL_ROWS_MAX)
		return cats_error(EINVAL, "remove: is not an array of up to %d CSCI-IDs",
				  MODEL_ROWS_MAX);
	json_array_foreach(removals, i, csci)
		if (!json_is_string(csci) ||
		    !mapped_parse(json_string_value(csci), addr))
			return cats_error(EINVAL, "remove: has what is no CSCI-ID");
	return 0;
}

int model_check_change(const json_t *change)
{
	static const char *const members[] = { "epoch", "sequence", "set",
					       "remove", NULL };
	const json_t *set = json_object_get(change, "set");
	int ret = member_only(change, members);

	if (!ret)
		ret = check_head(change);
	if (!ret && set)
		ret = check_rows(set, "set");
	if (!ret)
		ret = check_removals(json_object_get(change, "remove"));
	return ret;
}

static json_int_t sequence_of(const json_t *message)
{
	return json_integer_value(json_object_get(message, "sequence"));
}

static bool same_epoch(const json_t *model, const json_t *message)
{
	return json_equal(json_object_get(model, "epoch"),
			  json_object_get(message, "epoch"));
}

int model_follows(const json_t *model, const json_t *message, int whole)
{
	json_int_t is = sequence_of(message), was = sequence_of(model);

	/* a site that was started again begins again */
	if (whole && (!model || !same_epoch(model, message)))
		return 0;
	if (!model || !same_epoch(model, message))
		return cats_error(ESTALE, "the whole model is needed: nothing is known of epoch %s",
				  text_of(message, "epoch"));
	if (is == was)
		return -EALREADY;
	if (whole ? is > was : is == was + 1)
		return 0;
	return cats_error(ESTALE, "the whole model is needed: sequence %" JSON_INTEGER_FORMAT " does not follow %" JSON_INTEGER_FORMAT,
			  is, was);
}

/* Index of the row of a CSCI-ID; the size if there is none. */
static size_t find_row(const json_t *rows, const uint8_t csci[16])
{
	uint8_t addr[16];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (mapped_parse(text_of(row, "csci"), addr) &&
		    !memcmp(addr, csci, sizeof(addr)))
			return i;
	return json_array_size(rows);
}

static void change_rows(json_t *rows, const json_t *change)
{
	const json_t *value;
	uint8_t csci[16];
	size_t i, at;

	json_array_foreach(json_object_get(change, "remove"), i, value) {
		mapped_parse(json_string_value(value), csci);
		at = find_row(rows, csci);
		if (at < json_array_size(rows))
			json_array_remove(rows, at);
	}
	json_array_foreach(json_object_get(change, "set"), i, value) {
		mapped_parse(text_of(value, "csci"), csci);
		at = find_row(rows, csci);
		if (at < json_array_size(rows))
			json_array_set(rows, at, (json_t *)value);
		else
			json_array_append(rows, (json_t *)value);
	}
}

json_t *model_apply(const json_t *model, const json_t *change)
{
	json_t *result = json_copy((json_t *)model);
	json_t *rows = json_copy(json_object_get(model, "rows"));

	if (!result || !rows) {
		cats_error_kernel(ENOMEM, "service model");
		goto fail;
	}
	change_rows(rows, change);
	if (json_array_size(rows) > MODEL_ROWS_MAX) {
		cats_error(EINVAL, "set: there would be more than %d rows",
			   MODEL_ROWS_MAX);
		goto fail;
	}
	json_object_set_new(result, "rows", rows);
	json_object_set(result, "sequence",
			json_object_get(change, "sequence"));
	return result;
fail:
	json_decref(rows);
	json_decref(result);
	return NULL;
}
