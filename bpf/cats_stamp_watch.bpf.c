// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure of a path, found next to the path's state: a filter on the sender's
 * socket notes the answers as they arrive, in softirq, and a timer that needs
 * no process marks the path down.  On the devices named for it answers do not
 * get as far as the socket: what they say goes to the sender through a ring.
 *
 * A path is down when N intervals have passed since the last answer and N
 * probes sent after the answered one have each had time to be answered.  The
 * second half keeps a host that is too busy to send from raising an alarm, and
 * one that is too busy to receive is known by its pulse.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <cats/maps.h>
#include <cats/stamp.h>

#include "stamp_packet.h"

/* A sender that has not sent for so long is gone, and what it knew with it. */
#define GONE		10000000000ull

/* Then there is nothing to be seen soon. */
#define IDLE		1000000000ull

/* What hides behind a processor that stands still is waited for so long. */
#define PATIENCE	100000000ull

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CATS_PATH_STATES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct cats_path_state));
} cats_path_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, STAMP_SESSIONS);
	__type(key, __u32);
	__type(value, struct stamp_watch);
} stamp_watch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stamp_pulse);
} stamp_pulse SEC(".maps");

/* Sessions by endpoint: an answer without SSID is of a base RFC 8762 reflector. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STAMP_SESSIONS);
	__uint(key_size, 16);
	__uint(value_size, sizeof(__u32));
} stamp_peer SEC(".maps");

/**
 * struct stamp_timer - a session's timer, and what it saw when it last fired
 * @timer: started once, it starts itself again
 * @sent: probes sent by then
 * @since: CLOCK_MONOTONIC, ns, when @sent was first seen
 */
struct stamp_timer {
	struct bpf_timer timer;
	__u64 sent;
	__u64 since;
};

/* Pinned: it keeps ticking when the prober is gone.  It cannot be mmapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STAMP_SESSIONS);
	__type(key, __u32);
	__type(value, struct stamp_timer);
} cats_path_timer SEC(".maps");

/* struct stamp_answer, from XDP to the sender, who looks for them himself */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, STAMP_ANSWER_RING);
} stamp_answers SEC(".maps");

/* UDP port of the sender, set before loading. */
const volatile __u16 stamp_sender_port;

/* Session to be armed by stamp_arm. */
volatile __u32 stamp_arm_ssid;

static __always_inline struct cats_path_state *
state_of(const struct stamp_watch *watch)
{
	__u32 at = watch->state;

	return at ? bpf_map_lookup_elem(&cats_path_state, &at) : NULL;
}

static __always_inline void set_liveness(struct cats_path_state *state,
					 enum cats_liveness liveness, __u64 now)
{
	state->changed = now;
	*(volatile __u32 *)&state->liveness = liveness;
}

/* When the path is to be taken for down if nothing is heard; 0: not yet known */
static __always_inline __u64 deadline(const struct stamp_watch *watch,
				      const struct cats_path_state *state)
{
	__u64 sent = *(volatile __u64 *)&state->sent;
	__u64 nth = state->answered + watch->missed;
	__u64 due = state->heard + watch->missed * watch->interval, last;

	if (sent < nth)
		return 0;
	if (sent - nth >= STAMP_RING)
		return due;
	last = watch->when[nth & (STAMP_RING - 1)] + watch->wait;
	return last > due ? last : due;
}

/*
 * All processors must have run since the first answer that is missing was due,
 * and have had a moment for what had piled up.  Return: is that so?
 */
static __always_inline int all_run(const struct stamp_watch *watch,
				   const struct cats_path_state *state,
				   __u64 now)
{
	__u64 first = state->answered + 1, asked, complete;
	struct stamp_pulse *pulse;
	__u32 zero = 0;

	pulse = bpf_map_lookup_elem(&stamp_pulse, &zero);
	if (!pulse || !pulse->used)
		return 1;
	asked = *(volatile __u64 *)&pulse->asked;
	complete = *(volatile __u64 *)&pulse->complete;
	first = watch->when[first & (STAMP_RING - 1)] + watch->wait;
	return asked >= first && complete >= asked &&
	       now >= complete + watch->interval / 4;
}

