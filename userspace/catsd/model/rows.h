/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows a site offers, from a file, and what changes of them. */
#ifndef CATSD_MODEL_ROWS_H
#define CATSD_MODEL_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

/**
 * struct model_file - the file
 * @path: of it
 * @seen: as it was read last
 */
struct model_file {
	const char *path;
	struct stat seen;
};

/**
 * model_file_read - rows, as Documentation/openapi/cmas.json has them
 * @file: file
 * @rows: result, a new array; NULL if it fails
 *
 * It holds an array of rows, or an object with one as member rows.
 *
 * Return: 0; -ENOENT and the like, -EINVAL; with a message.
 */
int model_file_read(struct model_file *file, json_t **rows);

/** model_file_changed - since it was read, well or not? */
bool model_file_changed(const struct model_file *file);

/**
 * model_rows_change - what makes @is of @was
 * @was: rows the C-PS has
 * @is: rows it shall have
 *
 * Return: a new object with set and remove, both maybe empty; NULL: no memory.
 */
json_t *model_rows_change(const json_t *was, const json_t *is);

#endif /* CATSD_MODEL_ROWS_H */
