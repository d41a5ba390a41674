/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CATS_BATCH_H
#define CATS_BATCH_H

/** cats_run - run one command, the options taken off; its exit status. */
int cats_run(int argc, char **argv);

/**
 * batch_run - run the commands in a file, one a line
 * @name: file, or - for standard input
 *
 * Quotes, # comments and a backslash at the end of a line are as in iproute2's
 * batches.  Stops at the first failure unless -force is given.
 *
 * Return: exit status: that of the first failure.
 */
int batch_run(const char *name);

#endif /* CATS_BATCH_H */