/* Return: ns after which to look again. */
static __always_inline __u64 judge(const struct stamp_watch *watch,
				   struct cats_path_state *state, __u64 now)
{
	__u64 period = watch->missed * watch->interval, due, early;

	if (state->liveness != CATS_PATH_UP)
		return period;
	early = state->heard + period;
	if (now < early)
		return early - now;
	due = deadline(watch, state);
	if (!due)
		return watch->interval / 16;
	if (now < due)
		return due - now;
	if (now < due + PATIENCE && !all_run(watch, state, now))
		return watch->interval / 16;
	state->downs++;
	set_liveness(state, CATS_PATH_DOWN, now);
	return period;
}

static int fired(void *map __attribute__((unused)), __u32 *ssid,
		 struct stamp_timer *timer)
{
	struct stamp_watch *watch = bpf_map_lookup_elem(&stamp_watch, ssid);
	struct cats_path_state *state = watch ? state_of(watch) : NULL;
	__u64 now = bpf_ktime_get_ns(), again;

	if (!watch || !state)
		return 0;
	again = judge(watch, state, now);
	if (timer->sent != state->sent) {
		timer->sent = state->sent;
		timer->since = now;
	} else if (now - timer->since > GONE + 4 * watch->interval) {
		if (state->liveness != CATS_PATH_UNKNOWN)
			set_liveness(state, CATS_PATH_UNKNOWN, now);
		again = IDLE;
	}
	bpf_timer_start(&timer->timer, again > 50000 ? again : 50000, 0);
	return 0;
}

/* Run once per session by the prober, through BPF_PROG_TEST_RUN. */
SEC("socket")
int stamp_arm(struct __sk_buff *skb __attribute__((unused)))
{
	__u32 ssid = stamp_arm_ssid;
	struct stamp_timer *timer = bpf_map_lookup_elem(&cats_path_timer,
							&ssid);

	if (!timer)
		return 1;
	timer->since = bpf_ktime_get_ns();
	/* -EBUSY: it has been there since a prober before this one */
	bpf_timer_init(&timer->timer, &cats_path_timer, 1 /* monotonic */);
	if (bpf_timer_set_callback(&timer->timer, fired))
		return 2;
	return bpf_timer_start(&timer->timer, 1000000, 0) ? 3 : 0;
}

/**
 * struct answer - what is read of an answer, as it stands on the wire
 * @sequence: of the reflector
 * @sent: timestamp of the reflector, in two words, for it is not aligned
 * @error: estimate of its clock's error
 * @ssid: session
 * @received: timestamp, when it had the probe
 * @sender_sequence: of the probe
 * @sender_stamp: timestamp of the probe
 */
struct answer {
	__be32 sequence;
	__be32 sent[2];
	__be16 error;
	__be16 ssid;
	__be32 received[2];
	__be32 sender_sequence;
	__be32 sender_stamp[2];
};

static __always_inline __u64 get64(const __be32 *at)
{
	return (__u64)bpf_ntohl(at[0]) << 32 | bpf_ntohl(at[1]);
}

/* The session with that SSID, if @from is its endpoint and nobody needs a key. */
static __always_inline struct stamp_watch *find(const __u64 *from,
						__be16 wire_ssid)
{
	__u32 ssid = bpf_ntohs(wire_ssid), *known;
	struct stamp_watch *watch;
	__u64 *endpoint;

	if (!ssid) {
		known = bpf_map_lookup_elem(&stamp_peer, from);
		if (!known)
			return NULL;
		ssid = *known;
	}
	watch = bpf_map_lookup_elem(&stamp_watch, &ssid);
	if (!watch || watch->flags & STAMP_WATCH_AUTH)
		return NULL;
	endpoint = (__u64 *)watch->endpoint;
	return from[0] == endpoint[0] && from[1] == endpoint[1] ? watch : NULL;
}

