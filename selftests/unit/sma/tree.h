/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root path for role sma: files as the kernel would have them. */
#ifndef SMA_TREE_H
#define SMA_TREE_H

#include <stddef.h>

/** tree_new - a directory of its own, empty. */
void tree_new(char root[64]);
/** tree_free - with all that is in it. */
void tree_free(const char *root);

/** tree_write - a file below @root, and the directories to it; in place. */
void tree_write(const char *root, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** tree_write_octets - the same, of octets. */
void tree_write_octets(const char *root, const char *path, const void *data,
		       size_t len);

/** tree_cpu - /proc/stat of a machine with @cpus. */
void tree_cpu(const char *root, unsigned int cpus, unsigned long busy,
	      unsigned long idle);
/** tree_memory - /proc/meminfo, kB. */
void tree_memory(const char *root, unsigned long total,
		 unsigned long available);

#endif /* SMA_TREE_H */
