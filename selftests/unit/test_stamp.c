// SPDX-License-Identifier: GPL-2.0-or-later
/* STAMP on the wire: RFC 8762 4.2 to 4.4, RFC 8972 3 and 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "stamp.h"

static const struct stamp_key none;
static const struct stamp_key secret = { "0123456789abcdef", 16 };

static const struct stamp_packet probe = {
	.sequence = 0x01020304, .timestamp = 0x1112131415161718ull,
	.error = 0x8a01, .ssid = 0x2122,
};

static const struct stamp_packet answer = {
	.sequence = 0x31323334, .timestamp = 0x4142434445464748ull,
	.error = 0x0b02, .ssid = 0x2122, .received = 0x5152535455565758ull,
	.sender_sequence = 0x01020304,
	.sender_timestamp = 0x1112131415161718ull,
	.sender_error = 0x8a01, .sender_ttl = 63,
};

static void assert_same(const struct stamp_packet *a,
			const struct stamp_packet *b)
{
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->timestamp, b->timestamp);
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->ssid, b->ssid);
	assert_int_equal(a->received, b->received);
	assert_int_equal(a->sender_sequence, b->sender_sequence);
	assert_int_equal(a->sender_timestamp, b->sender_timestamp);
	assert_int_equal(a->sender_error, b->sender_error);
	assert_int_equal(a->sender_ttl, b->sender_ttl);
}

/* Byte by byte as Figures 1 and 2 of RFC 8972 have it. */
static void test_plain(void **state)
{
	static const uint8_t want[STAMP_LEN] = {
		0x31, 0x32, 0x33, 0x34, 0x41, 0x42, 0x43, 0x44,
		0x45, 0x46, 0x47, 0x48, 0x0b, 0x02, 0x21, 0x22,
		0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
		0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13, 0x14,
		0x15, 0x16, 0x17, 0x18, 0x8a, 0x01, 0, 0, 63, 0, 0, 0,
	};
	uint8_t data[STAMP_LEN];
	struct stamp_packet got;

	(void)state;
	stamp_encode_answer(data, &answer, &none);
	assert_memory_equal(data, want, sizeof(want));
	assert_int_equal(stamp_decode_answer(data, sizeof(data), &none, &got),
			 STAMP_OK);
	assert_same(&got, &answer);

	stamp_encode_probe(data, &probe, &none);
	assert_memory_equal(data, want + 24, 4);
	assert_memory_equal(data + 4, want + 28, 8);
	assert_memory_equal(data + 12, "\x8a\x01\x21\x22", 4);
	assert_memory_equal(data + 16, (uint8_t[28]){}, 28);
	assert_int_equal(stamp_decode_probe(data, sizeof(data), &none, &got),
			 STAMP_OK);
	assert_same(&got, &probe);
}

/*
 * Figures 3 and 4 of RFC 8972; the HMAC is what Python's hmac module makes of
 * the first 96 bytes.
 */
