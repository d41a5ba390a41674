// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blast DEV ROUNDS COUNT FILE... - what a frame costs from here on
 *
 * Each FILE holds a frame.  Sends COUNT of each by a packet socket that bypasses
 * the queueing discipline, ROUNDS times one file after the other, and prints one
 * line for each round and file: FILE NANOSECONDS.  With one CPU the frame's whole
 * way through the kernel is part of that.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define BATCH	64
#define FRAME	2048

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static size_t load(const char *path, char *frame)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file)
		err(1, "%s", path);
	len = fread(frame, 1, FRAME, file);
	fclose(file);
	return len;
}

static int open_device(const char *dev)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = 0,
		.sll_ifindex = (int)if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

	if (fd < 0 || !address.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		err(1, "%s", dev);
	return fd;
}

static void blast(int fd, struct mmsghdr *batch, int count)
{
	int sent;

	for (; count > 0; count -= sent) {
		sent = sendmmsg(fd, batch, count < BATCH ? count : BATCH, 0);
		if (sent < 0)
			err(1, "sendmmsg");
	}
}

int main(int argc, char **argv)
{
	struct mmsghdr batch[BATCH] = {};
	static char frame[FRAME];
	struct iovec iov = { .iov_base = frame };
	int fd, rounds, count, round, i;
	double start;

	if (argc < 5)
		errx(2, "Usage: blast DEV ROUNDS COUNT FILE...");
	fd = open_device(argv[1]);
	rounds = atoi(argv[2]);
	count = atoi(argv[3]);
	for (i = 0; i < BATCH; i++)
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &iov,
						    .msg_iovlen = 1 };
	for (round = 0; round < rounds; round++) {
		for (i = 4; i < argc; i++) {
			iov.iov_len = load(argv[i], frame);
			blast(fd, batch, BATCH);	/* caches, neighbours */
			start = now();
			blast(fd, batch, count);
			printf("%s %.1f\n", argv[i], (now() - start) / count);
		}
	}
	return 0;
}
