/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * Layout of the BPF maps: the contract between the XDP program and libcats.
 *
 * The tables live in mmapable arrays, so the control plane reads and writes
 * them without a system call per entry.  A writer never changes what a packet
 * may be reading: an entry has two halves and a selector; the unused half is
 * written, then the selector is flipped with one store.  Before a half or an
 * id is used again the writer waits for an RCU grace period.
 *
 * Byte order is the host's unless a member says otherwise.  Id 0 is "none" in
 * every table.
 */
#ifndef CATS_MAPS_H
#define CATS_MAPS_H

#include <linux/types.h>
#include "counters.h"
#include "srv6.h"
#include "verdict.h"
#include "hash.h"

/** CATS_SCHEMA - changes with any layout below; maps of another are refused. */
#define CATS_SCHEMA		6

/*
 * Tables are arrays of chunks (ARRAY_OF_MAPS), so that memory follows use.
 * Entries of a chunk are a power of two; id = chunk << BITS | index.
 */
#define CATS_SERVICE_BITS	14	/* services in a chunk */
#define CATS_SERVICE_CHUNKS	8	/* 131,072 services */
#define CATS_NEXTHOP_BITS	14
#define CATS_NEXTHOP_CHUNKS	256	/* 4,194,304 next hops: 22 bits */
#define CATS_PATH_BITS		8
#define CATS_PATH_CHUNKS	1024	/* 262,144 paths */
#define CATS_SLOT_BITS		20	/* a table never crosses a chunk */
#define CATS_SLOT_CHUNKS	2048	/* 2^31 slots */
#define CATS_POLICY_BITS	8
#define CATS_POLICY_CHUNKS	16	/* 4,096 SR policies */
#define CATS_PATH_STATES	(CATS_POLICY_CHUNKS << CATS_POLICY_BITS)

#define CATS_PORTS		1024	/* port table, open addressing */
#define CATS_PORT_PROBES	4
#define CATS_INDEX_BUCKETS	131072	/* service index: 8 entries a bucket, and one
					 * service a bucket when it is full, so
					 * that pairs of buckets never crowd */
#define CATS_INDEX_WAYS		8
#define CATS_FLOW_BUCKETS	131072	/* flow table: 5 entries a bucket */
#define CATS_FLOW_WAYS		5

#define CATS_NEXTHOPS_MAX	256	/* next hops of one route */
#define CATS_WEIGHT_MAX		65535
#define CATS_TIMEOUT_DEFAULT	300	/* s, of a flow's affinity */
#define CATS_TIMEOUT_MAX	1000000	/* s: under half a turn of the clock below */
#define CATS_TICK_SHIFT		20	/* flow clock: 2^20 ns, 1.05 ms */

/** enum cats_family - tag of a service key */
enum cats_family {
	CATS_FAMILY_IPV4 = 1,
	CATS_FAMILY_IPV6 = 2,
	CATS_FAMILY_L2 = 3,
};

/** enum cats_affinity - which fields make a flow (RFC 10053 4.4) */
enum cats_affinity {
	CATS_AFFINITY_5TUPLE,	/* src, dst, protocol, ports */
	CATS_AFFINITY_3TUPLE,	/* src, dst, protocol */
	CATS_AFFINITY_2TUPLE,	/* src, dst */
	CATS_AFFINITY_SRC,	/* src */
};

/** enum cats_compiler - how weights become slots */
enum cats_compiler {
	CATS_COMPILER_MAGLEV,	/* consistent hashing */
	CATS_COMPILER_EXACT,	/* gcd expansion, the draft's Figure 3 */
};

/** enum cats_track - how affinity is kept when a table changes */
enum cats_track {
	CATS_TRACK_FLOWS,	/* flow-affinity table, the draft's 5.4 */
};

/**
 * enum cats_nexthop_state - state of a next hop
 * @CATS_NEXTHOP_UP: takes flows
 * @CATS_NEXTHOP_DRAIN: keeps known flows, takes no new ones
 * @CATS_NEXTHOP_DOWN: takes nothing, its flows move
 */
enum cats_nexthop_state {
	CATS_NEXTHOP_UP,
	CATS_NEXTHOP_DRAIN,
	CATS_NEXTHOP_DOWN,
};

