// SPDX-License-Identifier: GPL-2.0-or-later
/* Session-Sender: what comes back, and whether to believe it. */
#include <string.h>
#include <sys/socket.h>

#include "sender.h"

#define BATCH	32

static struct nma_session *find_session(struct nma_sender *sender,
					const struct in6_addr *from,
					uint16_t ssid)
{
	struct nma_session *session;
	uint32_t i;

	if (ssid)
		return ssid < STAMP_SESSIONS ? sender->by_ssid[ssid] : NULL;
	/* RFC 8972 3: a reflector that does not know of SSIDs */
	for (i = 0; i < sender->count; i++) {
		session = &sender->sessions[i];
		if (session->has_route && !session->config->require_ssid &&
		    IN6_ARE_ADDR_EQUAL(from, &session->route.endpoint))
			return session;
	}
	return NULL;
}

/* The SSID stands elsewhere in authenticated mode; the length tells. */
static uint16_t peek_ssid(const uint8_t *data, size_t len, bool authenticated)
{
	size_t at = authenticated ? STAMP_AUTH_SSID : STAMP_SSID;

	return len < at + 2 ? 0 : data[at] << 8 | data[at + 1];
}

static struct nma_session *session_of(struct nma_sender *sender,
				      const struct in6_addr *from,
				      const uint8_t *data, size_t len)
{
	struct nma_session *session;

	session = find_session(sender, from, peek_ssid(data, len, false));
	if (session && !session->key.len)
		return session;
	session = find_session(sender, from, peek_ssid(data, len, true));
	return session && session->key.len ? session : NULL;
}

/* Return: the probe that was answered, or NULL and why not. */
static struct nma_probe *match(struct nma_session *session,
			       const struct stamp_packet *packet,
			       enum stamp_reason *reason, uint64_t *number)
{
	uint32_t behind = (uint32_t)session->sent - 1 -
			  packet->sender_sequence;
	struct nma_probe *probe;

	*reason = STAMP_NOT_SENT;
	if (behind >= session->sent || behind > session->mask)
		return NULL;
	*number = session->sent - behind;
	probe = &session->ring[*number & session->mask];
	*reason = STAMP_WRONG_STAMP;
	if (probe->stamp != packet->sender_timestamp)
		return NULL;
	*reason = probe->fate == NMA_ANSWERED ? STAMP_DUPLICATE : STAMP_LATE;
	return probe->fate == NMA_WAITING ? probe : NULL;
}

/* With a key it is not the filter that takes note, for it cannot check. */
static void note_heard(struct nma_session *session, uint64_t number,
		       uint64_t now)
{
	struct cats_path_state *path = session->path;

	session->heard = now;
	if (!path || !session->key.len || number <= path->answered)
		return;
	__atomic_store_n(&path->heard, now, __ATOMIC_RELAXED);
	__atomic_store_n(&path->answered, number, __ATOMIC_RELEASE);
}

static void measure(struct nma_session *session, const struct nma_probe *probe,
		    const struct stamp_packet *packet, uint64_t received)
{
	int64_t away = stamp_diff(received, packet->sender_timestamp);
	int64_t held = stamp_diff(packet->timestamp, packet->received);

	measure_answered(&session->measure, probe->label,
			 packet->sender_sequence, packet->sequence);
	if (away > 0)
		nma_session_timed(session, away);
	if (held < 0 || held > away) {
		session->counts[STAMP_IMPOSSIBLE]++;
		return;
	}
	measure_delay(&session->measure, probe->label, away - held, held);
}

/* An answer that is from whom it should be, received at @heard and @received. */
static enum stamp_reason believe(struct nma_session *session,
				const struct stamp_packet *packet,
				uint64_t heard, uint64_t received)
{
	enum stamp_reason reason;
	struct nma_probe *probe;
	uint64_t number;

	probe = match(session, packet, &reason, &number);
	if (!probe)
		return reason;
	probe->fate = NMA_ANSWERED;
	note_heard(session, number, heard);
	measure(session, probe, packet, received);
	return STAMP_OK;
}

