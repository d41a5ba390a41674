/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a writer needs to know of the tables, read off them. */
#ifndef CATS_LOAD_H
#define CATS_LOAD_H

#include <stdint.h>

struct cats_forwarder;

/**
 * cats_load - read the allocators and search trees off the tables
 * @f: forwarder, locked for writing
 *
 * Does nothing if nobody else wrote since the last time.  What a killed writer
 * left half made is not reachable from the service index and counts as free.
 *
 * Return: 0 or a negative errno with a message.
 */
int cats_load(struct cats_forwarder *f);

/** cats_unload - release what cats_load() allocated. */
void cats_unload(struct cats_forwarder *f);

/** cats_policy_note - @id has got its name: let it be found by it. */
int cats_policy_note(struct cats_forwarder *f, uint32_t id);
/** cats_policy_forget - @id loses its name. */
void cats_policy_forget(struct cats_forwarder *f, uint32_t id);
/** cats_policy_find - id of the SR policy @name, 0 if there is none. */
uint32_t cats_policy_find(struct cats_forwarder *f, const char *name);

/** cats_path_note - path @id belongs to one service SID: let it be found. */
int cats_path_note(struct cats_forwarder *f, uint32_t id);
/** cats_path_forget - path @id is going away. */
void cats_path_forget(struct cats_forwarder *f, uint32_t id);
/** cats_path_find - path of @policy for @sid, 0 if there is none. */
uint32_t cats_path_find(struct cats_forwarder *f, uint32_t policy,
			const uint8_t *sid);

#endif /* CATS_LOAD_H */