/**
 * struct cats_control - facts that belong to the whole forwarder
 * @schema: CATS_SCHEMA of the program that made the maps; 0: they are no longer
 *	those of the namespace, open them again
 * @cpus: rows in every [cpu][id] counter array
 * @generation: raised by one with every commit of the control plane
 * @resting: entries were freed or flipped since the last grace period; the next
 *	writer waits for one before it uses anything again
 * @writing: a writer is at work; found set, its predecessor was killed
 * @watched_until: CLOCK_MONOTONIC, ns; verdicts are sampled to the events ring
 *	until then.  A monitor keeps moving it; 0: nobody watches
 * @asked_until: CLOCK_MONOTONIC, ns; a C-PS answers questions (question.h) until
 *	then, and keeps moving it; 0: nobody does
 * @hash_key: key of cats_hash_service() and of the flow hash
 * @shorter4: list of IPv4 prefix lengths in use: element len holds the next
 *	shorter one, CATS_LEN_END ends it, element 33 starts it
 * @shorter6: the same for IPv6; element 129 starts it
 *
 * Lengths are linked, not sorted in place, so that a length comes and goes
 * with one store; their arrays are as long as an index can be.  Host routes (32, 128) are not in the lists: they are
 * looked up first.
 */
struct cats_control {
	__u32 schema;
	__u32 cpus;
	__u64 generation;
	__u32 resting;
	__u32 writing;
	__u64 watched_until;
	__u64 asked_until;
	__u64 hash_key[CATS_HASH_WORDS];
	__u8 shorter4[64];
	__u8 shorter6[256];
};

#define CATS_LEN_END		0xff

/**
 * struct cats_port - a device the program steers from
 * @ifindex: 0 when the entry is free
 * @vrf: VRF-ID of packets received here
 * @addr4: source of ICMP errors, network order; 0: the CS-ID itself
 * @pad: 0
 * @addr6: source of ICMPv6 errors, network order; ::: the CS-ID itself
 *
 * The entry of a device is one of the CATS_PORT_PROBES entries from
 * ifindex & (CATS_PORTS - 1) on.
 */
struct cats_port {
	__u32 ifindex;
	__u32 vrf;
	__u32 addr4;
	__u32 pad;
	__u8 addr6[16];
};

/**
 * struct cats_service_key - what a route matches
 * @vrf: VRF-ID
 * @family: enum cats_family
 * @len: prefix length in bits
 * @pad: 0
 * @addr: CS-ID, network order, host bits 0; IPv4 in the first 4 bytes
 */
struct cats_service_key {
	__u32 vrf;
	__u8 family;
	__u8 len;
	__u16 pad;
	__u8 addr[16];
};

#define CATS_SERVICE_BLACKHOLE	0x01
#define CATS_SERVICE_CONTROL	0x02	/* mode control: new flows are asked for */

/**
 * struct cats_service_conf - one half of a service
 * @base: first slot of the forwarding table
 * @size: slots; 0 when no next hop takes flows
 * @nexthop: first next hop of the list, 0 when there is none
 * @nexthops: length of the list
 * @affinity: enum cats_affinity
 * @flags: CATS_SERVICE_*
 * @timeout: affinity timeout in flow clock ticks
 * @timeout_s: the same in seconds, as configured
 * @profile: classification profile; 0: none
 * @compiler: enum cats_compiler
 * @track: enum cats_track
 * @size_wanted: the size option; 0: chosen from the number of next hops
 * @error_ppm: largest distance of a share from its weight, parts per million
 * @proto: who owns the route, as given with the proto option
 * @pad: 0
 */
struct cats_service_conf {
	__u32 base;
	__u32 size;
	__u32 nexthop;
	__u16 nexthops;
	__u8 affinity;
	__u8 flags;
	__u32 timeout;
	__u32 timeout_s;
	__u16 profile;
	__u8 compiler;
	__u8 track;
	__u32 size_wanted;
	__u32 error_ppm;
	char proto[16];
	__u8 pad[12];
};

/**
 * struct cats_service - a route
 * @key: what it matches; constant while @used
 * @sel: which half of @conf is in force
 * @used: 0: free
 * @generation: control generation of the last change
 * @gone_packets: steered by next hops that the route no longer has
 * @gone_bytes: the same, bytes of the inner packets
 * @pad: 0
 * @conf: the halves
 */
struct cats_service {
	struct cats_service_key key;
	__u32 sel;
	__u32 used;
	__u64 generation;
	__u64 gone_packets;
	__u64 gone_bytes;
	__u64 pad;
	struct cats_service_conf conf[2];
};

/**
 * struct cats_index_bucket - services by hash
 * @entry: tag << 32 | service id, 0 when free.  The tag is the upper half of
 *	cats_hash_service(), the bucket its lower bits.  CATS_INDEX_OVERFLOW in
 *	entry 0 says that a service of this bucket stands in the neighbour
 *	bucket (number ^ 1)
 */
