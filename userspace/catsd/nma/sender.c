// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "sender.h"

/* Few, for the first of them waits until the last is written. */
#define BATCH	16

#define HUGE	(2ul << 20)

/**
 * struct batch - probes written and not yet sent, all for one socket
 * @fd: socket
 * @count: of them
 * @addr: where they go
 */
struct batch {
	int fd;
	uint32_t count;
	uint8_t frame[BATCH][NMA_FRAME_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH];
	union {
		struct sockaddr_ll link;
		struct sockaddr_in6 in6;
	} addr[BATCH];
};

static int open_sockets(struct nma_sender *sender, uint16_t port)
{
	static const int on = 1;

	sender->port = port;
	sender->udp = nma_socket_udp(NULL, &sender->port);
	if (sender->udp < 0)
		return sender->udp;
	sender->raw = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (sender->raw < 0)
		return cats_error_kernel(errno, "raw socket");
	/* of protocol 0: it receives nothing */
	sender->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	/* as redirected packets do: what they do not wait for is not measured */
	if (sender->packet < 0 ||
	    setsockopt(sender->packet, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
		       sizeof(on)))
		return cats_error_kernel(errno, "packet socket");
	return 0;
}

/* On huge pages, if there are some: they are walked through all the time. */
static struct nma_session *make_sessions(uint32_t count)
{
	size_t size = (count + 1) * sizeof(struct nma_session);
	void *sessions;

	size = (size + HUGE - 1) / HUGE * HUGE;
	sessions = aligned_alloc(HUGE, size);
	if (!sessions)
		return NULL;
	madvise(sessions, size, MADV_HUGEPAGE);
	return sessions;
}

int nma_sender_open(struct nma_sender *sender, const struct nma_config *config)
{
	struct nma_session *session;
	int ret;

	memset(sender, 0, sizeof(*sender));
	sender->raw = sender->packet = sender->udp = -1;
	sender->window = nma_or(config->window_ms, 10000) * 1000000ull;
	sender->error = nma_clock_error();
	ret = open_sockets(sender, config->port);
	if (ret)
		goto fail;
	sender->sessions = make_sessions(config->sessions_count);
	sender->due = calloc(config->sessions_count + 1,
			     sizeof(*sender->due));
	if (!sender->sessions || !sender->due) {
		ret = cats_error_kernel(ENOMEM, "nma sessions");
		goto fail;
	}
	for (; sender->count < config->sessions_count; sender->count++) {
		session = &sender->sessions[sender->count];
		ret = nma_session_init(session,
				       &config->sessions[sender->count],
				       sender->count);
		if (ret)
			goto fail;
		sender->by_ssid[session->ssid] = session;
		sender->prompt |= session->key.len;
	}
	return 0;
fail:
	nma_sender_close(sender);
	return ret;
}

void nma_sender_close(struct nma_sender *sender)
{
	while (sender->count)
		nma_session_fini(&sender->sessions[--sender->count]);
	free(sender->sessions);
	free(sender->due);
	sender->sessions = NULL;
	sender->due = NULL;
	if (sender->packet >= 0)
		close(sender->packet);
	if (sender->raw >= 0)
		close(sender->raw);
	if (sender->udp >= 0)
		close(sender->udp);
	sender->raw = sender->packet = sender->udp = -1;
}

