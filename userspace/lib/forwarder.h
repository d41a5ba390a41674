/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ingress forwarder of one network namespace: its maps, and the right to
 * change them.  The maps are the database: there is no other copy.
 */
#ifndef CATS_FORWARDER_H
#define CATS_FORWARDER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include <cats/maps.h>
#include "alloc.h"
#include "bpffs.h"
#include "table.h"

struct cats_underlay;

/**
 * struct cats_forwarder - handle
 * @place: where the maps are pinned
 * @lock: descriptor that holds the lock, -1 outside begin and end
 * @cpus: rows of the counter arrays
 * @control: see struct cats_control
 * @port: port table
 * @index: service index
 * @flow: flow table
 * @flow_key: descriptions of the flows
 * @count: counters, [cpu][CATS_COUNTERS]
 * @path_state: liveness of the paths
 * @out_fd: devmap of the devices to send from
 * @events_fd: ring of sampled verdicts
 * @service: table of services
 * @nexthop: table of next hops
 * @path: table of paths
 * @slot: forwarding tables
 * @policy: table of SR policies
 * @nh_count: packets and bytes by next hop, [cpu] in each chunk
 * @service_ids: allocator, valid while writing
 * @nexthop_ids: likewise
 * @path_ids: likewise
 * @policy_ids: likewise
 * @slots: likewise
 * @paths_by_key: search tree of paths that belong to one service SID
 * @policies_by_name: search tree
 * @generation: control generation the allocators were read at
 * @flipped: entries whose halves were changed since the last grace period
 * @writer: between cats_write_begin() and cats_end()
 * @loaded: the allocators have been read
 * @underlay: routes and neighbours of the host
 */
struct cats_forwarder {
	struct cats_place place;
	int lock;
	uint32_t cpus;
	struct cats_control *control;
	struct cats_port *port;
	struct cats_index_bucket *index;
	struct cats_flow_bucket *flow;
	struct cats_flow_key *flow_key;
	struct cats_counter *count;
	struct cats_path_state *path_state;
	int out_fd;
	int events_fd;
	struct cats_table service;
	struct cats_table nexthop;
	struct cats_table path;
	struct cats_table slot;
	struct cats_table policy;
	struct cats_table nh_count;
	struct cats_ids service_ids;
	struct cats_ids nexthop_ids;
	struct cats_ids path_ids;
	struct cats_ids policy_ids;
	struct cats_slots slots;
	void *paths_by_key;
	void *policies_by_name;
	uint64_t generation;
	struct cats_ids flipped;
	bool writer;
	bool loaded;
	struct cats_underlay *underlay;
};

/**
 * cats_forwarder_open - find or create the maps of this network namespace
 * @f: handle
 * @create: create what is not there
 *
 * Return: 0; -ENOENT if there is nothing and @create is not set; another
 * negative errno with a message.
 */
int cats_forwarder_open(struct cats_forwarder *f, bool create);

/** cats_forwarder_close - release the handle; the maps stay. */
void cats_forwarder_close(struct cats_forwarder *f);

/** cats_read_begin - no writer changes anything until cats_end(). */
int cats_read_begin(struct cats_forwarder *f);

/**
 * cats_write_begin - become the only writer
 * @f: handle
 *
 * Return: 0; -ESTALE if the maps were removed meanwhile, open them again;
 * another negative errno; with a message; then nothing is held.
 */
int cats_write_begin(struct cats_forwarder *f);

/**
 * cats_remove_if_empty - give the memory back with the last entry
 * @f: forwarder, writing
 *
 * Without ports, routes and policies there is nothing to keep: the last one was
 * deleted, or the first one refused.  Nothing would tell later when the
 * namespace is gone.
 */
void cats_remove_if_empty(struct cats_forwarder *f);

/** cats_end - let others go on. */
void cats_end(struct cats_forwarder *f);

/** cats_changed - a change is in force: number it, note that things rest. */
uint64_t cats_changed(struct cats_forwarder *f);

/**
 * cats_may_write_half - make sure no packet reads the unused half of an entry
 * @f: handle
 * @kind: which table
 * @id: entry
 *
 * Waits for a grace period if that entry was flipped since the last one.
 */
int cats_may_write_half(struct cats_forwarder *f, const struct cats_table *kind,
			uint32_t id);

/** cats_flipped - note that the halves of an entry were exchanged. */
void cats_flipped(struct cats_forwarder *f, const struct cats_table *kind,
		  uint32_t id);

/** cats_grace - wait for a grace period and release what rests. */
int cats_grace(struct cats_forwarder *f);

/**
 * cats_grace_passed - release what rests; somebody has waited
 * @f: forwarder, writing; nothing has changed since the wait began
 */
void cats_grace_passed(struct cats_forwarder *f);

/** cats_store32 - publish: everything written before is seen before it. */
static inline void cats_store32(__u32 *to, __u32 value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

static inline void cats_store64(__u64 *to, __u64 value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

#endif /* CATS_FORWARDER_H */
