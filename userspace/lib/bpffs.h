/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the maps of a network namespace are pinned: a bpffs of our own at
 * /run/cats/bpf, mounted in the mount namespace of process 1 (or as near to it
 * as we may), with one folder per network namespace.  `ip netns exec` hides /sys/fs/bpf, and a mount made
 * inside it would die with it.
 */
#ifndef CATS_BPFFS_H
#define CATS_BPFFS_H

#include <limits.h>

/**
 * struct cats_place - the folder and lock of a network namespace
 * @dir: folder in the bpffs
 * @lock: lock file
 */
struct cats_place {
	char dir[PATH_MAX];
	char lock[PATH_MAX];
};

/**
 * cats_place_find - where the calling thread's network namespace has its maps
 * @place: result
 * @create: mount the bpffs and make the folder if they are not there, and
 *	remove the folders of namespaces that are gone
 *
 * Return: 0; -ENOENT when there is nothing and @create is not set; another
 * negative errno with a message.
 */
int cats_place_find(struct cats_place *place, int create);

/** cats_place_remove - unpin all there is; the caller holds the lock. */
void cats_place_remove(const struct cats_place *place);

/**
 * cats_place_lock - take the namespace's lock
 * @place: the namespace
 * @operation: LOCK_SH to read, LOCK_EX to write
 *
 * Return: a file descriptor that holds the lock until it is closed, or a
 * negative errno.
 */
int cats_place_lock(const struct cats_place *place, int operation);

#endif /* CATS_BPFFS_H */
