// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench: what a packet costs in the XDP program, in nanoseconds.
 *
 * All cases are measured in turn, again and again, so that whatever else the
 * machine does hits them alike; the minimum and the median of the rounds are
 * printed.  "over return" is the cost over a program that only returns, and
 * includes making and unmaking the packet; "net" is without that.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "builder.h"
#include "rounds.h"

#define ROUNDS	15
#define REPEAT	1000000

/** struct bench - one case */
struct bench {
	const char *name;
	const char *prog;
	uint32_t flows;
	uint32_t fresh;
	uint32_t ip6;
	uint32_t segs;
	const char *dst;
	struct bpf_object *obj;
	int fd;
	uint32_t action;
	double ns[ROUNDS];
};

#define CSID4	"203.0.113.1"
#define CSID6	"2001:db8:c5::1"

static struct bench benches[] = {
	{ .name = "return", .prog = "bench_floor", .flows = 1, .dst = CSID6 },
	{ .name = "make and unmake a packet", .prog = "bench_wrap", .flows = 1,
	  .ip6 = 1, .dst = CSID6 },
	{ .name = "pass, not a service, IPv6", .prog = "bench_steer",
	  .flows = 1, .ip6 = 1, .dst = "2001:db8:ffff::1" },
	{ .name = "pass, not a service, IPv4", .prog = "bench_steer",
	  .flows = 1, .dst = "198.51.100.1" },
	{ .name = "steer, 1 flow, IPv6, 1 segment", .prog = "bench_steer",
	  .flows = 1, .ip6 = 1, .segs = 1, .dst = CSID6 },
	{ .name = "steer, 1 flow, IPv4, 1 segment", .prog = "bench_steer",
	  .flows = 1, .segs = 1, .dst = CSID4 },
	{ .name = "steer, 1 flow, IPv6, 2 segments", .prog = "bench_steer",
	  .flows = 1, .ip6 = 1, .segs = 2, .dst = "2001:db8:c5::2" },
	{ .name = "steer, 1 flow, IPv6, 3 segments", .prog = "bench_steer",
	  .flows = 1, .ip6 = 1, .segs = 3, .dst = "2001:db8:c5::3" },
	{ .name = "steer, 1 flow, IPv6, prefix route", .prog = "bench_steer",
	  .flows = 1, .ip6 = 1, .segs = 1, .dst = "2001:db8:c6::77" },
	{ .name = "steer, 1,024 flows, IPv6", .prog = "bench_steer",
	  .flows = 1024, .ip6 = 1, .segs = 1, .dst = CSID6 },
	{ .name = "steer, 32,768 flows, IPv6", .prog = "bench_steer",
	  .flows = 32768, .ip6 = 1, .segs = 1, .dst = CSID6 },
	{ .name = "steer, 262,144 flows, IPv6", .prog = "bench_steer",
	  .flows = 262144, .ip6 = 1, .segs = 1, .dst = CSID6 },
	{ .name = "steer, a new flow every packet", .prog = "bench_steer",
	  .flows = 1, .fresh = 1, .ip6 = 1, .segs = 1, .dst = CSID6 },
};

#define BENCHES	(sizeof(benches) / sizeof(benches[0]))

/* Where the constant @name stands in .rodata, as the BTF says. */
static uint32_t constant_offset(struct bpf_object *obj, const char *name)
{
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *sec = btf__type_by_id(btf, id);
	const struct btf_var_secinfo *var = btf_var_secinfos(sec);
	int i;

	for (i = 0; i < btf_vlen(sec); i++)
		if (!strcmp(name, btf__name_by_offset(btf,
				btf__type_by_id(btf, var[i].type)->name_off)))
			return var[i].offset;
	die(name);
	return 0;
}

static void set32(struct bpf_object *obj, uint8_t *data, const char *name,
		  uint32_t value)
{
	memcpy(data + constant_offset(obj, name), &value, sizeof(value));
}

static void set_constants(struct fixture *x, struct bench *b,
			  struct bpf_map *map)
{
	uint32_t grow = b->segs ? 40 : 0;
	uint8_t data[4096] = {};

