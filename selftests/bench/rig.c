// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rig: what a packet costs on its way through a host, against what the kernel
 * takes for the same.  Everything happens on one CPU:
 *
 *	gen: gen0, gen1, gen2 --- ing: in0, in1, in2, out --- sink: sink
 *
 * in0 has a program that only redirects, in1 is a port of cats, in2 leaves its
 * packets to the kernel.  The generator is an XDP program whose frames are real
 * (BPF_F_TEST_XDP_LIVE_FRAMES), the sink one that counts them and drops them.
 * What is reported is wall clock time by packets that the sink got, as the sink
 * sees it: BPF_PROG_TEST_RUN waits for RCU, about 20 ms.  Generator, two veths
 * and sink are in all figures alike: they are what "floor" costs, save for the
 * program that redirects.
 *
 * Namespaces and mounts have no names: they go with the process, however it
 * ends.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rounds.h"
#include "rig.h"

#define ROUNDS		9
#define PACKETS		1048576
#define WARM_UP		100000
#define BATCH		64	/* a veth holds 256 */
#define ATTEMPTS	3

enum { GEN, ING, SINK, SPACES };

static const char *const space_names[SPACES] = { "GEN", "ING", "SINK" };

enum { TO_FLOOR, TO_CATS, TO_KERNEL };	/* 0, 1, 2 of in0, in1, in2 */

/**
 * struct subject - who forwards what
 * @port: the N of inN
 * @segs: of the packet sent, 0: no encapsulation
 * @seg6: the subject that is the kernel's way to do the same
 */
struct subject {
	const char *name;
	const char *dst;
	uint32_t port;
	uint32_t flows;
	uint32_t segs;
	uint32_t seg6;
	double ns[ROUNDS];
};

static struct subject subjects[] = {
	{ "floor: redirect only", "2001:db8:1::1", TO_FLOOR, 1, 0, 5, {} },
	{ "cats, 1 segment, 1 flow", "2001:db8:c5::1", TO_CATS, 1, 1, 5, {} },
	{ "cats, 1 segment, 1,024 flows", "2001:db8:c5::1", TO_CATS, 1024, 1,
	  6, {} },
	{ "cats, 3 segments, 1 flow", "2001:db8:c5::3", TO_CATS, 1, 3, 7, {} },
	{ "cats, 3 segments, 1,024 flows", "2001:db8:c5::3", TO_CATS, 1024, 3,
	  8, {} },
	{ "kernel seg6, 1 segment, 1 flow", "2001:db8:c5::1", TO_KERNEL, 1, 1,
	  5, {} },
	{ "kernel seg6, 1 segment, 1,024 flows", "2001:db8:c5::1", TO_KERNEL,
	  1024, 1, 6, {} },
	{ "kernel seg6, 3 segments, 1 flow", "2001:db8:c5::3", TO_KERNEL, 1, 3,
	  7, {} },
	{ "kernel seg6, 3 segments, 1,024 flows", "2001:db8:c5::3", TO_KERNEL,
	  1024, 3, 8, {} },
	{ "kernel IPv6 forwarding, 1 flow", "2001:db8:1::1", TO_KERNEL, 1, 0,
	  5, {} },
	{ "kernel IPv6 forwarding, 1,024 flows", "2001:db8:1::1", TO_KERNEL,
	  1024, 0, 6, {} },
};

#define SUBJECTS	(sizeof(subjects) / sizeof(subjects[0]))

/** struct rig - what setting up leaves for measuring */
struct rig {
	int space[SPACES];
	struct bpf_object *obj;
	int gen;
	int conf;
	int seen;
	struct rig_seen *values;
	size_t cpus;
	uint32_t gen_index[3];
};

/**
 * struct command - of setting up
 * @space: where; $GEN, $ING, $SINK in the text are the namespaces
 */
struct command {
	int space;
	const char *text;
};

#define IN_MAC		0x0b	/* 02:00:00:00:0b:0N is inN */

/*
 * A veth drops what is redirected into it unless the other end has XDP or GRO:
 * in0, in1 and sink have the one, in2 the other.
 */
static const struct command links[] = {
	{ GEN, "sysctl -q -w net.ipv6.conf.default.disable_ipv6=1" },
	{ SINK, "sysctl -q -w net.ipv6.conf.default.disable_ipv6=1" },
	{ ING, "sysctl -q -w net.ipv6.conf.all.forwarding=1"
	       " net.ipv6.conf.default.accept_dad=0" },
	{ ING, "ip link set lo up" },
	{ GEN, "for i in 0 1 2; do"
	       " ip link add gen$i type veth peer name in$i netns $ING"
	       "  address 02:00:00:00:0b:0$i && ip link set gen$i up || exit;"
	       " done" },
	{ ING, "for i in 0 1 2; do ip link set in$i up || exit; done" },
	{ ING, "ethtool -K in2 gro on" },
	{ ING, "ip link add out address 02:00:00:00:0c:00 type veth"
	       " peer name sink address 02:00:00:00:0d:00 netns $SINK" },
	{ SINK, "ip link set sink up" },
	{ ING, "ip link set out up" },
	{ ING, "ip addr add 2001:db8:b::1/64 dev out nodad" },
	{ ING, "ip neigh add 2001:db8:b::2 lladdr 02:00:00:00:0d:00 dev out"
	       " nud permanent" },
	{ ING, "ip -6 route add default via 2001:db8:b::2" },
};

