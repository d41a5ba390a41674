// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * first_packet CLIENT DEV MAC UNDERLAY DEV COUNT CSID... - how long the first packet
 * of a flow takes through an ingress forwarder
 *
 * A flow after the other, COUNT for each CS-ID, in turn: a UDP packet is sent from
 * DEV in network namespace CLIENT to MAC, and awaited at DEV in UNDERLAY.  Prints
 * for each CS-ID: CSID MINIMUM MEDIAN P99, in us.
 *
 * first_packet -f SECONDS CLIENT DEV MAC CSID - as many flows as it can send, prints
 * how many.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"

#define CSIDS	4
#define IP6	40
#define UDP	8
#define MARK	8
#define FRAME	(ETH_HLEN + IP6 + UDP + MARK)
#define FLOWS	60000u		/* source ports from 1024 on */

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static int open_device(const char *netns, const char *dev, uint16_t protocol)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(protocol) };
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	addr.sll_ifindex = if_nametoindex(dev);
	if (fd < 0 || bind(fd, (void *)&addr, sizeof(addr)))
		die(dev);
	return fd;
}

/* A frame to @csid; which flow is in its source address and port. */
static void make_frame(uint8_t *frame, const char *mac, const char *csid)
{
	static const uint8_t fixed[] = { 0x02, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60,
					 0, 0, 0, 0, UDP + MARK, IPPROTO_UDP,
					 64, 0x20, 0x01, 0x0d, 0xb8 };
	unsigned int octet[6], i;

	memset(frame, 0, FRAME);
	if (sscanf(mac, "%x:%x:%x:%x:%x:%x", &octet[0], &octet[1], &octet[2],
		   &octet[3], &octet[4], &octet[5]) != 6 ||
	    inet_pton(AF_INET6, csid, frame + ETH_HLEN + 24) != 1) {
		errno = EINVAL;
		die(csid);
	}
	for (i = 0; i < 6; i++)
		frame[i] = octet[i];
	memcpy(frame + 6, fixed, sizeof(fixed));
	frame[ETH_HLEN + IP6 + 5] = UDP + MARK;
}

static void set_flow(uint8_t *frame, uint32_t flow)
{
	uint8_t *udp = frame + ETH_HLEN + IP6;
	uint16_t port = htons(1024 + flow % FLOWS);
	uint32_t client = htonl(flow / FLOWS);

	memcpy(frame + ETH_HLEN + 8 + 12, &client, sizeof(client));
	memcpy(udp, &port, sizeof(port));
	udp[3] = 80;
	memcpy(udp + UDP, &flow, sizeof(flow));
}

/* Until the packet of @flow is seen: its mark is the end of the frame. */
static double await(int fd, uint32_t flow)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	uint8_t frame[2048];
	uint32_t mark;
	ssize_t n;

	for (;;) {
		if (poll(&poller, 1, 2000) != 1) {
			errno = ETIMEDOUT;
			die("a first packet is lost");
		}
		n = recv(fd, frame, sizeof(frame), 0);
		if (n < FRAME)
			continue;
		memcpy(&mark, frame + n - MARK, sizeof(mark));
		if (mark == flow)
			return now_us();
	}
}

static void one_by_one(char **argv, uint32_t count, char **csid, uint32_t csids)
{
	int to = open_device(argv[0], argv[1], 0);
	int from = open_device(argv[3], argv[4], ETH_P_IPV6);
	double *took[CSIDS], start;
	uint8_t frame[CSIDS][FRAME];
	uint32_t i, j, flow = getpid() % 1000 * 1000000;

	for (j = 0; j < csids; j++) {
		make_frame(frame[j], argv[2], csid[j]);
		took[j] = calloc(count, sizeof(double));
		if (!took[j])
			die("memory");
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < csids; j++) {
			set_flow(frame[j], ++flow);
			start = now_us();
			if (send(to, frame[j], FRAME, 0) != FRAME)
				die("send");
			took[j][i] = await(from, flow) - start;
		}
	for (j = 0; j < csids; j++) {
		double middle = median(took[j], count);

		printf("%s %.1f %.1f %.1f\n", csid[j], took[j][0], middle,
		       took[j][(count - 1) * 99 / 100]);
	}
}

static void flood(char **argv, double seconds)
{
	int to = open_device(argv[0], argv[1], 0);
	double end = now_us() + seconds * 1e6;
	uint32_t flow = getpid() % 1000 * 1000000, sent = 0;
	uint8_t frame[FRAME];

	make_frame(frame, argv[2], argv[3]);
	while (now_us() < end) {
		set_flow(frame, ++flow);
		sent += send(to, frame, FRAME, 0) == FRAME;
	}
	printf("%u\n", sent);
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "-f")) {
		flood(argv + 3, atof(argv[2]));
		return 0;
	}
	if (argc < 8 || argc > 7 + CSIDS) {
		fprintf(stderr, "Usage: first_packet CLIENT DEV MAC UNDERLAY DEV COUNT CSID...\n");
		return 2;
	}
	one_by_one(argv + 1, atoi(argv[6]), argv + 7, argc - 7);
	return 0;
}
