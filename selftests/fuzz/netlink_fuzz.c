// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netlink_fuzz [-s SEED] [-n COUNT] [-t SECONDS]
 *
 * Says right and wrong things to the netlink families of cats.ko and sends right
 * and wrong packets to its SIDs, in a network namespace of its own, while devices
 * come and go.  Now and then it sees that the kernel still does what it should.
 * What is wrong inside shows in the kernel's log, best of one that checks itself.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel.h"

#define CHECK_EVERY	200

struct fuzz_stats fuzz_stats;
static uint64_t failures;

static const char setup[] =
	"link set lo up\n"
	"link add uplink address 02:00:00:00:00:01 type veth peer name peer"
	" address 02:00:00:00:00:02\n"
	"link set uplink up\n"
	"link set peer up\n"
	"addr add 2001:db8:1::2/64 dev uplink nodad\n"
	"neigh add 2001:db8:1::1 lladdr 02:00:00:00:00:02 dev uplink\n"
	"link add out type dummy\n"
	"link set out up\n"
	"addr add 10.0.0.1/24 dev out\n"
	"addr add 2001:db8:2::1/64 dev out nodad\n"
	"neigh add 10.0.0.11 lladdr 02:00:00:00:00:03 dev out\n"
	"neigh add 2001:db8:2::11 lladdr 02:00:00:00:00:03 dev out\n"
	"neigh add fe80::1 lladdr 02:00:00:00:00:03 dev out\n"
	"link add cats0 type cats\n"
	"link set cats0 up\n"
	"link add red type vrf table 10\n"
	"link set red up\n"
	"route add 203.0.113.0/24 via 10.0.0.11 dev out\n"
	"route add 2001:db8:c5::/64 via 2001:db8:2::11 dev out\n"
	"route add 203.0.113.0/24 via 10.0.0.11 dev out table 10\n"
	"route add 2001:db8:c5::/64 via 2001:db8:2::11 dev out table 10\n"
	"route add local 2001:db8:e1::/64 dev cats0\n"
	"route add 2001:db8:e2::/64 dev cats0\n";

static void sysctl(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err(1, "%s", path);
	close(fd);
}

static void network(void)
{
	FILE *ip;

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	ip = popen("ip -b -", "w");
	if (!ip || fputs(setup, ip) < 0 || pclose(ip))
		errx(1, "ip: no network");
	sysctl("ipv4/ip_forward", "1");
	sysctl("ipv6/conf/all/forwarding", "1");
	sysctl("ipv6/icmp/ratelimit", "0");
	sysctl("ipv4/icmp_ratelimit", "0");
	sysctl("vrf/strict_mode", "1");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Is a right packet to a right SID delivered?  Twice, should one be lost. */
static bool delivers(void)
{
	uint64_t before = kernel_canary_packets();
	uint8_t sid[16];
	double end = now() + 20;

	fuzz_sid(sid, KERNEL_CANARY);
	while (now() < end) {
		fuzz_packet_right(sid);
		poll(NULL, 0, 1);
		if (kernel_canary_packets() > before)
			return true;
	}
	return false;
}

static void check(void)
{
	fuzz_stats.checks++;
	sysctl("ipv6/conf/uplink/seg6_require_hmac", "0");
	if (!kernel_answers()) {
		printf("# after %llu messages: no right answer\n",
		       (unsigned long long)fuzz_stats.messages);
		failures++;
	} else if (!delivers()) {
		printf("# after %llu packets: no right packet\n",
		       (unsigned long long)fuzz_stats.packets);
		failures++;
	}
	kernel_prime();
}

static void step(void)
{
	static const char *const hmac[] = { "-1", "0", "0", "1" };
	uint32_t i;

	kernel_say();
	for (i = fuzz_below(12); i; i--)
		fuzz_packet();
	if (fuzz_one_in(60))
		kernel_device();
	if (fuzz_one_in(100))
		sysctl("ipv6/conf/uplink/seg6_require_hmac", hmac[fuzz_below(4)]);
}

static void report_answers(void)
{
	int code;

	printf("# %llu messages, %llu objects read, %llu dumps (%llu left"
	       " half-way), %llu events, %llu times lost, %llu devices\n",
	       (unsigned long long)fuzz_stats.messages,
	       (unsigned long long)fuzz_stats.replies,
	       (unsigned long long)fuzz_stats.dumps,
	       (unsigned long long)fuzz_stats.abandoned,
	       (unsigned long long)fuzz_stats.events,
	       (unsigned long long)fuzz_stats.lost,
	       (unsigned long long)fuzz_stats.devices);
	printf("# accepted: %llu\n", (unsigned long long)fuzz_stats.answer[0]);
	for (code = 1; code < FUZZ_ERRNOS; code++)
		if (fuzz_stats.answer[code])
			printf("# refused, %s: %llu\n", strerrorname_np(code),
			       (unsigned long long)fuzz_stats.answer[code]);
}

static void result(int number, bool ok, const char *name)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", number, name);
	failures += !ok;
}

static void arguments(int argc, char **argv, uint64_t *seed, uint64_t *count,
		      double *seconds)
{
	int option;

	while ((option = getopt(argc, argv, "s:n:t:")) != -1) {
		if (option == 's')
			*seed = strtoull(optarg, NULL, 0);
		else if (option == 'n')
			*count = strtoull(optarg, NULL, 0);
		else if (option == 't')
			*seconds = atof(optarg);
		else
			errx(2, "Usage: %s [-s SEED] [-n COUNT] [-t SECONDS]",
			     argv[0]);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed = (uint64_t)time(NULL), count = UINT64_MAX, next = 0;
	double seconds = 20, end;
	unsigned int verdicts;

	arguments(argc, argv, &seed, &count, &seconds);
	printf("KTAP version 1\n1..3\n# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	fuzz_seed(seed);
	network();
	kernel_open();
	fuzz_packets_open();
	end = now() + seconds;
	while (fuzz_stats.messages < count && now() < end && !failures) {
		if (fuzz_stats.messages >= next) {
			check();
			next = fuzz_stats.messages + CHECK_EVERY;
		}
		step();
	}
	check();
	report_answers();
	printf("# %llu packets, %llu of them the socket refused\n",
	       (unsigned long long)fuzz_stats.packets,
	       (unsigned long long)fuzz_stats.unsent);
	verdicts = kernel_verdicts();
	result(1, !failures, "the kernel answers and delivers as it should");
	result(2, fuzz_stats.answer[0] > fuzz_stats.messages / 20 &&
	       fuzz_stats.answer[EINVAL], "requests are accepted and refused");
	result(3, verdicts >= 12, "packets reach the endpoint's depths");
	return failures ? 1 : 0;
}