/* in1 and in2 know the same routes; cats has 16 next hops, as a service has. */
static const struct command routes[] = {
	{ ING, "ip sr tunsrc set 2001:db8:b::1" },
	{ ING, "ip -6 route add 2001:db8:c5::1 encap seg6 mode encap.red"
	       " segs fd00:5::1 dev out" },
	{ ING, "ip -6 route add 2001:db8:c5::3 encap seg6 mode encap.red"
	       " segs fd00:1::1,fd00:2::1,fd00:5::1 dev out" },
	{ ING, "$CATS dev add in1 mode native" },
	{ ING, "$CATS policy add one via 2001:db8:b::2 src 2001:db8:b::1" },
	{ ING, "$CATS policy add three segs fd00:1::1,fd00:2::1"
	       " src 2001:db8:b::1" },
	{ ING, "$CATS route add 2001:db8:c5::1"
	       " $(seq -f 'nexthop policy one sid fd00:5::%g' 16)" },
	{ ING, "$CATS route add 2001:db8:c5::3"
	       " $(seq -f 'nexthop policy three sid fd00:5::%g' 16)" },
	/* else the stack sends, and it is the stack that is measured */
	{ ING, "! $CATS nexthop | grep -E 'unresolved|by-stack'" },
};

static void enter(struct rig *rig, int space)
{
	if (setns(rig->space[space], CLONE_NEWNET))
		die("setns");
}

static void run_all(struct rig *rig, const struct command *command,
		    size_t count)
{
	for (; count--; command++) {
		enter(rig, command->space);
		if (!system(command->text))
			continue;
		fprintf(stderr, "rig: failed: %s\n", command->text);
		exit(1);
	}
}

static void make_spaces(struct rig *rig)
{
	char path[64];
	int i;

	for (i = 0; i < SPACES; i++) {
		if (unshare(CLONE_NEWNET))
			die("unshare");
		rig->space[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (rig->space[i] < 0)
			die("/proc/self/ns/net");
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(),
			 rig->space[i]);
		setenv(space_names[i], path, 1);
	}
}

/* What cats pins shall go with the process, too. */
static void hide_run(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("run", "/run", "tmpfs", 0, "mode=0755") ||
	    mkdir("/run/cats", 0755) || mkdir("/run/cats/bpf", 0700) ||
	    mount("bpf", "/run/cats/bpf", "bpf", 0, "mode=0700"))
		die("mounting a /run of our own");
}

static int program(struct rig *rig, const char *name)
{
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(rig->obj, name);
	if (!prog)
		die(name);
	return bpf_program__fd(prog);
}

static void load(struct rig *rig)
{
	rig->obj = bpf_object__open_file(RIG_OBJECT, NULL);
	if (!rig->obj || bpf_object__load(rig->obj))
		die("loading " RIG_OBJECT);
	rig->gen = program(rig, "rig_gen");
	rig->conf = bpf_object__find_map_fd_by_name(rig->obj, "rig_conf");
	rig->seen = bpf_object__find_map_fd_by_name(rig->obj, "rig_seen");
	rig->cpus = libbpf_num_possible_cpus();
	rig->values = calloc(rig->cpus, sizeof(*rig->values));
	if (!rig->values)
		die("calloc");
}

static void attach(struct rig *rig, int space, const char *dev,
		   const char *prog)
{
	enter(rig, space);
	if (bpf_xdp_attach(if_nametoindex(dev), program(rig, prog),
			   XDP_FLAGS_DRV_MODE, NULL))
		die(dev);
}

static void configure(struct rig *rig, uint32_t who,
		      const struct rig_conf *conf)
{
	if (bpf_map_update_elem(rig->conf, &who, conf, 0))
		die("rig_conf");
}

static void setup(struct rig *rig)
{
	struct rig_conf floor = { .eth = { 2, 0, 0, 0, 0x0d, 0, 2, 0, 0, 0,
					   0x0c, 0, 0x86, 0xdd } };
	char name[IF_NAMESIZE];
	int i;

	setenv("CATS", CATS_COMMAND, 0);
	hide_run();
	make_spaces(rig);
	load(rig);
	run_all(rig, links, sizeof(links) / sizeof(links[0]));
	attach(rig, SINK, "sink", "rig_sink");
	attach(rig, ING, "in0", "rig_floor");
	floor.ifindex = if_nametoindex("out");
	configure(rig, RIG_FLOOR, &floor);
	run_all(rig, routes, sizeof(routes) / sizeof(routes[0]));
	enter(rig, GEN);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "gen%d", i);
		rig->gen_index[i] = if_nametoindex(name);
	}
}