struct cats_index_bucket {
	__u64 entry[CATS_INDEX_WAYS];
};

#define CATS_INDEX_OVERFLOW	0x80000000u
#define CATS_INDEX_ID(entry)	((__u32)(entry) & ~CATS_INDEX_OVERFLOW)

/**
 * struct cats_nexthop_link - one half of a next hop
 * @next: next of the route's list, 0 at its end
 * @path: path id
 * @weight: load sharing ratio
 * @state: enum cats_nexthop_state
 * @flags: 0
 */
struct cats_nexthop_link {
	__u32 next;
	__u32 path;
	__u16 weight;
	__u8 state;
	__u8 flags;
};

/**
 * struct cats_nexthop - (SR policy, service SID) of a route
 * @sid: service SID, network order
 * @instance: CSCI-ID as an IPv6 address, IPv4 mapped; :: when not given
 * @service: the route it belongs to
 * @incarnation: raised when the id is given out again, so that a flow entry
 *	made for its last owner is known as such
 * @pad: 0
 * @link: halves, selected by the sel of the service
 */
struct cats_nexthop {
	__u8 sid[16];
	__u8 instance[16];
	__u32 service;
	__u8 incarnation;
	__u8 pad[3];
	struct cats_nexthop_link link[2];
};

/*
 * A slot holds a group id.  The upper four bits are the type of the group;
 * with CATS_GROUP_SINGLE the rest is the id of its one member, so choosing an
 * instance costs no lookup more than it must.
 */
#define CATS_GROUP_SINGLE	0u
#define CATS_GROUP_TYPE(group)	((group) >> 28)
#define CATS_GROUP_MEMBER(group) ((group) & 0x0fffffffu)

/** struct cats_slot_pair - slots 2n and 2n + 1 of the forwarding tables */
struct cats_slot_pair {
	__u32 group[2];
};

#define CATS_ENCAP_RESOLVED	0x01	/* eth and ifindex are valid */
#define CATS_ENCAP_SRH		0x08	/* there is a routing header */
#define CATS_ENCAP_STACK	0x10	/* the device takes no redirected frames */
#define CATS_ENCAP_SID_DADDR	0x02	/* the service SID is the destination */
#define CATS_ENCAP_SID_SRH	0x04	/* the service SID is Segment List[0] */

/**
 * struct cats_encap - one half of a path: everything in front of the packet
 * @ifindex: device to send from
 * @mtu: longest inner packet, bytes
 * @len: outer headers in bytes, a multiple of 8, 40 to CATS_OUTER_MAX
 * @flags: CATS_ENCAP_*
 * @eth: Ethernet header; 14 bytes are used
 * @pad: 0
 * @hdr: outer IPv6 header and SRH, network order.  Per packet: traffic class,
 *	flow label, payload length, the inner protocol, the service SID
 */
struct cats_encap {
	__u32 ifindex;
	__u16 mtu;
	__u8 len;
	__u8 flags;
	__u8 eth[16];
	__u64 pad;
	__u8 hdr[CATS_OUTER_MAX];
	__u8 tail[16];
};

/**
 * struct cats_path - an SR policy's segment list, ready to be copied
 * @sel: which half of @encap is in force
 * @policy: SR policy; 0: free
 * @sid: of a policy without segments and gateway, whose way through the
 *	underlay depends on the service SID: that SID; else ::
 * @state: index of its struct cats_path_state: today the policy's id
 * @pad: 0
 * @encap: the halves
 */
struct cats_path {
	__u32 sel;
	__u32 policy;
	__u8 sid[16];
	__u32 state;
	__u8 pad[36];
	struct cats_encap encap[2];
};

/**
 * enum cats_liveness - does a path carry packets?
 * @CATS_PATH_UNKNOWN: nobody probes it; it is used
 * @CATS_PATH_UP: probes are answered
 * @CATS_PATH_DOWN: they are not: its flows move, and new ones avoid it
 */
enum cats_liveness {
	CATS_PATH_UNKNOWN,
	CATS_PATH_UP,
	CATS_PATH_DOWN,
};

/**
 * struct cats_path_state - what is known of a path right now
 * @liveness: enum cats_liveness
 * @downs: how often it went down
 * @changed: CLOCK_MONOTONIC, ns, of the last change of @liveness
 * @heard: CLOCK_MONOTONIC, ns, of the last valid answer to a probe
 * @sent: probes sent so far
 * @answered: number, counted like @sent, of the last probe that was answered
 * @pad: 0
 *
 * Whoever writes it, a prober or a timer in BPF, moves the flows of all next
 * hops of the path with one store.  Entry 0 stays unknown.
 */
