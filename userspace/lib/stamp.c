// SPDX-License-Identifier: GPL-2.0-or-later
/* Base packets of STAMP: RFC 8762 4.2 and 4.3. */
#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "stamp.h"

#define NTP_UNIX	2208988800ull	/* s from 1900 to 1970: RFC 5905 6 */

/**
 * struct layout - where the fields stand
 *
 * The modes differ in nothing else; each member is an offset.
 */
struct layout {
	uint8_t timestamp, error, ssid, received;
	uint8_t sender_sequence, sender_timestamp, sender_error, sender_ttl;
};

static const struct layout plain = {
	STAMP_TIMESTAMP, STAMP_ERROR, STAMP_SSID, STAMP_RECEIVED,
	STAMP_SENDER_SEQUENCE, STAMP_SENDER_TIMESTAMP, STAMP_SENDER_ERROR,
	STAMP_SENDER_TTL,
};

static const struct layout authenticated = {
	STAMP_AUTH_TIMESTAMP, STAMP_AUTH_ERROR, STAMP_AUTH_SSID,
	STAMP_AUTH_RECEIVED, STAMP_AUTH_SENDER_SEQUENCE,
	STAMP_AUTH_SENDER_TIMESTAMP, STAMP_AUTH_SENDER_ERROR,
	STAMP_AUTH_SENDER_TTL,
};

#define REASON_NAME(symbol, name, text) name,
static const char *const reason_names[] = { STAMP_REASONS(REASON_NAME) };

const char *stamp_reason_name(enum stamp_reason reason)
{
	return reason < STAMP_REASON_MAX ? reason_names[reason] : "?";
}

uint64_t stamp_ntp(const struct timespec *time)
{
	uint64_t fraction = ((uint64_t)time->tv_nsec << 32) / 1000000000;

	return ((uint64_t)time->tv_sec + NTP_UNIX) << 32 | fraction;
}

uint64_t stamp_ntp_ns(uint64_t ns)
{
	struct timespec time = { .tv_sec = ns / 1000000000,
				 .tv_nsec = ns % 1000000000 };

	return stamp_ntp(&time);
}

int64_t stamp_diff(uint64_t to, uint64_t from)
{
	return ((__int128)(int64_t)(to - from) * 1000000000) >> 32;
}

static const struct layout *layout_of(const struct stamp_key *key)
{
	return key->len ? &authenticated : &plain;
}

size_t stamp_base_len(const struct stamp_key *key)
{
	return key->len ? STAMP_AUTH_LEN : STAMP_LEN;
}

size_t stamp_answer_len(size_t len, const struct stamp_key *key)
{
	size_t base = stamp_base_len(key);

	return len < base ? base : len;
}

static void put16(uint8_t *at, uint16_t value)
{
	value = htobe16(value);
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return be16toh(value);
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

bool stamp_hmac(const struct stamp_key *key, const uint8_t *head,
		size_t head_len, const uint8_t *text, size_t len,
		uint8_t out[STAMP_HMAC_LEN])
{
	uint8_t input[STAMP_PACKET_MAX + 4], digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len;

	if (head_len + len > sizeof(input))
		return false;
	memcpy(input, head, head_len);
	memcpy(input + head_len, text, len);
	if (!HMAC(EVP_sha256(), key->data, key->len, input, head_len + len,
		  digest, &digest_len))
		return false;
	memcpy(out, digest, STAMP_HMAC_LEN);
	return true;
}

static void seal(uint8_t *out, const struct stamp_key *key)
{
	if (key->len)
		stamp_hmac(key, out, 0, out, STAMP_AUTH_HMAC,
			   out + STAMP_AUTH_HMAC);
}

/* RFC 8762 4.4: before anything else is read. */
static bool sealed(const uint8_t *data, const struct stamp_key *key)
{
	uint8_t want[STAMP_HMAC_LEN];

	return !key->len ||
	       (stamp_hmac(key, data, 0, data, STAMP_AUTH_HMAC, want) &&
		!CRYPTO_memcmp(data + STAMP_AUTH_HMAC, want, sizeof(want)));
}

static void put_common(uint8_t *out, const struct stamp_packet *packet,
		       const struct layout *at)
{
	put32(out + STAMP_SEQUENCE, packet->sequence);
	put64(out + at->timestamp, packet->timestamp);
	put16(out + at->error, packet->error);
	put16(out + at->ssid, packet->ssid);
}

void stamp_encode_probe(uint8_t *out, const struct stamp_packet *packet,
			const struct stamp_key *key)
{
	memset(out, 0, stamp_base_len(key));
	put_common(out, packet, layout_of(key));
	seal(out, key);
}

void stamp_encode_answer(uint8_t *out, const struct stamp_packet *packet,
			 const struct stamp_key *key)
{
	const struct layout *at = layout_of(key);

	memset(out, 0, stamp_base_len(key));
	put_common(out, packet, at);
	put64(out + at->received, packet->received);
	put32(out + at->sender_sequence, packet->sender_sequence);
	put64(out + at->sender_timestamp, packet->sender_timestamp);
	put16(out + at->sender_error, packet->sender_error);
	out[at->sender_ttl] = packet->sender_ttl;
	seal(out, key);
}

static void get_common(const uint8_t *data, const struct layout *at,
		       struct stamp_packet *packet)
{
	packet->sequence = get32(data + STAMP_SEQUENCE);
	packet->timestamp = get64(data + at->timestamp);
	packet->error = get16(data + at->error);
	packet->ssid = get16(data + at->ssid);
}

enum stamp_reason stamp_decode_probe(const uint8_t *data, size_t len,
				     const struct stamp_key *key,
				     struct stamp_packet *packet)
{
	uint8_t whole[STAMP_LEN] = {};

	memset(packet, 0, sizeof(*packet));
	if (len > STAMP_PACKET_MAX)
		return STAMP_OVERSIZED;
	if (len < (key->len ? STAMP_AUTH_LEN : STAMP_LEN_LEAST))
		return STAMP_TRUNCATED;
	if (!sealed(data, key))
		return STAMP_WRONG_KEY;
	if (len < STAMP_LEN) {
		memcpy(whole, data, len);
		data = whole;
	}
	get_common(data, layout_of(key), packet);
	return STAMP_OK;
}

enum stamp_reason stamp_decode_answer(const uint8_t *data, size_t len,
				      const struct stamp_key *key,
				      struct stamp_packet *packet)
{
	const struct layout *at = layout_of(key);

	memset(packet, 0, sizeof(*packet));
	if (len > STAMP_PACKET_MAX)
		return STAMP_OVERSIZED;
	if (len < stamp_base_len(key))
		return STAMP_TRUNCATED;
	if (!sealed(data, key))
		return STAMP_WRONG_KEY;
	get_common(data, at, packet);
	packet->received = get64(data + at->received);
	packet->sender_sequence = get32(data + at->sender_sequence);
	packet->sender_timestamp = get64(data + at->sender_timestamp);
	packet->sender_error = get16(data + at->sender_error);
	packet->sender_ttl = data[at->sender_ttl];
	return STAMP_OK;
}
