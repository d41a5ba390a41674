/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checkpoints of the WAL (https://www.sqlite.org/wal.html), away from the
 * thread that writes: what they wait for is the disk.
 */
#ifndef CATS_STORE_SQLITE_CHECKPOINT_H
#define CATS_STORE_SQLITE_CHECKPOINT_H

#include <stdbool.h>

#include "store.h"

/* pages of the WAL when it is brought into the database and begins again */
#define WAL_PAGES	4096
/* pages from which on who writes waits for the checkpoint that is being made */
#define WAL_PAGES_MAX	16384

struct sqlite_checkpointer;

/**
 * sqlite_checkpointer_open - a connection to @path, and a thread that has it
 *
 * Return: 0; negative errno with a message.
 */
int sqlite_checkpointer_open(const char *path,
			     struct sqlite_checkpointer **result);

/** sqlite_checkpointer_close - after a checkpoint being made; NULL is fine. */
void sqlite_checkpointer_close(struct sqlite_checkpointer *checkpointer);

/** sqlite_checkpointer_tell - the WAL has @pages now */
void sqlite_checkpointer_tell(struct sqlite_checkpointer *checkpointer,
			      int pages);

/** sqlite_checkpointer_is_behind - is the WAL too long to write more now? */
bool sqlite_checkpointer_is_behind(struct sqlite_checkpointer *checkpointer);

/** sqlite_checkpointer_upkeep - struct store_backend.upkeep */
void sqlite_checkpointer_upkeep(struct sqlite_checkpointer *checkpointer,
				struct store_upkeep *upkeep);

#endif /* CATS_STORE_SQLITE_CHECKPOINT_H */