struct cats_path_state {
	__u32 liveness;
	__u32 downs;
	__u64 changed;
	__u64 heard;
	__u64 sent;
	__u64 answered;
	__u8 pad[24];
};

#define CATS_POLICY_NAME	32
#define CATS_POLICY_FULL_SRH	0x01	/* H.Encaps: RFC 8986 5.1, not 5.2 */
#define CATS_POLICY_SRC		0x02	/* src was given */
#define CATS_POLICY_VIA		0x04	/* via was given */

/**
 * struct cats_policy_conf - one half of an SR policy (RFC 9256 section 2)
 * @segs: segment list in travel order, network order, without the service SID
 * @src: outer source address
 * @via: underlay gateway
 * @endpoint: egress of the policy
 * @color: 0: none
 * @preference: of the candidate path, default 100
 * @mtu: longest outer packet; 0: that of the device
 * @ifindex: device to send from; 0: by the host's routes
 * @path: its path; 0: each service SID has its own
 * @nsegs: segments in @segs
 * @flags: CATS_POLICY_*
 * @pad: 0
 */
struct cats_policy_conf {
	__u8 segs[CATS_SEGS_MAX][16];
	__u8 src[16];
	__u8 via[16];
	__u8 endpoint[16];
	__u32 color;
	__u32 preference;
	__u32 mtu;
	__u32 ifindex;
	__u32 path;
	__u8 nsegs;
	__u8 flags;
	__u8 pad[2];
	__u8 tail[24];
};

/**
 * struct cats_policy - an SR policy; read by the control plane only
 * @sel: which half of @conf is in force
 * @used: 0: free
 * @name: NUL-terminated
 * @generation: control generation of the last change
 * @gone_packets: steered over it by next hops that are gone
 * @gone_bytes: the same, bytes of the inner packets
 * @conf: the halves
 */
struct cats_policy {
	__u32 sel;
	__u32 used;
	char name[CATS_POLICY_NAME];
	__u64 generation;
	__u64 gone_packets;
	__u64 gone_bytes;
	struct cats_policy_conf conf[2];
};

/**
 * struct cats_flow_bucket - the flow-affinity table (draft-fu-cats-flow-lb 5.4)
 * @entry: upper half: that of the flow hash; lower half: CATS_FLOW_REF of the
 *	next hop; 0 when free.  One word, so no packet sees half an entry
 * @seen: flow clock when the flow last had a packet
 * @pad: 0
 */
struct cats_flow_bucket {
	__u64 entry[CATS_FLOW_WAYS];
	__u32 seen[CATS_FLOW_WAYS];
	__u32 pad;
};

/* lower half of a flow entry: incarnation of the next hop, and its id */
#define CATS_FLOW_REF(incarnation, nexthop) \
	((__u32)(incarnation) << 24 | (nexthop))
#define CATS_FLOW_NEXTHOP(entry)	((__u32)(entry) & 0x00ffffff)
#define CATS_FLOW_INCARNATION(entry)	((__u8)((__u32)(entry) >> 24))

#define CATS_FLOW_FRAGMENT	0x01	/* ports hold the IP identification */
#define CATS_FLOW_PINNED	0x02	/* by a reservation, not by a packet */

/**
 * struct cats_flow_key - who a flow entry is for; written once, never matched
 * @saddr: client, network order; IPv4 in the first 4 bytes
 * @daddr: CS-ID, network order
 * @sport: port or ICMP echo identifier, host order; 0 if not part of the key
 * @dport: port, host order
 * @service: the route
 * @family: enum cats_family
 * @proto: IP protocol; 0 if not part of the key
 * @flags: CATS_FLOW_*
 * @pad: 0
 */
struct cats_flow_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
	__u32 service;
	__u8 family;
	__u8 proto;
	__u8 flags;
	__u8 pad[5];
};

#define CATS_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), #type " changed its size")

CATS_SIZE(cats_port, 32);
CATS_SIZE(cats_service_key, 24);
CATS_SIZE(cats_service_conf, 64);
CATS_SIZE(cats_service, 192);
CATS_SIZE(cats_index_bucket, 64);
CATS_SIZE(cats_nexthop, 64);
CATS_SIZE(cats_encap, 256);
CATS_SIZE(cats_path, 576);
CATS_SIZE(cats_path_state, 64);
CATS_SIZE(cats_policy_conf, 256);
CATS_SIZE(cats_policy, 576);
CATS_SIZE(cats_flow_bucket, 64);
CATS_SIZE(cats_flow_key, 48);

#endif /* CATS_MAPS_H */
