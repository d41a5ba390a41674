/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One error message per failed call, for the command to print. */
#ifndef CATS_ERROR_H
#define CATS_ERROR_H

/**
 * cats_error - record why a call fails
 * @err: positive errno
 * @fmt: sentence fragment, without capital, period or newline
 *
 * Return: -@err, so that a function can return cats_error(EINVAL, ...).
 */
int cats_error(int err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** cats_error_message - the last recorded message, "" if there is none. */
const char *cats_error_message(void);

/**
 * cats_error_kernel - record what the kernel refused
 * @err: positive errno it gave
 * @what: what was asked of it
 *
 * A missing privilege or system call gets the sentence a user can act on.
 *
 * Return: -@err; -EIO for EINVAL, which callers keep for wrong arguments.
 */
int cats_error_kernel(int err, const char *what);

/** cats_warn - a line on stderr, of what is no reason to fail. */
void cats_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* CATS_ERROR_H */