static void test_authenticated(void **state)
{
	static const uint8_t hmac[STAMP_HMAC_LEN] = {
		0x12, 0x13, 0xa3, 0xf3, 0x1a, 0x55, 0xf5, 0xe4,
		0x6d, 0xc9, 0xcb, 0xa9, 0xe9, 0x3f, 0xce, 0x71,
	};
	uint8_t data[STAMP_AUTH_LEN];
	struct stamp_packet got;
	uint32_t i;

	(void)state;
	stamp_encode_probe(data, &probe, &secret);
	assert_memory_equal(data, "\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_memory_equal(data + 16, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
	assert_memory_equal(data + 24, "\x8a\x01\x21\x22", 4);
	assert_memory_equal(data + STAMP_AUTH_HMAC, hmac, sizeof(hmac));
	assert_int_equal(stamp_decode_probe(data, sizeof(data), &secret, &got),
			 STAMP_OK);
	assert_same(&got, &probe);

	stamp_encode_answer(data, &answer, &secret);
	assert_memory_equal(data + 32, "\x51\x52\x53\x54\x55\x56\x57\x58", 8);
	assert_memory_equal(data + 48, "\1\2\3\4", 4);
	assert_memory_equal(data + 64, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
	assert_memory_equal(data + 72, "\x8a\x01", 2);
	assert_int_equal(data[80], 63);
	assert_int_equal(stamp_decode_answer(data, sizeof(data), &secret, &got),
			 STAMP_OK);
	assert_same(&got, &answer);
	/* every byte is covered, MBZ too, and the HMAC itself */
	for (i = 0; i < sizeof(data); i++) {
		data[i] ^= 1;
		assert_int_equal(stamp_decode_answer(data, sizeof(data),
						     &secret, &got),
				 STAMP_WRONG_KEY);
		data[i] ^= 1;
	}
}

static void test_lengths(void **state)
{
	static uint8_t data[STAMP_PACKET_MAX + 1];
	struct stamp_packet got;
	size_t len;

	(void)state;
	for (len = 0; len < STAMP_LEN_LEAST; len++)
		assert_int_equal(stamp_decode_probe(data, len, &none, &got),
				 STAMP_TRUNCATED);
	/* TWAMP Light, RFC 8762 4.6: answered with a whole base packet */
	stamp_encode_probe(data, &probe, &none);
	for (; len < STAMP_LEN; len++) {
		assert_int_equal(stamp_decode_probe(data, len, &none, &got),
				 STAMP_OK);
		assert_int_equal(got.sequence, probe.sequence);
		assert_int_equal(stamp_answer_len(len, &none), STAMP_LEN);
		assert_int_equal(stamp_decode_answer(data, len, &none, &got),
				 STAMP_TRUNCATED);
	}
	assert_int_equal(stamp_answer_len(100, &none), 100);
	assert_int_equal(stamp_decode_probe(data, STAMP_AUTH_LEN - 1, &secret,
					    &got), STAMP_TRUNCATED);
	assert_int_equal(stamp_decode_probe(data, sizeof(data), &none, &got),
			 STAMP_OVERSIZED);
	assert_int_equal(stamp_decode_answer(data, sizeof(data), &none, &got),
			 STAMP_OVERSIZED);
}

static void test_time(void **state)
{
	struct timespec time = { .tv_sec = 0, .tv_nsec = 500000000 };
	uint64_t then = stamp_ntp(&time);

	(void)state;
	assert_int_equal(then, 2208988800ull << 32 | 0x80000000);
	time.tv_sec = 3;
	time.tv_nsec = 250000000;
	assert_int_equal(stamp_diff(stamp_ntp(&time), then), 2750000000);
	assert_int_equal(stamp_diff(then, stamp_ntp(&time)), -2750000000);
	/* the era ends in February 2036: RFC 5905 6 */
	assert_int_equal(stamp_diff(0x40000000, 0xffffffffc0000000ull),
			 500000000);
}

/* A probe of ours with TLVs, and the answer a reflector makes of it. */
static size_t with_tlvs(uint8_t *data, const struct stamp_key *key)
{
	static const uint8_t cos[4] = { 46 << 2 };
	size_t len = stamp_base_len(key);

	stamp_encode_probe(data, &probe, key);
	assert_true(stamp_tlv_put(data, &len, STAMP_TLV_COS, cos, 4));
	assert_true(stamp_tlv_put(data, &len, 240, (uint8_t *)"abcd", 4));
	if (key->len)
		assert_true(stamp_tlv_seal(data, &len, key));
	assert_true(stamp_tlv_put(data, &len, STAMP_TLV_PADDING, NULL, 20));
	return len;
}

static void reflect(const uint8_t *data, uint8_t *out, size_t len,
		    const struct stamp_key *key, uint8_t *dscp)
{
	memcpy(out, data, len);
	stamp_encode_answer(out, &answer, key);
	/* DSCP 10, ECN 2 */
	stamp_tlv_answer(data, out, len, key, 10 << 2 | 2, dscp);
}

static void check_tlvs(const struct stamp_key *key)
{
	uint8_t data[STAMP_PACKET_MAX], out[STAMP_PACKET_MAX], dscp;
	size_t len = with_tlvs(data, key), base = stamp_base_len(key), at;

	for (at = base; at < len; at += 4 + data[at + 3])
		assert_int_equal(data[at], STAMP_TLV_U);
	reflect(data, out, len, key, &dscp);
	assert_int_equal(dscp, 46);
	/* DSCP1 46, DSCP2 10, ECN 2, RP 0 */
	assert_memory_equal(out + base, "\x00\x04\x00\x04\xb8\xa8\0\0", 8);
	assert_memory_equal(out + base + 8, "\x80\xf0\x00\x04" "abcd", 8);
	at = base + 16;
	if (key->len) {
		assert_memory_equal(out + at, "\x00\x08\x00\x10", 4);
		at += 20;
	}
	assert_memory_equal(out + at, "\x00\x01\x00\x14", 4);
	assert_int_equal(stamp_tlv_check(out, len, key), STAMP_OK);
}

static void test_tlvs(void **state)
{
	(void)state;
	check_tlvs(&none);
	check_tlvs(&secret);
}

/* RFC 8972 4.8: a wrong HMAC sets I in all TLVs, and the sender stops. */
static void test_tlv_integrity(void **state)
{
	uint8_t data[STAMP_PACKET_MAX], out[STAMP_PACKET_MAX], dscp;
	size_t len = with_tlvs(data, &secret), at;

	(void)state;
	data[STAMP_AUTH_LEN + 5] ^= 1;
	reflect(data, out, len, &secret, &dscp);
	for (at = STAMP_AUTH_LEN; at < len; at += 4 + out[at + 3])
		assert_true(out[at] & STAMP_TLV_I);
	assert_int_equal(stamp_tlv_check(out, len, &secret),
			 STAMP_TLV_INTEGRITY);
	/* the answer's own: changed on its way */
	data[STAMP_AUTH_LEN + 5] ^= 1;
	reflect(data, out, len, &secret, &dscp);
	out[STAMP_AUTH_LEN + 5] ^= 1;
	assert_int_equal(stamp_tlv_check(out, len, &secret),
			 STAMP_TLV_INTEGRITY);
}

/* With a key there must be an HMAC, unless all there is is one padding. */
static void test_tlv_needs_hmac(void **state)
{
	uint8_t data[STAMP_PACKET_MAX], out[STAMP_PACKET_MAX], dscp;
	size_t len = STAMP_AUTH_LEN;

	(void)state;
	stamp_encode_probe(data, &probe, &secret);
	stamp_tlv_put(data, &len, STAMP_TLV_PADDING, NULL, 8);
	reflect(data, out, len, &secret, &dscp);
	assert_int_equal(out[STAMP_AUTH_LEN], 0);
	assert_int_equal(stamp_tlv_check(out, len, &secret), STAMP_OK);
	len = STAMP_AUTH_LEN;
	stamp_tlv_put(data, &len, STAMP_TLV_COS, NULL, 4);
	reflect(data, out, len, &secret, &dscp);
	assert_true(out[STAMP_AUTH_LEN] & STAMP_TLV_I);
	/* and nothing but padding behind it */
	stamp_tlv_seal(data, &len, &secret);
	stamp_tlv_put(data, &len, 200, NULL, 4);
	reflect(data, out, len, &secret, &dscp);
	assert_true(out[STAMP_AUTH_LEN] & STAMP_TLV_I);
}

/* RFC 8972 4: M, and what is behind is copied and not looked at. */
static void test_tlv_malformed(void **state)
{
	uint8_t data[STAMP_PACKET_MAX], out[STAMP_PACKET_MAX], dscp;
	size_t len = STAMP_LEN;

	(void)state;
	stamp_encode_probe(data, &probe, &none);
	stamp_tlv_put(data, &len, STAMP_TLV_COS, NULL, 3);
	stamp_tlv_put(data, &len, STAMP_TLV_PADDING, NULL, 4);
	reflect(data, out, len, &none, &dscp);
	assert_int_equal(out[STAMP_LEN], STAMP_TLV_M);
	assert_int_equal(out[STAMP_LEN + 7], STAMP_TLV_U);
	assert_int_equal(stamp_tlv_check(out, len, &none), STAMP_TLV_MALFORMED);
	/* longer than the packet */
	len = STAMP_LEN;
	stamp_tlv_put(data, &len, STAMP_TLV_PADDING, NULL, 4);
	data[STAMP_LEN + 3] = 5;
	reflect(data, out, len, &none, &dscp);
	assert_int_equal(out[STAMP_LEN], STAMP_TLV_M);
	assert_int_equal(stamp_tlv_check(out, len, &none), STAMP_TLV_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_authenticated),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_tlvs),
		cmocka_unit_test(test_tlv_integrity),
		cmocka_unit_test(test_tlv_needs_hmac),
		cmocka_unit_test(test_tlv_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
