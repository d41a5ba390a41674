// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failover OBJECT COUNT PREFIX MAC - how long traffic stays on a path that fails
 *
 * On the rig of stamp_rig.sh, whose namespaces are PREFIX-c and so on; MAC is
 * that of the ingress.  A flow over path A sends a packet every 200 us; the
 * path is cut; the time is taken until its first packet is seen on path B.
 * Prints, in microseconds: rounds, median and worst of that, and of the moment
 * the path was marked down.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "path_state.h"
#include "table.h"

#define ROUNDS_MAX	1000
#define STEP		200000ull		/* ns between packets */
#define PATIENCE	5000000000ull		/* ns */
#define FRAME		(14 + 40 + 8 + 8)
#define INNER		(14 + 40 + 24)		/* behind a reduced SRH */

/** struct rig - what is used of it */
struct rig {
	const char *prefix;
	struct bpf_object *obj;
	volatile uint32_t *cut;
	struct cats_forwarder f;
	struct cats_path_state *path;
	int out;
	int on_a;
	int on_b;
	uint8_t frame[FRAME];
};

static void die(const char *what)
{
	fprintf(stderr, "failover: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void nap(uint64_t ns)
{
	const struct timespec ts = { 0, ns };

	nanosleep(&ts, NULL);
}

static void enter(const struct rig *rig, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", rig->prefix, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static int packet_socket(const char *dev)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IPV6),
				  .sll_ifindex = if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_IPV6));

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(dev);
	return fd;
}

static void put_cut(struct rig *rig, const char *object)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	rig->obj = bpf_object__open_file(object, NULL);
	if (!rig->obj || bpf_object__load(rig->obj))
		die(object);
	prog = bpf_object__find_program_by_name(rig->obj, "cut_link");
	map = bpf_object__find_map_by_name(rig->obj, ".bss");
	rig->cut = map ? cats_array_map(bpf_map__fd(map), sizeof(*rig->cut)) :
			 NULL;
	if (!prog || !rig->cut ||
	    !bpf_program__attach_xdp(prog, if_nametoindex("i0")))
		die("cutting the link");
}

static void make_frame(struct rig *rig, const char *mac)
{
	uint8_t *ip = rig->frame + 14;
	int i;

	for (i = 0; i < 6; i++)
		rig->frame[i] = strtoul(mac + 3 * i, NULL, 16);
	memcpy(rig->frame + 6, "\x02\0\0\0\0\x01\x86\xdd", 8);
	memcpy(ip, "\x60\0\0\0\0\x10\x11\x40", 8);
	inet_pton(AF_INET6, "fd00:1::1", ip + 8);
	inet_pton(AF_INET6, "fd00:5::1", ip + 24);
	memcpy(ip + 42, "\0\x09\0\x10", 4);
}

static void send_packet(struct rig *rig, uint16_t port)
{
	rig->frame[14 + 40] = port >> 8;
	rig->frame[14 + 41] = port;
	if (write(rig->out, rig->frame, FRAME) < 0)
		die("sending");
}

/* Is there a packet of the flow among what has arrived? */
static bool seen(int fd, uint16_t port)
{
	uint8_t data[256];
	bool found = false;
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		if (n >= INNER + 44 && data[14 + 40] == IPPROTO_IPV6 &&
		    data[INNER + 40] == port >> 8 &&
		    data[INNER + 41] == (port & 0xff))
			found = true;
	return found;
}

static void wait_up(struct rig *rig)
{
	uint64_t end = now() + PATIENCE;

	while (*(volatile uint32_t *)&rig->path->liveness != CATS_PATH_UP) {
		if (now() > end)
			die("path A does not come up");
		nap(1000000);
	}
}

/* A new flow that takes path A. */
static uint16_t new_flow(struct rig *rig)
{
	static uint16_t port = 1024;
	uint64_t end;

	for (;;) {
		send_packet(rig, ++port);
		for (end = now() + 100000000; now() < end; nap(100000)) {
			if (seen(rig->on_a, port))
				return port;
			if (seen(rig->on_b, port))
				break;
		}
	}
}

static uint64_t stream(struct rig *rig, uint16_t port, uint64_t ns)
{
	uint64_t begin = now();

	for (;;) {
		send_packet(rig, port);
		if (seen(rig->on_b, port))
			return now();
		if (now() - begin > ns)
			return 0;
		nap(STEP);
	}
}

static void measure(struct rig *rig, uint64_t *moved, uint64_t *marked)
{
	uint64_t begin, end;
	uint16_t port;

	wait_up(rig);
	port = new_flow(rig);
	/* the failure shall hit any phase of the probing */
	if (stream(rig, port, 3000000 + rand() % 10000000))
		die("a flow moved from a path that works");
	begin = now();
	*rig->cut = 1;
	end = stream(rig, port, PATIENCE);
	*rig->cut = 0;
	if (!end)
		die("the flow has not moved");
	*moved = end - begin;
	*marked = rig->path->changed - begin;
	nap(20000000);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t policy_of(struct cats_forwarder *f, const char *name)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	while ((policy = cats_table_each(&f->policy, &id)))
		if (policy->used && !strcmp(policy->name, name))
			return id;
	die(name);
	return 0;
}

static void open_rig(struct rig *rig, const char *object, const char *mac)
{
	enter(rig, "a");
	put_cut(rig, object);
	rig->on_a = packet_socket("i0");
	enter(rig, "b");
	rig->on_b = packet_socket("i0");
	enter(rig, "c");
	rig->out = packet_socket("in0");
	enter(rig, "i");
	if (cats_forwarder_open(&rig->f, false))
		die("opening the tables");
	rig->path = cats_path_state(&rig->f, policy_of(&rig->f, "A"));
	make_frame(rig, mac);
}

int main(int argc, char **argv)
{
	static uint64_t moved[ROUNDS_MAX], marked[ROUNDS_MAX];
	struct sched_param param = { .sched_priority = 5 };
	struct rig rig = {};
	uint32_t rounds, i;

	if (argc != 5) {
		fprintf(stderr, "Usage: failover OBJECT COUNT PREFIX MAC\n");
		return 2;
	}
	rounds = atoi(argv[2]);
	if (!rounds || rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	rig.prefix = argv[3];
	open_rig(&rig, argv[1], argv[4]);
	sched_setscheduler(0, SCHED_FIFO, &param);
	for (i = 0; i < rounds; i++)
		measure(&rig, &moved[i], &marked[i]);
	qsort(moved, rounds, sizeof(*moved), by_value);
	qsort(marked, rounds, sizeof(*marked), by_value);
	printf("%u %llu %llu %llu %llu\n", rounds,
	       (unsigned long long)moved[rounds / 2] / 1000,
	       (unsigned long long)moved[rounds - 1] / 1000,
	       (unsigned long long)marked[rounds / 2] / 1000,
	       (unsigned long long)marked[rounds - 1] / 1000);
	cats_forwarder_close(&rig.f);
	bpf_object__close(rig.obj);
	return 0;
}
