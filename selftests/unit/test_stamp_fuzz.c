// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever is received: decoders and the TLV code stay inside the packet, which
 * ASan and UBSan watch, and an answer is as long as it must be.  Mutations of
 * good packets, the same in every run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"

#define TURNS	150000

static uint64_t seed = 0x9e3779b97f4a7c15ull;

/* xorshift64: a test need not be unpredictable */
static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 32) % below;
}

static size_t good(uint8_t *data, const struct stamp_key *key)
{
	const struct stamp_packet packet = { .sequence = draw(1u << 31),
					     .ssid = draw(65536) };
	size_t len = stamp_base_len(key);
	uint32_t tlvs = draw(4), i;

	stamp_encode_probe(data, &packet, key);
	for (i = 0; i < tlvs; i++)
		stamp_tlv_put(data, &len, draw(10), NULL, draw(24));
	if (draw(2))
		stamp_tlv_seal(data, &len, key);
	return len;
}

static size_t mutate(uint8_t *data, size_t len, size_t base)
{
	uint32_t turns = draw(5), i;

	for (i = 0; i < turns; i++) {
		/* mostly where the lengths and types stand */
		size_t at = draw(3) && len > base ? base + draw(len - base) :
						    draw(len);

		data[at] = draw(2) ? draw(256) : data[at] ^ 1u << draw(8);
	}
	if (draw(4) == 0)
		len = draw(len + 1);
	return len;
}

static void feed(const uint8_t *data, size_t len, const struct stamp_key *key)
{
	/* exactly as long as it is, so that a byte too far shows */
	uint8_t *probe = malloc(len ? len : 1), *out, dscp;
	size_t n = stamp_answer_len(len, key);
	struct stamp_packet packet;

	assert_non_null(probe);
	memcpy(probe, data, len);
	stamp_decode_answer(probe, len, key, &packet);
	if (len >= stamp_base_len(key))
		stamp_tlv_check(probe, len, key);
	if (stamp_decode_probe(probe, len, key, &packet) == STAMP_OK) {
		assert_true(n >= len && n >= stamp_base_len(key));
		out = calloc(1, n);
		assert_non_null(out);
		memcpy(out, probe, len);
		stamp_encode_answer(out, &packet, key);
		stamp_tlv_answer(probe, out, len, key, draw(256), &dscp);
		assert_true(dscp < 64);
		free(out);
	}
	free(probe);
}

static void test_mutations(void **state)
{
	static const struct stamp_key keys[2] = { {}, { "key", 3 } };
	uint8_t data[STAMP_PACKET_MAX];
	const struct stamp_key *key;
	uint32_t turn;
	size_t len;

	(void)state;
	for (turn = 0; turn < TURNS; turn++) {
		key = &keys[draw(2)];
		len = good(data, key);
		len = mutate(data, len, stamp_base_len(key));
		/* the HMAC of the base packet would stop nearly all of them */
		if (key->len && len >= STAMP_AUTH_LEN && draw(8))
			stamp_hmac(key, data, 0, data, STAMP_AUTH_HMAC,
				   data + STAMP_AUTH_HMAC);
		feed(data, len, key);
	}
}

/* Every length of every TLV chain there can be in a few bytes. */
static void test_short_chains(void **state)
{
	static const struct stamp_key none;
	uint8_t data[STAMP_LEN + 12] = {};
	uint32_t type, length;
	size_t len;

	(void)state;
	for (type = 0; type < 12; type++)
		for (length = 0; length < 20; length++)
			for (len = 0; len <= sizeof(data); len++) {
				data[STAMP_LEN + 1] = type;
				data[STAMP_LEN + 3] = length;
				feed(data, len, &none);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_short_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