/*
 * IPv6, UDP, zeroes; the generator fills in what changes.  No checksum: a NIC
 * would have verified it, so GRO shall not have to.
 */
static void build(uint8_t *frame, const char *dst)
{
	uint8_t *ip = frame + RIG_ROOM + ETH_HLEN, *udp = ip + 40;

	memset(frame, 0, RIG_ROOM + RIG_FRAME);
	ip[0] = 0x60;
	ip[6] = IPPROTO_UDP;
	if (inet_pton(AF_INET6, "2001:db8:a::1", ip + 8) != 1 ||
	    inet_pton(AF_INET6, dst, ip + 24) != 1)
		die(dst);
	udp[3] = 80;
	udp[5] = 8 + RIG_PAYLOAD;
}

static uint32_t sent_length(const struct subject *s)
{
	uint32_t srh = s->segs > 1 ? 8 + 16 * (s->segs - 1) : 0;

	return RIG_FRAME + (s->segs ? 40 : 0) + srh;
}

/* On this CPU; a packet that has ended on another one is a lost one. */
static const struct rig_seen *seen(struct rig *rig)
{
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(rig->seen, &zero, rig->values))
		die("rig_seen");
	return &rig->values[sched_getcpu()];
}

/* What is still under way gets there. */
static const struct rig_seen *settle(struct rig *rig)
{
	uint64_t last, now = seen(rig)->packets;

	do {
		last = now;
		usleep(2000);
		now = seen(rig)->packets;
	} while (now != last);
	return seen(rig);
}

static void forget(struct rig *rig)
{
	uint32_t zero = 0;

	settle(rig);
	memset(rig->values, 0, rig->cpus * sizeof(*rig->values));
	if (bpf_map_update_elem(rig->seen, &zero, rig->values, 0))
		die("rig_seen");
}

static const struct rig_seen *transmit(struct rig *rig,
				       const struct subject *s,
				       uint32_t packets)
{
	struct rig_conf gen = { .ifindex = rig->gen_index[s->port],
				.flows = s->flows,
				.eth = { 2, 0, 0, 0, IN_MAC, s->port, 2, 0, 0,
					 0, 0x0a, 0, 0x86, 0xdd } };
	struct rig_conf sink = { .len = sent_length(s) };
	uint8_t frame[RIG_ROOM + RIG_FRAME];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = packets,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	build(frame, s->dst);
	configure(rig, RIG_GEN, &gen);
	configure(rig, RIG_SINK, &sink);
	forget(rig);
	if (bpf_prog_test_run_opts(rig->gen, &opts))
		die("BPF_PROG_TEST_RUN with live frames");
	return settle(rig);
}

/* Nothing is known of a subject that loses packets or sends others. */
static double measure(struct rig *rig, const struct subject *s,
		      uint32_t packets)
{
	const struct rig_seen *got;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		got = transmit(rig, s, packets);
		if (got->packets <= packets &&
		    got->packets >= packets - packets / 100)
			return (double)(got->last - got->first) /
			       ((got->packets - 1) & ~(RIG_STRIDE - 1ull));
		fprintf(stderr, "rig: %s: %ju of %u packets arrived\n",
			s->name, (uintmax_t)got->packets, packets);
	}
	exit(1);
}

/*
 * The last two columns are how many times the floor, and how many times less
 * than the kernel's seg6 with as many segments and flows; of the medians.
 */
static void report(void)
{
	double med[SUBJECTS];
	unsigned int i;

	for (i = 0; i < SUBJECTS; i++)
		med[i] = median(subjects[i].ns, ROUNDS);
	printf("%-38s %6s %7s %6s %11s %8s %8s\n", "ns per packet", "min",
	       "median", "Mpps", "over floor", "/ floor", "seg6 /");
	for (i = 0; i < SUBJECTS; i++)
		printf("%-38s %6.0f %7.0f %6.2f %11.0f %8.2f %8.2f\n",
		       subjects[i].name, subjects[i].ns[0], med[i],
		       1e3 / med[i], med[i] - med[0], med[i] / med[0],
		       med[subjects[i].seg6] / med[i]);
}

int main(void)
{
	static struct rig rig;
	int round;
	unsigned int i;

	setup(&rig);
	pin();
	header(ROUNDS, PACKETS);
	printf("# received by a sink behind two veths, all on one CPU\n");
	fflush(stdout);
	for (round = 0; round <= ROUNDS; round++) {
		progress(round, ROUNDS);
		for (i = 0; i < SUBJECTS; i++) {
			struct subject *s = &subjects[i];

			/* the first round fills caches and flow table */
			if (!round)
				measure(&rig, s, WARM_UP);
			else
				s->ns[round - 1] = measure(&rig, s, PACKETS);
		}
	}
	progress(round, ROUNDS);
	report();
	bpf_object__close(rig.obj);
	free(rig.values);
	return 0;
}