static enum stamp_reason take(struct nma_session *session,
			      const struct sockaddr_in6 *from,
			      const uint8_t *data, size_t len,
			      uint64_t received)
{
	struct stamp_packet packet;
	enum stamp_reason reason;

	if (!session->has_route ||
	    !IN6_ARE_ADDR_EQUAL(&from->sin6_addr, &session->route.endpoint) ||
	    ntohs(from->sin6_port) != nma_or(session->config->port, STAMP_PORT))
		return STAMP_SPOOFED_SOURCE;
	reason = stamp_decode_answer(data, len, &session->key, &packet);
	if (reason != STAMP_OK)
		return reason;
	reason = believe(session, &packet, nma_now(), received);
	if (reason != STAMP_OK)
		return reason;
	/* the base packet holds without its TLVs: RFC 8972 4 */
	if (len > stamp_base_len(&session->key)) {
		reason = stamp_tlv_check(data, len, &session->key);
		if (reason != STAMP_OK)
			session->counts[reason]++;
	}
	return STAMP_OK;
}

static void dispatch(struct nma_sender *sender, struct msghdr *msg,
		     size_t len)
{
	const struct sockaddr_in6 *from = msg->msg_name;
	const uint8_t *data = msg->msg_iov->iov_base;
	struct nma_session *session;

	if (msg->msg_flags & MSG_TRUNC) {
		sender->unknown[STAMP_OVERSIZED]++;
		return;
	}
	if (len < STAMP_LEN) {
		sender->unknown[STAMP_TRUNCATED]++;
		return;
	}
	session = session_of(sender, &from->sin6_addr, data, len);
	if (!session) {
		sender->unknown[STAMP_UNKNOWN_SESSION]++;
		return;
	}
	session->counts[take(session, from, data, len, nma_received_at(msg))]++;
}

static void expect(const struct nma_sender *sender, const uint8_t *data,
		   size_t len)
{
	uint16_t ssid = peek_ssid(data, len, false);

	if (ssid < STAMP_SESSIONS && sender->by_ssid[ssid])
		nma_session_prefetch(sender->by_ssid[ssid]);
}

/* XDP has seen to it that source, port, SSID and checksum are right. */
static void hear(void *ctx, const struct stamp_answer *answers, uint32_t count)
{
	struct nma_sender *sender = ctx;
	struct nma_session *session;
	struct stamp_packet packet = {};
	uint64_t offset = nma_clock_offset();
	const struct stamp_answer *answer;
	enum stamp_reason reason;
	uint32_t i;

	for (i = 0; i < count; i++)
		nma_session_prefetch(sender->by_ssid[answers[i].ssid]);
	for (i = 0; i < count; i++) {
		answer = &answers[i];
		session = sender->by_ssid[answer->ssid];
		packet.sequence = answer->sequence;
		packet.timestamp = answer->sent;
		packet.received = answer->received;
		packet.sender_sequence = answer->sender_sequence;
		packet.sender_timestamp = answer->sender_stamp;
		reason = believe(session, &packet, answer->heard,
				stamp_ntp_ns(answer->heard + offset));
		session->counts[reason]++;
	}
	sender->heard += count;
}

static void read_socket(struct nma_sender *sender)
{
	static uint8_t data[BATCH][STAMP_PACKET_MAX];
	static uint8_t control[BATCH][256];
	static struct sockaddr_in6 from[BATCH];
	static struct iovec iov[BATCH];
	static struct mmsghdr msg[BATCH];
	int i, n, rounds = 0;

	/* whoever floods us shall not keep us from sending */
	do {
		for (i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ data[i], STAMP_PACKET_MAX };
			msg[i].msg_hdr = (struct msghdr){
				.msg_name = &from[i],
				.msg_namelen = sizeof(from[i]),
				.msg_iov = &iov[i], .msg_iovlen = 1,
				.msg_control = control[i],
				.msg_controllen = sizeof(control[i]) };
		}
		n = recvmmsg(sender->udp, msg, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			expect(sender, data[i], msg[i].msg_len);
		for (i = 0; i < n; i++)
			dispatch(sender, &msg[i].msg_hdr, msg[i].msg_len);
	} while (n == BATCH && ++rounds < 64);
}

void nma_sender_receive(struct nma_sender *sender)
{
	if (sender->hear)
		nma_hear_xdp_read(sender->hear, hear, sender);
	read_socket(sender);
}
