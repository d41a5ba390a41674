// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets to SIDs: outer IPv6, extension headers, SRH, inner packet, then spoilt
 * and cut.  They come by a link, as frames or as segments to be segmented, or
 * are sent by the cats device itself.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "fuzz.h"

#define MOST	12000

/* struct packet - @most: bytes the innermost one may carry */
struct packet {
	size_t len;
	uint32_t most;
	uint8_t data[MOST + 400];
};

static int frames, segments, device;

static int packet_socket(int type, const char *dev)
{
	int fd = socket(AF_PACKET, type, 0);
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex(dev),
	};

	/* protocol 0: it receives nothing */
	to.sll_protocol = 0;
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
		err(1, "packet socket on %s", dev);
	return fd;
}

void fuzz_packets_open(void)
{
	int on = 1;

	frames = packet_socket(SOCK_RAW, "peer");
	segments = packet_socket(SOCK_RAW, "peer");
	device = packet_socket(SOCK_DGRAM, "cats0");
	if (setsockopt(segments, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		err(1, "PACKET_VNET_HDR");
}

static void add(struct packet *p, const void *data, size_t len)
{
	if (p->len + len > MOST)
		return;
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void ipv4_checksum(uint8_t *header, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	put16(header + 10, folded(sum));
}

/* What the inner packet carries: ports of few flows, any flags. */
static void transport(struct packet *p, uint8_t proto)
{
	static const uint8_t payload[7000];
	uint8_t header[20] = {};

	put16(header, fuzz_below(64));
	put16(header + 2, fuzz_below(64));
	if (proto == 6) {
		header[12] = 5 << 4;
		header[13] = fuzz_one_in(10) ? (uint8_t)fuzz_random()
					     : (uint8_t)(1u << fuzz_below(5));
	} else {
		put16(header + 4, 8);
	}
	add(p, header, proto == 6 ? 20 : 8);
	if (p->most > 1400 || fuzz_one_in(4))
		add(p, payload, fuzz_below(p->most));
}

static uint8_t any_proto(void)
{
	static const uint8_t proto[] = { 6, 6, 6, 17, 17, 1, 58, 50, 59, 0, 132 };

	return proto[fuzz_below(sizeof(proto))];
}

static void inner4(struct packet *p)
{
	uint8_t header[60] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, any_proto(),
			       0, 0, 192, 0, 2, 1, 203, 0, 113, 1 };
	size_t start = p->len, len = 20;

	if (fuzz_one_in(6)) {
		len = 20 + 4 * fuzz_below(11);
		header[0] = (uint8_t)(0x40 | len / 4);
		if (len > 20)
			memset(header + 20, fuzz_one_in(2), len - 20);
	}
	header[1] = (uint8_t)fuzz_random();
	header[8] = fuzz_one_in(10) ? (uint8_t)fuzz_below(3) : 64;
	header[15] = (uint8_t)(1 + fuzz_below(8));
	header[19] = (uint8_t)fuzz_below(4);
	if (fuzz_one_in(10))
		put16(header + 6, (uint32_t)fuzz_random());
	add(p, header, len);
	transport(p, header[9]);
	put16(p->data + start + 2, (uint32_t)(p->len - start));
	ipv4_checksum(p->data + start, len);
}

static void options(struct packet *p, uint8_t next)
{
	uint8_t header[64] = { next, (uint8_t)fuzz_below(4), 1 };
	size_t len = 8 + 8u * header[1];

	header[3] = (uint8_t)(len - 4);
	if (fuzz_one_in(10))
		fuzz_fill(header + 2, len - 2);
	if (fuzz_one_in(30))
		header[1] = (uint8_t)fuzz_random();
	add(p, header, len);
}

static void fragment(struct packet *p, uint8_t next)
{
	uint8_t header[8] = { next };

	put16(header + 2, (uint32_t)fuzz_random() & 9);
	add(p, header, sizeof(header));
}

static void srh(struct packet *p, uint8_t next)
{
	uint8_t header[8 + 16 * 4 + 48] = { next, 0, 4 };
	uint32_t count = 1 + fuzz_below(3), tlvs = 8 * fuzz_below(6);
	size_t len = 8 + 16 * count + (fuzz_one_in(2) ? tlvs : 0);

	header[1] = (uint8_t)((len - 8) / 8);
	header[4] = (uint8_t)(count - 1);
	fuzz_sid(header + 8, fuzz_below(FUZZ_SIDS));
	if (fuzz_one_in(4))
		fuzz_fill(header + 8 + 16 * count, len - 8 - 16 * count);
	if (fuzz_one_in(8))
		header[3] = (uint8_t)fuzz_below(4);
	if (fuzz_one_in(8))
		header[5] = 8;	/* says that there is an HMAC */
	if (fuzz_one_in(8))
		header[fuzz_below(8)] = (uint8_t)fuzz_random();
	add(p, header, len);
}

/* Extension headers before what NEXT says; offset of the first one's number */
static void chain(struct packet *p, size_t field, uint8_t next)
{
	static const uint8_t kind[] = { 43, 43, 43, 60, 0, 44 };
	uint32_t count = fuzz_one_in(30) ? fuzz_below(14) : fuzz_below(3);
	size_t at;
	uint8_t what;

	while (count--) {
		what = kind[fuzz_below(sizeof(kind))];
		if (what == 44 && !fuzz_one_in(4))
			what = 43;
		p->data[field] = what;
		at = p->len;
		if (what == 43)
			srh(p, next);
		else if (what == 44)
			fragment(p, next);
		else
			options(p, next);
		field = at;
	}
	p->data[field] = next;
}

static size_t ipv6(struct packet *p, const char *source)
{
	uint8_t header[40] = { 0x60 };
	size_t start = p->len;

	header[1] = (uint8_t)(fuzz_below(4) << 4);
	header[7] = fuzz_one_in(10) ? (uint8_t)fuzz_below(3) : 64;
	inet_pton(AF_INET6, source, header + 8);
	add(p, header, sizeof(header));
	return start;
}

static void ipv6_length(struct packet *p, size_t start)
{
	put16(p->data + start + 4, (uint32_t)(p->len - start - 40));
}

static void inner6(struct packet *p)
{
	size_t start = ipv6(p, "2001:db8:10::1");
	uint8_t proto = any_proto();

	p->data[start + 23] = (uint8_t)(1 + fuzz_below(8));
	inet_pton(AF_INET6, "2001:db8:c5::", p->data + start + 24);
	p->data[start + 39] = (uint8_t)fuzz_below(4);
	if (fuzz_one_in(4))
		chain(p, start + 6, proto);
	else
		p->data[start + 6] = proto;
	transport(p, proto);
	ipv6_length(p, start);
}

static void outer(struct packet *p, uint32_t depth)
{
	size_t start = ipv6(p, "2001:db8:1::1");
	bool four = fuzz_one_in(2);

	fuzz_sid(p->data + start + 24, fuzz_below(FUZZ_SIDS + 2));
	chain(p, start + 6, four ? 4 : 41);
	if (depth < 4 && !four && fuzz_one_in(6))
		outer(p, depth + 1);
	else if (four)
		inner4(p);
	else
		inner6(p);
	ipv6_length(p, start);
}

static void spoil(struct packet *p)
{
	uint32_t i, bytes = 1 + fuzz_below(3);

	if (fuzz_one_in(3)) {
		p->len = 40 + fuzz_below((uint32_t)p->len - 39);
		if (!fuzz_one_in(3))
			ipv6_length(p, 0);
	}
	if (!fuzz_one_in(3))
		return;
	/* not the addresses: it would reach nothing */
	for (i = 0; i < bytes; i++)
		if (p->len > 41)
			p->data[40 + fuzz_below((uint32_t)p->len - 40)] =
				(uint8_t)fuzz_random();
}

static void send_packet(int fd, struct packet *p, struct virtio_net_hdr *vnet)
{
	uint8_t mac[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd };
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex(fd == device ? "cats0" : "peer"),
	};
	struct iovec part[] = {
		{ vnet, vnet ? sizeof(*vnet) : 0 },
		{ mac, fd == device ? 0 : sizeof(mac) },
		{ p->data, p->len },
	};
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to),
			      .msg_iov = part, .msg_iovlen = 3 };

	fuzz_stats.packets++;
	if (sendmsg(fd, &msg, MSG_DONTWAIT) < 0)
		fuzz_stats.unsent++;
}

