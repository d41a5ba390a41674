// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets and clocks that both ends of a session use. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include "error.h"
#include "sender.h"

#define BUFFER	(4 << 20)

static int set_options(int fd)
{
	static const int on = 1, off = 0, size = BUFFER;

	/* answers of a burst shall not be lost here, of all places */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ||
	       setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

int nma_socket_describe(int fd)
{
	static const int on = 1;

	/* what an IPv4 packet has too is told by another level */
	setsockopt(fd, SOL_IP, IP_RECVTTL, &on, sizeof(on));
	setsockopt(fd, SOL_IP, IP_RECVTOS, &on, sizeof(on));
	return setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) ||
	       setsockopt(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) ||
	       setsockopt(fd, SOL_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)) ?
		       cats_error_kernel(errno, "UDP socket") : 0;
}

int nma_socket_udp(const struct in6_addr *addr, uint16_t *port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6,
				     .sin6_port = htons(*port) };
	socklen_t len = sizeof(name);
	int fd, ret;

	if (addr)
		name.sin6_addr = *addr;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cats_error_kernel(errno, "UDP socket");
	if (set_options(fd) ||
	    bind(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    getsockname(fd, (struct sockaddr *)&name, &len)) {
		ret = errno;
		close(fd);
		return cats_error(ret, "UDP port %u: %s", *port,
				  strerror(ret));
	}
	*port = ntohs(name.sin6_port);
	return fd;
}

uint64_t nma_received_at(struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	struct timespec time;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&time, CMSG_DATA(cmsg), sizeof(time));
		return stamp_ntp(&time);
	}
	clock_gettime(CLOCK_REALTIME, &time);
	return stamp_ntp(&time);
}

uint64_t nma_clock_offset(void)
{
	struct timespec real, monotonic;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_REALTIME, &real);
	return (real.tv_sec - monotonic.tv_sec) * 1000000000ull +
	       real.tv_nsec - monotonic.tv_nsec;
}

/* Multiplier * 2^(Scale - 32) seconds. */
uint16_t nma_clock_error(void)
{
	struct timex timex = {};
	int state = adjtimex(&timex);
	bool synced = state >= 0 && state != TIME_ERROR &&
		      !(timex.status & STA_UNSYNC);
	double units = ldexp(timex.esterror / 1e6, 32);
	uint16_t scale = 0;

	while (units > 255 && scale < 63) {
		units /= 2;
		scale++;
	}
	/* RFC 4656 4.1.2: the multiplier must not be 0 */
	return (synced ? STAMP_ERROR_SYNCED : 0) | scale << 8 |
	       (units < 1 ? 1 : (uint8_t)units);
}
