/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one store to another. */
#ifndef CATS_STORE_COPY_H
#define CATS_STORE_COPY_H

#include "store_backend.h"

/**
 * store_location_parse - where a store is
 * @text: "sqlite:PATH" or "etcd:URL[,URL...]"
 * @config: type, path and endpoints are set, to be freed with
 *	store_location_free() also if it fails; the rest is left as it is
 *
 * Return: 0; -EINVAL, -ENOMEM with a message.
 */
int store_location_parse(const char *text, struct store_config *config);

/** store_location_free - what store_location_parse() set */
void store_location_free(struct store_config *config);

/**
 * struct store_copied - what became of the entries
 * @entries: put
 * @leased: left out: their lease is not ours
 */
struct store_copied {
	uint64_t entries;
	uint64_t leased;
};

/**
 * store_copy - all entries of one store into another, which has none
 * @from: configuration, checked here
 * @to: the same
 * @copied: result
 *
 * Values and times to live stay; revisions are those of the other store.
 *
 * Return: 0; -EINVAL; -ENOENT: no file to copy from; -EEXIST: @to has entries;
 * -EIO, -ETIMEDOUT; with a message.
 */
int store_copy(const struct store_config *from, const struct store_config *to,
	       struct store_copied *copied);

#endif /* CATS_STORE_COPY_H */
