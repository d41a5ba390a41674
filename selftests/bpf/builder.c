// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "builder.h"

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

uint16_t checksum(const void *data, uint32_t len, uint32_t sum)
{
	const uint8_t *at = data;
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += at[i] << 8 | at[i + 1];
	if (len & 1)
		sum += at[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint32_t l3_of(const struct packet *packet)
{
	return 14 + 4 * packet->vlans;
}

static uint32_t put_l2(uint8_t *at, const struct packet *packet, uint16_t type)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 0xa, 2, 0, 0, 0, 0,
					  0xb };
	uint32_t off = 12, i;

	memcpy(at, macs, sizeof(macs));
	for (i = packet->vlans; i > 0; i--) {
		put16(at + off, i == 2 ? 0x88a8 : 0x8100);
		put16(at + off + 2, 100 + i);
		off += 4;
	}
	put16(at + off, type);
	return off + 2;
}

static uint32_t put_transport(uint8_t *at, const struct packet *packet, int ip6)
{
	uint8_t proto = packet->proto ? packet->proto : IPPROTO_TCP;
	uint32_t len = proto == IPPROTO_TCP ? 20 : 8;

	memset(at, 0, len);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		at[0] = packet->icmp_type ? packet->icmp_type : ip6 ? 128 : 8;
		put16(at + 4, packet->sport);
		return len;
	}
	put16(at, packet->sport ? packet->sport : 40000);
	put16(at + 2, packet->dport ? packet->dport : 80);
	if (proto == IPPROTO_TCP)
		put16(at + 12, 0x5000 | (packet->tcp_flags ?: 0x10));
	else
		put16(at + 4, 8 + packet->payload);
	return len;
}

static void put_ip4(uint8_t *ip, const struct packet *packet, uint32_t len)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = packet->tos;
	put16(ip + 2, 20 + len);
	put16(ip + 4, packet->id);
	put16(ip + 6, packet->frag);
	ip[8] = packet->hoplimit ? packet->hoplimit : 64;
	ip[9] = packet->proto ? packet->proto : IPPROTO_TCP;
	inet_pton(AF_INET, packet->src ? packet->src : "192.0.2.1", ip + 12);
	inet_pton(AF_INET, packet->dst, ip + 16);
	put16(ip + 10, checksum(ip, 20, 0));
}

static void put_ip6(uint8_t *ip, const struct packet *packet, uint32_t len)
{
	memset(ip, 0, 40);
	ip[0] = 0x60 | packet->tos >> 4;
	ip[1] = packet->tos << 4;
	put16(ip + 4, len);
	ip[6] = packet->proto ? packet->proto : IPPROTO_TCP;
	ip[7] = packet->hoplimit ? packet->hoplimit : 64;
	inet_pton(AF_INET6, packet->src ? packet->src : "2001:db8:1::1",
		  ip + 8);
	inet_pton(AF_INET6, packet->dst, ip + 24);
}

void build(struct frame *frame, const struct packet *packet)
{
	int ip6 = strchr(packet->dst, ':') != NULL;
	uint32_t l3 = put_l2(frame->data, packet, ip6 ? 0x86dd : 0x0800);
	uint8_t *ip = frame->data + l3;
	uint32_t hlen = ip6 ? 40 : 20, len, i;

	len = put_transport(ip + hlen, packet, ip6);
	for (i = 0; i < packet->payload; i++)
		ip[hlen + len + i] = i * 7 + 1;
	len += packet->payload;
	if (ip6)
		put_ip6(ip, packet, len);
	else
		put_ip4(ip, packet, len);
	frame->len = l3 + hlen + len;
}
