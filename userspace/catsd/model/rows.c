// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "cmas/model.h"
#include "error.h"
#include "model/rows.h"

static int check_rows(const json_t *rows, const char *path)
{
	json_t *whole = json_pack("{s:s, s:i, s:O}", "epoch", "file",
				  "sequence", 1, "rows", rows);
	char why[256];
	int ret;

	if (!whole)
		return cats_error_kernel(ENOMEM, "model");
	ret = model_check(whole);
	json_decref(whole);
	if (!ret)
		return 0;
	snprintf(why, sizeof(why), "%s", cats_error_message());
	return cats_error(EINVAL, "model: file: %s: %s", path, why);
}

int model_file_read(struct model_file *file, json_t **rows)
{
	json_error_t error;
	json_t *whole, *array;
	int ret = 0;

	*rows = NULL;
	/* before it is read: what changes meanwhile is read again */
	if (stat(file->path, &file->seen))
		return cats_error(errno, "model: file: %s: %s", file->path,
				  strerror(errno));
	whole = json_load_file(file->path, JSON_REJECT_DUPLICATES, &error);
	if (!whole)
		return cats_error(EINVAL, "model: file: %s: line %d: %s",
				  file->path, error.line, error.text);
	array = json_is_array(whole) ? whole : json_object_get(whole, "rows");
	if (!json_is_array(array))
		ret = cats_error(EINVAL, "model: file: %s: is neither an array of rows nor has one",
				 file->path);
	if (!ret)
		ret = check_rows(array, file->path);
	if (!ret)
		*rows = json_incref(array);
	json_decref(whole);
	return ret;
}

bool model_file_changed(const struct model_file *file)
{
	struct stat now;

	if (stat(file->path, &now))
		return false;
	return now.st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec ||
	       now.st_size != file->seen.st_size ||
	       now.st_ino != file->seen.st_ino;
}

/* Rows by their CSCI-IDs. */
static json_t *by_csci(const json_t *rows)
{
	json_t *object = json_object(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
		json_object_set(object, json_string_value(
			json_object_get(row, "csci")), row);
	return object;
}

json_t *model_rows_change(const json_t *was, const json_t *is)
{
	json_t *old = by_csci(was), *new = by_csci(is), *row;
	json_t *set = json_array(), *removed = json_array();
	const char *csci;

	json_object_foreach(new, csci, row)
		if (!json_equal(row, json_object_get(old, csci)))
			json_array_append(set, row);
	json_object_foreach(old, csci, row)
		if (!json_object_get(new, csci))
			json_array_append_new(removed, json_string(csci));
	json_decref(old);
	json_decref(new);
	return json_pack("{s:o, s:o}", "set", set, "remove", removed);
}
