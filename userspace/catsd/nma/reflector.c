// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "reflector.h"
#include "reflect_xdp.h"
#include "sender.h"

#define PROBES		8		/* places a session may stand in */
#define IDLE		900000000000ull	/* ns: then a session is over */
#define REUSE		60000000000ull	/* ns: then it makes room for another */

/** struct nma_source - who may ask: a prefix, and an SSID or 0 for any */
struct nma_source {
	struct in6_addr addr;
	uint32_t len;
	uint32_t ssid;
};

/**
 * struct asked - a probe, and what came with it
 * @from: its sender
 * @to: address it was sent to: the source of the answer
 * @ttl: hop limit
 * @dsfield: DSCP and ECN
 * @received: NTP
 */
struct asked {
	struct sockaddr_in6 from;
	struct in6_pktinfo to;
	uint8_t ttl;
	uint8_t dsfield;
	uint64_t received;
};

static int read_sources(struct nma_reflector *reflector)
{
	const struct nma_reflector_config *config = reflector->config;
	uint32_t i;
	int ret = 0;

	reflector->sources = calloc(config->sources_count + 1,
				    sizeof(*reflector->sources));
	if (!reflector->sources)
		return cats_error_kernel(ENOMEM, "nma reflector");
	for (i = 0; !ret && i < config->sources_count; i++) {
		reflector->sources[i].ssid = config->sources[i].ssid;
		ret = nma_prefix_parse(config->sources[i].source,
				       &reflector->sources[i].addr,
				       &reflector->sources[i].len);
	}
	return ret;
}

static int open_socket(struct nma_reflector *reflector)
{
	const char *listen = reflector->config->listen;
	struct in6_addr addr;
	uint32_t len;
	int ret;

	reflector->port = nma_or(reflector->config->port, STAMP_PORT);
	ret = listen ? nma_prefix_parse(listen, &addr, &len) : 0;
	if (ret)
		return ret;
	reflector->udp = nma_socket_udp(listen ? &addr : NULL,
					&reflector->port);
	if (reflector->udp < 0)
		return reflector->udp;
	return nma_socket_describe(reflector->udp);
}

int nma_reflector_open(struct nma_reflector *reflector,
		       const struct nma_reflector_config *config)
{
	int ret;

	memset(reflector, 0, sizeof(*reflector));
	reflector->config = config;
	reflector->udp = -1;
	reflector->error = nma_clock_error();
	reflector->peers = calloc(NMA_PEERS, sizeof(*reflector->peers));
	ret = reflector->peers ? nma_key_read(config->key_file,
					      &reflector->key) :
				 cats_error_kernel(ENOMEM, "nma reflector");
	if (!ret)
		ret = read_sources(reflector);
	if (!ret)
		ret = open_socket(reflector);
	/* in XDP there is no HMAC */
	if (!ret && config->devices_count && !reflector->key.len)
		ret = nma_reflect_xdp_open(config, &reflector->xdp);
	if (ret)
		nma_reflector_close(reflector);
	return ret;
}

void nma_reflector_close(struct nma_reflector *reflector)
{
	nma_reflect_xdp_close(reflector->xdp);
	reflector->xdp = NULL;
	if (reflector->udp >= 0)
		close(reflector->udp);
	reflector->udp = -1;
	free(reflector->sources);
	free(reflector->peers);
	reflector->sources = NULL;
	reflector->peers = NULL;
	OPENSSL_cleanse(&reflector->key, sizeof(reflector->key));
}

static bool in_prefix(const struct in6_addr *addr,
		      const struct nma_source *source)
{
	uint32_t whole = source->len / 8, bits = source->len % 8;

	if (memcmp(addr, &source->addr, whole))
		return false;
	return !bits || !((addr->s6_addr[whole] ^
			   source->addr.s6_addr[whole]) >> (8 - bits));
}