/* Return: number of the probe that is answered, 0 if it is none of the last. */
static __always_inline __u64 answered(const struct stamp_watch *watch,
				      const struct cats_path_state *state,
				      const struct answer *answer)
{
	__u64 number = *(volatile __u64 *)&state->sent;
	__u32 behind = (__u32)number - 1 -
		       bpf_ntohl(answer->sender_sequence);

	if (behind >= STAMP_RING || behind >= number)
		return 0;
	number -= behind;
	return watch->stamp[number & (STAMP_RING - 1)] ==
	       get64(answer->sender_stamp) ? number : 0;
}

static __always_inline void note(struct cats_path_state *state, __u64 number,
				 __u64 now)
{
	/* what is heard twice proves nothing new */
	if (number > state->answered) {
		state->heard = now;
		state->answered = number;
	}
}

/* The socket gets every packet: who reads it counts the bad ones by reason. */
SEC("socket")
int stamp_heard(struct __sk_buff *skb)
{
	struct cats_path_state *state;
	struct stamp_watch *watch;
	struct answer answer;
	__u64 from[2], number;

	if (bpf_skb_load_bytes(skb, UDP_LEN, &answer, sizeof(answer)) ||
	    bpf_skb_load_bytes_relative(skb, CATS_IP6_SADDR, from,
					sizeof(from), BPF_HDR_START_NET))
		return 0xffff;
	watch = find(from, answer.ssid);
	state = watch ? state_of(watch) : NULL;
	if (!watch || !state)
		return 0xffff;
	number = answered(watch, state, &answer);
	if (number)
		note(state, number, bpf_ktime_get_ns());
	return 0xffff;
}

/* false: there is no room, and the socket has to take it. */
static __always_inline int hand_over(const struct stamp_watch *watch,
				     const struct answer *answer, __u64 now)
{
	struct stamp_answer *record;

	record = bpf_ringbuf_reserve(&stamp_answers, sizeof(*record), 0);
	if (!record)
		return 0;
	record->heard = now;
	record->sent = get64(answer->sent);
	record->received = get64(answer->received);
	record->sender_stamp = get64(answer->sender_stamp);
	record->sequence = bpf_ntohl(answer->sequence);
	record->sender_sequence = bpf_ntohl(answer->sender_sequence);
	record->ssid = watch->ssid;
	record->pad = 0;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 1;
}

/* Return: was it an answer, and is all done that has to be done with it? */
static __always_inline int hear(struct xdp_md *ctx, __u64 now)
{
	struct cats_path_state *state;
	struct stamp_watch *watch;
	struct answer answer;
	struct place place;
	__u64 from[2], number;
	__u8 *ip, *udp;

	if (!skip_l2(ctx, &place) || !find_udp(ctx, &place))
		return 0;
	ip = at(ctx, place.l2, CATS_IP6_LEN);
	udp = at(ctx, place.udp, TEST_LEN);
	if (!ip || !udp ||
	    *(__be16 *)(udp + 2) != bpf_htons(stamp_sender_port) ||
	    *(__be16 *)(udp + 4) != bpf_htons(TEST_LEN))
		return 0;
	__builtin_memcpy(from, ip + CATS_IP6_SADDR, sizeof(from));
	__builtin_memcpy(&answer, udp + UDP_LEN, sizeof(answer));
	watch = find(from, answer.ssid);
	state = watch ? state_of(watch) : NULL;
	if (!watch || !state || *(__be16 *)udp != watch->port)
		return 0;
	number = answered(watch, state, &answer);
	/* a wrong checksum is the stack's to count */
	if (!number || fold(ip + CATS_IP6_SADDR, udp) ||
	    !hand_over(watch, &answer, now))
		return 0;
	note(state, number, now);
	return 1;
}

/* What is not an answer to a probe, or is anything but plain, is the socket's. */
SEC("xdp")
int cats_stamp_hear(struct xdp_md *ctx)
{
	return hear(ctx, bpf_ktime_get_ns()) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
