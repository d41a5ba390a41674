/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of the XDP program; include/cats/maps.h describes what is in them. */
#ifndef CATS_BPF_MAPS_H
#define CATS_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <cats/maps.h>
#include <cats/question.h>

/*
 * Plain array of a value, readable and writable through mmap().  By sizes, not
 * types: clang leaves the types of inner maps incomplete in the BTF.
 */
#define CATS_ARRAY(name, entries, value_type)				\
	struct name##_array {						\
		__uint(type, BPF_MAP_TYPE_ARRAY);			\
		__uint(map_flags, BPF_F_MMAPABLE);			\
		__uint(max_entries, entries);				\
		__uint(key_size, sizeof(__u32));			\
		__uint(value_size, sizeof(value_type));			\
	}

/* Array of chunks, which the control plane adds as the table grows. */
#define CATS_TABLE(name, chunks, chunk_entries, value_type)		\
	CATS_ARRAY(name, chunk_entries, value_type);			\
	struct {							\
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);		\
		__uint(max_entries, chunks);				\
		__uint(key_size, sizeof(__u32));			\
		__array(values, struct name##_array);			\
	} name SEC(".maps")

CATS_TABLE(cats_service, CATS_SERVICE_CHUNKS, 1 << CATS_SERVICE_BITS,
	   struct cats_service);
CATS_TABLE(cats_nexthop, CATS_NEXTHOP_CHUNKS, 1 << CATS_NEXTHOP_BITS,
	   struct cats_nexthop);
CATS_TABLE(cats_path, CATS_PATH_CHUNKS, 1 << CATS_PATH_BITS, struct cats_path);
CATS_ARRAY(path_state, CATS_PATH_STATES, struct cats_path_state)
	cats_path_state SEC(".maps");
/* Two slots a value: an array's values are never less than 8 bytes apart. */
CATS_TABLE(cats_slot, CATS_SLOT_CHUNKS, 1 << (CATS_SLOT_BITS - 1),
	   struct cats_slot_pair);

/* Only the control plane reads SR policies; they live and die with the rest. */
CATS_TABLE(cats_policy, CATS_POLICY_CHUNKS, 1 << CATS_POLICY_BITS,
	   struct cats_policy);

/* Steered by each next hop: [cpu][index in the chunk]; sized by the loader. */
CATS_TABLE(cats_nh_count, CATS_NEXTHOP_CHUNKS, 1 << CATS_NEXTHOP_BITS,
	   struct cats_counter);

CATS_ARRAY(control, 1, struct cats_control) cats_control SEC(".maps");
CATS_ARRAY(port, CATS_PORTS, struct cats_port) cats_port SEC(".maps");
CATS_ARRAY(index, CATS_INDEX_BUCKETS, struct cats_index_bucket)
	cats_index SEC(".maps");
CATS_ARRAY(flow, CATS_FLOW_BUCKETS, struct cats_flow_bucket)
	cats_flow SEC(".maps");
CATS_ARRAY(flow_key, CATS_FLOW_BUCKETS * CATS_FLOW_WAYS, struct cats_flow_key)
	cats_flow_key SEC(".maps");
/* Verdicts and enum cats_extra: [cpu][CATS_COUNTERS]; sized by the loader. */
CATS_ARRAY(count, CATS_COUNTERS, struct cats_counter) cats_count SEC(".maps");
CATS_ARRAY(cpu, 1, struct cats_cpu) cats_cpu SEC(".maps");

/*
 * Devices to send from.  An entry goes away with its device, and the redirect
 * then falls back to the stack instead of losing the packet.
 */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} cats_out SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} cats_events SEC(".maps");

/* First packets of flows, to the C-PS; it is woken. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, CATS_QUESTION_RING);
} cats_questions SEC(".maps");

/* Ends of flows, to the C-PS; it is not woken. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, CATS_END_RING);
} cats_ends SEC(".maps");

/* Key of the hash, copied here by the loader so that it is an immediate. */
const volatile __u64 cats_hash_key[CATS_HASH_WORDS];

/* Chunk of a table by id, then the entry in it. */
static __always_inline void *cats_chunk_entry(void *table, __u32 chunk,
					      __u32 entry)
{
	void *inner = bpf_map_lookup_elem(table, &chunk);

	return inner ? bpf_map_lookup_elem(inner, &entry) : NULL;
}

#define cats_table_entry(table, id, bits)				\
	cats_chunk_entry(table, (id) >> (bits), (id) & ((1u << (bits)) - 1))

#endif /* CATS_BPF_MAPS_H */