static void flush(struct nma_sender *sender, struct batch *batch)
{
	uint32_t done = 0;
	int n;

	while (done < batch->count) {
		n = sendmmsg(batch->fd, batch->msg + done, batch->count - done,
			     MSG_DONTWAIT);
		if (n > 0) {
			done += n;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* lost, like any that the network loses */
		sender->failed++;
		done++;
	}
	batch->count = 0;
}

static void put_address(struct batch *batch, uint32_t at,
			const struct nma_route *route)
{
	struct msghdr *msg = &batch->msg[at].msg_hdr;

	memset(msg, 0, sizeof(*msg));
	memset(&batch->addr[at], 0, sizeof(batch->addr[at]));
	msg->msg_name = &batch->addr[at];
	msg->msg_iov = &batch->iov[at];
	msg->msg_iovlen = 1;
	if (route->resolved) {
		batch->addr[at].link = (struct sockaddr_ll){
			.sll_family = AF_PACKET, .sll_halen = ETH_ALEN,
			.sll_protocol = htons(ETH_P_IPV6),
			.sll_ifindex = route->ifindex };
		memcpy(batch->addr[at].link.sll_addr, route->eth, ETH_ALEN);
		msg->msg_namelen = sizeof(struct sockaddr_ll);
	} else {
		batch->addr[at].in6.sin6_family = AF_INET6;
		batch->addr[at].in6.sin6_addr = route->first;
		msg->msg_namelen = sizeof(struct sockaddr_in6);
	}
}

/* What the filter and the timer must know before the answer can be there. */
static void note(struct nma_session *session, const struct nma_probe *probe)
{
	uint32_t at = session->sent & (STAMP_RING - 1);

	if (!session->watch)
		return;
	session->watch->stamp[at] = probe->stamp;
	session->watch->when[at] = probe->when;
	__atomic_store_n(&session->path->sent, session->sent,
			 __ATOMIC_RELEASE);
}

static uint32_t write_probe(struct nma_sender *sender,
			    struct nma_session *session, uint8_t *out,
			    struct nma_probe *probe)
{
	struct stamp_packet packet = { .sequence = session->sent - 1,
				       .error = sender->error,
				       .ssid = session->ssid };
	size_t len = stamp_base_len(&session->key);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	packet.timestamp = stamp_ntp(&now);
	probe->stamp = packet.timestamp;
	stamp_encode_probe(out, &packet, &session->key);
	if (session->config->padding)
		stamp_tlv_put(out, &len, STAMP_TLV_PADDING, NULL,
			      session->config->padding);
	return len;
}

static void add_probe(struct nma_sender *sender, struct nma_session *session,
		      struct batch *batch, uint64_t now)
{
	const struct nma_session_config *config = session->config;
	const struct nma_route *route = &session->route;
	int fd = route->resolved ? sender->packet : sender->raw;
	uint8_t buffer[STAMP_PACKET_MAX];
	uint32_t at, len, skip = route->resolved ? 0 : NMA_ETH;
	struct nma_probe *probe;

	if (batch->count == BATCH || (batch->count && batch->fd != fd))
		flush(sender, batch);
	at = batch->count++;
	batch->fd = fd;
	session->sent++;
	probe = &session->ring[session->sent & session->mask];
	probe->fate = NMA_WAITING;
	probe->label = session->sent % session->labels;
	probe->when = now;
	len = write_probe(sender, session, buffer, probe);
	len = nma_frame_write(route, batch->frame[at],
			      session->label[probe->label], config->dscp,
			      sender->port, nma_or(config->port, STAMP_PORT),
			      buffer, len);
	batch->iov[at].iov_base = batch->frame[at] + skip;
	batch->iov[at].iov_len = len - skip;
	put_address(batch, at, route);
	note(session, probe);
}

/*
 * After a pause the probes that were not sent are not made up for: a burst
 * would say little of the path, and count as missed all at once.
 */
static uint64_t after(const struct nma_session *session, uint64_t due,
		      uint64_t now)
{
	due += session->interval;
	if (due <= now)
		due = now + session->interval;
	/* slow ones meet on a grid */
	due += session->slack - 1;
	return due - due % session->slack;
}

/* An answer is missing: may it be this host that has not received it? */
static void suspect(struct nma_sender *sender,
		    const struct nma_session *session, uint64_t now)
{
	const struct cats_path_state *path = session->path;
	const struct stamp_pulse *shared = sender->pulse.shared;
	uint64_t first, due;

	if (!path || !shared || path->liveness != CATS_PATH_UP ||
	    path->sent == path->answered)
		return;
	first = path->answered + 1;
	due = session->watch->when[first & (STAMP_RING - 1)] +
	      session->watch->wait;
	if (now >= due && shared->asked < due)
		nma_pulse_ask(&sender->pulse, now);
}

/* The first probes of many sessions are spread over the interval. */
static uint64_t first_due(const struct nma_session *session, uint64_t now)
{
	uint64_t phase = session->ssid * 0x9e3779b97f4a7c15ull;

	return now + (unsigned __int128)phase * session->interval / UINT64_MAX;
}

static void send_one(struct nma_sender *sender, struct nma_session *session,
		     struct batch *batch, uint64_t now)
{
	if (!session->has_route)
		return;
	nma_session_expire(session, now);
	nma_session_judge(session, now);
	suspect(sender, session, now);
	nma_session_window(session, now, sender->window);
	add_probe(sender, session, batch, now);
}

uint64_t nma_sender_send(struct nma_sender *sender)
{
	static struct batch batch;
	struct nma_session *session;
	uint64_t now = nma_now(), next = 0;
	uint32_t i;

	for (i = 0; i < sender->count; i++)
		if (sender->due[i] <= now)
			nma_session_prefetch(&sender->sessions[i]);
	for (i = 0; i < sender->count; i++)
		if (sender->due[i] <= now)
			nma_session_prefetch_rings(&sender->sessions[i]);
	for (i = 0; i < sender->count; i++) {
		if (sender->due[i] <= now) {
			session = &sender->sessions[i];
			sender->due[i] = sender->due[i] ?
				after(session, sender->due[i], now) :
				first_due(session, now);
			send_one(sender, session, &batch, now);
		}
		if (!next || sender->due[i] < next)
			next = sender->due[i];
	}
	flush(sender, &batch);
	return next;
}
