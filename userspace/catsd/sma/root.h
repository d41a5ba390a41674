/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the kernel below a root path, so that tests can make a tree. */
#ifndef SMA_ROOT_H
#define SMA_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * sma_root_read - a whole small file
 * @root: "" or the root of a tree
 * @buf: result, NUL-terminated; cut off if it is longer
 * @size: of @buf
 * @fmt: path below @root
 *
 * Return: bytes, or -1 if it cannot be read.
 */
ssize_t sma_root_read(const char *root, char *buf, size_t size, const char *fmt,
		      ...) __attribute__((format(printf, 4, 5)));

/** sma_root_number - the number in a file, NAN if there is none. */
double sma_root_number(const char *root, const char *path);

/**
 * sma_pread - read an open file from its beginning
 *
 * Return: bytes in @buf, NUL-terminated; -1 if it cannot be read.
 */
ssize_t sma_pread(int fd, char *buf, size_t size);

/**
 * sma_field - number behind a name at the beginning of a line
 * @text: lines
 * @name: with what follows it: "MemTotal:"
 * @value: result
 *
 * Return: false if there is no such line or no number on it.
 */
bool sma_field(const char *text, const char *name, uint64_t *value);

#endif /* SMA_ROOT_H */
