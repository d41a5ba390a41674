/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session-Sender (RFC 8762 4.2): probes out, answers in, of all sessions. */
#ifndef CATSD_NMA_SENDER_H
#define CATSD_NMA_SENDER_H

#include "hear_xdp.h"
#include "pulse.h"
#include "session.h"

/**
 * struct nma_sender - sockets and sessions
 * @raw: IPv6, headers included: where the stack finds the neighbour
 * @packet: past the stack, as the data plane does
 * @udp: where the answers come to
 * @port: its port
 * @sessions: sessions
 * @count: of them
 * @due: CLOCK_MONOTONIC, ns, when the next probe of each is; 0: never so far
 * @hear: answers taken in XDP, NULL if none are
 * @heard: of them
 * @prompt: answers are read as they come, for only we can take note of them
 * @by_ssid: the same by SSID
 * @pulse: asked when an answer is missing
 * @window: length of a window, ns
 * @error: of the clock, as sent
 * @failed: probes that could not be sent
 * @unknown: answers that belong to no session, by enum stamp_reason
 */
struct nma_sender {
	int raw;
	int packet;
	int udp;
	uint16_t port;
	struct nma_session *sessions;
	uint32_t count;
	uint64_t *due;
	struct nma_hear_xdp *hear;
	uint64_t heard;
	bool prompt;
	struct nma_session *by_ssid[STAMP_SESSIONS];
	struct nma_pulse pulse;
	uint64_t window;
	uint16_t error;
	uint64_t failed;
	uint64_t unknown[STAMP_REASON_MAX];
};

/** nma_sender_open - sockets and sessions of the file; 0 or -errno. */
int nma_sender_open(struct nma_sender *sender, const struct nma_config *config);

/** nma_sender_close - end all sessions. */
void nma_sender_close(struct nma_sender *sender);

/** nma_sender_receive - read all answers there are. */
void nma_sender_receive(struct nma_sender *sender);

/** nma_sender_send - send what is due; when the next one is, ns; 0: never. */
uint64_t nma_sender_send(struct nma_sender *sender);

/**
 * nma_socket_udp - a socket for test packets, with time stamps of the kernel
 * @addr: to bind to, NULL: any
 * @port: to bind to; result: the one it has got
 */
int nma_socket_udp(const struct in6_addr *addr, uint16_t *port);

/** nma_socket_describe - have it tell what a reflector must know of a packet. */
int nma_socket_describe(int fd);

/** nma_received_at - NTP timestamp of the kernel, or now if it gave none. */
struct msghdr;
uint64_t nma_received_at(struct msghdr *msg);

/** nma_clock_offset - CLOCK_REALTIME less CLOCK_MONOTONIC, ns */
uint64_t nma_clock_offset(void);

/** nma_clock_error - error estimate of this host's clock (RFC 4656 4.1.2) */
uint16_t nma_clock_error(void);

#endif /* CATSD_NMA_SENDER_H */