/* A segment to be segmented, whose linear part may be shorter than headers. */
static void send_segment(struct packet *p)
{
	static const uint8_t type[] = { 0, 1, 4, 3, 5 };
	struct virtio_net_hdr vnet = {
		.gso_type = type[fuzz_below(sizeof(type))],
		.hdr_len = (uint16_t)(14 + fuzz_below((uint32_t)p->len)),
		.gso_size = (uint16_t)(1 + fuzz_below(1500)),
	};

	if (fuzz_one_in(2)) {
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = (uint16_t)(54 + fuzz_below(120));
		vnet.csum_offset = fuzz_one_in(2) ? 16 : 6;
	}
	send_packet(segments, p, &vnet);
}

void fuzz_packet(void)
{
	uint32_t way = fuzz_below(8);
	struct packet p;

	p.len = 0;
	/* below 4 KiB all of a segment is linear */
	p.most = way == 1 || way == 2 ? 7000 : 1400;
	outer(&p, 0);
	if (fuzz_one_in(3))
		spoil(&p);
	switch (way) {
	case 0:
		send_packet(device, &p, NULL);
		break;
	case 1:
	case 2:
		send_segment(&p);
		break;
	default:
		send_packet(frames, &p, NULL);
	}
}

/* One that nothing is wrong with. */
void fuzz_packet_right(const uint8_t sid[16])
{
	static const uint8_t udp[8] = { 0, 1, 0, 2, 0, 8 };
	struct packet p = { .most = 1400 };
	size_t inner;

	ipv6(&p, "2001:db8:1::1");
	p.data[1] = 0;
	p.data[6] = 41;
	p.data[7] = 64;
	memcpy(p.data + 24, sid, 16);
	inner = ipv6(&p, "2001:db8:10::1");
	p.data[inner + 1] = 0;
	p.data[inner + 6] = 17;
	p.data[inner + 7] = 64;
	inet_pton(AF_INET6, "2001:db8:c5::1", p.data + inner + 24);
	add(&p, udp, sizeof(udp));
	ipv6_length(&p, inner);
	ipv6_length(&p, 0);
	send_packet(frames, &p, NULL);
}