/* RFC 8972 3: what no session is provisioned for is discarded. */
static enum stamp_reason may_ask(const struct nma_reflector *reflector,
				 const struct in6_addr *from, uint16_t ssid)
{
	uint32_t i, count = reflector->config->sources_count;
	enum stamp_reason reason = STAMP_NOT_ALLOWED;

	for (i = 0; i < count; i++) {
		if (!in_prefix(from, &reflector->sources[i]))
			continue;
		if (!reflector->sources[i].ssid ||
		    reflector->sources[i].ssid == ssid)
			return STAMP_OK;
		reason = STAMP_UNKNOWN_SESSION;
	}
	return count ? reason : STAMP_OK;
}

static bool is_peer(const struct nma_peer *peer,
		    const struct sockaddr_in6 *from, uint16_t ssid)
{
	return peer->used && peer->port == from->sin6_port &&
	       peer->ssid == ssid &&
	       IN6_ARE_ADDR_EQUAL(&peer->addr, &from->sin6_addr);
}

static uint32_t peer_hash(const struct sockaddr_in6 *from, uint16_t ssid)
{
	uint32_t hash = (uint32_t)from->sin6_port << 16 | ssid, i;

	for (i = 0; i < 4; i++)
		hash = (hash ^ from->sin6_addr.s6_addr32[i]) * 0x9e3779b1u;
	return hash ^ hash >> 16;
}

/* The session, known or new; NULL if there is no room. */
static struct nma_peer *peer_of(struct nma_reflector *reflector,
				const struct sockaddr_in6 *from, uint16_t ssid)
{
	uint32_t hash = peer_hash(from, ssid), i;
	struct nma_peer *peer, *room = NULL;
	uint64_t now = nma_now();

	for (i = 0; i < PROBES; i++) {
		peer = &reflector->peers[(hash + i) % NMA_PEERS];
		if (is_peer(peer, from, ssid)) {
			peer->seen = now;
			return peer;
		}
		if (!room && (!peer->used || now - peer->seen > REUSE))
			room = peer;
	}
	if (!room)
		return NULL;
	reflector->peer_count += !room->used;
	*room = (struct nma_peer){ .addr = from->sin6_addr, .ssid = ssid,
				   .port = from->sin6_port, .used = true,
				   .seen = now };
	return room;
}

static void read_control(struct msghdr *msg, struct asked *asked)
{
	struct cmsghdr *cmsg;
	int value = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		int level = cmsg->cmsg_level, type = cmsg->cmsg_type;

		if (level == SOL_IPV6 && type == IPV6_PKTINFO)
			memcpy(&asked->to, CMSG_DATA(cmsg), sizeof(asked->to));
		if (level != SOL_IPV6 && level != SOL_IP)
			continue;
		memcpy(&value, CMSG_DATA(cmsg),
		       level == SOL_IP && type == IP_TOS ? 1 : sizeof(value));
		if ((level == SOL_IPV6 && type == IPV6_HOPLIMIT) ||
		    (level == SOL_IP && type == IP_TTL))
			asked->ttl = value;
		if ((level == SOL_IPV6 && type == IPV6_TCLASS) ||
		    (level == SOL_IP && type == IP_TOS))
			asked->dsfield = value;
	}
	asked->received = nma_received_at(msg);
}

static void send_answer(struct nma_reflector *reflector,
			const struct asked *asked, uint8_t *answer, size_t len,
			uint8_t dscp)
{
	union {
		struct cmsghdr align;
		uint8_t data[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
			     CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec iov = { answer, len };
	struct msghdr msg = { .msg_name = (void *)&asked->from,
			      .msg_namelen = sizeof(asked->from),
			      .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control.data,
			      .msg_controllen = sizeof(control.data) };
	struct in6_pktinfo source = { .ipi6_addr = asked->to.ipi6_addr };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int tclass = dscp << 2;

	if (IN6_IS_ADDR_LINKLOCAL(&source.ipi6_addr))
		source.ipi6_ifindex = asked->to.ipi6_ifindex;
	cmsg->cmsg_level = SOL_IPV6;
	cmsg->cmsg_type = IPV6_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(source));
	memcpy(CMSG_DATA(cmsg), &source, sizeof(source));
	cmsg = CMSG_NXTHDR(&msg, cmsg);
	cmsg->cmsg_level = SOL_IPV6;
	cmsg->cmsg_type = IPV6_TCLASS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(tclass));
	memcpy(CMSG_DATA(cmsg), &tclass, sizeof(tclass));
	if (sendmsg(reflector->udp, &msg, MSG_DONTWAIT) < 0)
		reflector->failed++;
}

