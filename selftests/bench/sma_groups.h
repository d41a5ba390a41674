/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups for a thousand instances, real ones or files. */
#ifndef BENCH_SMA_GROUPS_H
#define BENCH_SMA_GROUPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** groups_find - where cgroup v2 is mounted and groups can be made, NULL. */
const char *groups_find(void);
/** groups_make - @count groups below @mount; what they have in *@what. */
bool groups_make(const char *mount, unsigned int count, const char **what);
/** groups_remove - them. */
void groups_remove(const char *mount, unsigned int count);

/** groups_write - the same as files below @root. */
void groups_write(const char *root, unsigned int count);
/**
 * groups_change - a process that changes @each of these files every second
 *
 * Return: its number.
 */
pid_t groups_change(const char *root, unsigned int count, unsigned int each);

/** server_start - a process that answers HTTP on 127.0.0.1; port in *@port. */
pid_t server_start(uint16_t *port);

#endif /* BENCH_SMA_GROUPS_H */