	if (b->segs > 1)
		grow += 8 + 16 * (b->segs - 1);
	set32(b->obj, data, "bench_flows", b->flows);
	set32(b->obj, data, "bench_fresh", b->fresh);
	set32(b->obj, data, "bench_ip6", b->ip6);
	set32(b->obj, data, "bench_grow", grow);
	memcpy(data + constant_offset(b->obj, "cats_hash_key"),
	       x->f.control->hash_key, sizeof(x->f.control->hash_key));
	if (bpf_map__set_initial_value(map, data, bpf_map__value_size(map)))
		die("setting constants");
}

static void load(struct fixture *x, struct bench *b)
{
	struct bpf_map *map;

	b->obj = bpf_object__open_file(BENCH_OBJECT, NULL);
	if (!b->obj || reuse_maps(x, b->obj))
		die("opening " BENCH_OBJECT);
	bpf_object__for_each_map(map, b->obj)
		if (strstr(bpf_map__name(map), ".rodata"))
			set_constants(x, b, map);
	if (bpf_object__load(b->obj))
		die("loading " BENCH_OBJECT);
	b->fd = bpf_program__fd(bpf_object__find_program_by_name(b->obj,
								 b->prog));
}

static double measure(struct fixture *x, struct bench *b, uint32_t repeat)
{
	const struct packet packet = { .dst = b->dst, .payload = 15 };
	static struct frame frame;
	struct xdp_md ctx = { .ingress_ifindex = x->in };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = repeat);

	build(&frame, &packet);
	opts.data_size_in = ctx.data_end = frame.len;
	if (bpf_prog_test_run_opts(b->fd, &opts))
		die("BPF_PROG_TEST_RUN");
	b->action = opts.retval;
	return opts.duration;
}

/* 16 next hops for each route, as a service has them. */
static void add_routes(struct fixture *x)
{
	static const char *const csids[] = { "", CSID6, "2001:db8:c5::2",
					     "2001:db8:c5::3" };
	struct cats_route_spec *spec;
	char name[8], sid[32];
	uint32_t policy, segs, i, extra;

	for (segs = 1; segs <= 3; segs++) {
		snprintf(name, sizeof(name), "P%u", segs);
		policy = add_policy(x, name, segs - 1, 0, 0);
		for (extra = 0; extra < (segs == 1 ? 3 : 1); extra++) {
			spec = spec_for(extra == 0 ? csids[segs] :
					extra == 1 ? CSID4 :
						     "2001:db8:c6::/48", 0);
			for (i = 0; i < 16; i++) {
				snprintf(sid, sizeof(sid), "fd00:5:%x::%x",
					 segs * 4 + extra, i + 1);
				spec_nexthop(spec, policy, sid, 1);
			}
			spec_set(x, spec, CATS_ROUTE_ADD);
		}
	}
}

/* A case that does not do what its name says measures nothing. */
static void check(struct bench *b)
{
	uint32_t want = b->segs ? XDP_REDIRECT : XDP_PASS;

	if (b->action == want)
		return;
	fprintf(stderr, "bench: %s: action %u, not %u\n", b->name, b->action,
		want);
	exit(1);
}

static void report(void)
{
	double floor, wrap, med;
	unsigned int i;

	floor = median(benches[0].ns, ROUNDS);
	wrap = median(benches[1].ns, ROUNDS);
	printf("%-36s %8s %8s %12s %8s\n", "ns per packet", "min", "median",
	       "over return", "net");
	for (i = 0; i < BENCHES; i++) {
		med = median(benches[i].ns, ROUNDS);
		printf("%-36s %8.1f %8.1f %12.1f", benches[i].name,
		       benches[i].ns[0], med, med - floor);
		if (i > 1)
			printf(" %8.1f", med - wrap);
		putchar('\n');
	}
}

int main(void)
{
	unsigned int i, round;
	void *state;

	if (fixture_setup(&state)) {
		fprintf(stderr, "bench: cannot set up\n");
		return 1;
	}
	add_routes(state);
	for (i = 0; i < BENCHES; i++)
		load(state, &benches[i]);
	pin();
	header(ROUNDS, REPEAT);
	for (round = 0; round <= ROUNDS; round++) {
		progress(round, ROUNDS);
		for (i = 0; i < BENCHES; i++) {
			double ns = measure(state, &benches[i], REPEAT);

			check(&benches[i]);
			/* the first round fills caches and flow table */
			if (round)
				benches[i].ns[round - 1] = ns;
		}
	}
	progress(round, ROUNDS);
	report();
	for (i = 0; i < BENCHES; i++)
		bpf_object__close(benches[i].obj);
	return fixture_teardown(&state);
}