/* The number of the answer, shared with XDP where that answers as well. */
static uint32_t number(struct nma_reflector *reflector, struct nma_peer *peer,
		       const struct stamp_packet *probe, size_t len)
{
	if (reflector->config->stateless)
		return probe->sequence;
	if (!reflector->xdp)
		return peer->sequence++;
	return nma_reflect_xdp_number(reflector->xdp, peer, len == STAMP_LEN);
}

static enum stamp_reason answer(struct nma_reflector *reflector,
				const struct asked *asked, const uint8_t *data,
				size_t len)
{
	struct stamp_packet packet, probe;
	uint8_t out[STAMP_PACKET_MAX], dscp;
	enum stamp_reason reason;
	struct nma_peer *peer;
	struct timespec now;
	size_t n;

	reason = stamp_decode_probe(data, len, &reflector->key, &probe);
	if (reason == STAMP_OK)
		reason = may_ask(reflector, &asked->from.sin6_addr,
				 probe.ssid);
	if (reason != STAMP_OK)
		return reason;
	peer = peer_of(reflector, &asked->from, probe.ssid);
	if (!peer)
		return STAMP_TABLE_FULL;
	packet = (struct stamp_packet){
		.sequence = number(reflector, peer, &probe, len),
		.error = reflector->error, .ssid = probe.ssid,
		.received = asked->received,
		.sender_sequence = probe.sequence,
		.sender_timestamp = probe.timestamp,
		.sender_error = probe.error, .sender_ttl = asked->ttl };
	n = stamp_answer_len(len, &reflector->key);
	memcpy(out, data, len);
	clock_gettime(CLOCK_REALTIME, &now);
	packet.timestamp = stamp_ntp(&now);
	stamp_encode_answer(out, &packet, &reflector->key);
	stamp_tlv_answer(data, out, len, &reflector->key, asked->dsfield,
			 &dscp);
	send_answer(reflector, asked, out, n, dscp);
	return STAMP_OK;
}

void nma_reflector_receive(struct nma_reflector *reflector)
{
	uint8_t data[STAMP_PACKET_MAX], control[256];
	enum stamp_reason reason;
	int rounds;

	for (rounds = 0; rounds < 1024; rounds++) {
		struct asked asked = {};
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = { .msg_name = &asked.from,
				      .msg_namelen = sizeof(asked.from),
				      .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(reflector->udp, &msg, MSG_DONTWAIT);

		if (n < 0)
			return;
		read_control(&msg, &asked);
		reason = msg.msg_flags & MSG_TRUNC ?
				 STAMP_OVERSIZED :
				 answer(reflector, &asked, data, n);
		reflector->counts[reason]++;
	}
}

void nma_reflector_tick(struct nma_reflector *reflector)
{
	uint64_t now = nma_now();
	struct nma_peer *peer;
	uint32_t i;

	reflector->error = nma_clock_error();
	if (reflector->xdp)
		nma_reflect_xdp_tick(reflector->xdp, reflector->error);
	for (i = 0; i < NMA_PEERS; i++) {
		peer = &reflector->peers[i];
		if (!peer->used)
			continue;
		if (reflector->xdp)
			nma_reflect_xdp_seen(reflector->xdp, peer);
		if (now - peer->seen <= IDLE)
			continue;
		if (reflector->xdp)
			nma_reflect_xdp_forget(reflector->xdp, peer);
		peer->used = false;
		reflector->peer_count--;
	}
}
