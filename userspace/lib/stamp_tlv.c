// SPDX-License-Identifier: GPL-2.0-or-later
/* Extensions of STAMP: RFC 8972 section 4. */
#include <openssl/crypto.h>
#include <string.h>

#include "stamp.h"

/**
 * struct tlv - one TLV of a packet
 * @at: where it begins
 * @len: of the value
 * @type: enum stamp_tlv_type, or any other
 */
struct tlv {
	size_t at;
	size_t len;
	uint8_t type;
};

/* Return: is there a whole TLV at tlv->at? */
static bool read_tlv(const uint8_t *packet, size_t len, struct tlv *tlv)
{
	const uint8_t *at = packet + tlv->at;

	if (tlv->at >= len || len - tlv->at < STAMP_TLV_LEN)
		return false;
	tlv->type = at[1];
	tlv->len = at[2] << 8 | at[3];
	return tlv->len <= len - tlv->at - STAMP_TLV_LEN;
}

static size_t behind(const struct tlv *tlv)
{
	return tlv->at + STAMP_TLV_LEN + tlv->len;
}

bool stamp_tlv_put(uint8_t *out, size_t *len, uint8_t type,
		   const uint8_t *value, uint16_t value_len)
{
	uint8_t *at = out + *len;

	if (*len + STAMP_TLV_LEN + value_len > STAMP_PACKET_MAX)
		return false;
	at[0] = STAMP_TLV_U;
	at[1] = type;
	at[2] = value_len >> 8;
	at[3] = value_len;
	memset(at + STAMP_TLV_LEN, 0, value_len);
	if (value)
		memcpy(at + STAMP_TLV_LEN, value, value_len);
	*len += STAMP_TLV_LEN + value_len;
	return true;
}

static size_t hmac_offset(const uint8_t *packet, size_t len,
			  const struct stamp_key *key)
{
	struct tlv tlv = { .at = stamp_base_len(key) };

	for (; read_tlv(packet, len, &tlv); tlv.at = behind(&tlv))
		if (tlv.type == STAMP_TLV_HMAC && tlv.len == STAMP_HMAC_LEN)
			return tlv.at;
	return 0;
}

/* RFC 8972 4.8: over the Sequence Number and all TLVs in front. */
static bool digest(const uint8_t *packet, size_t at,
		   const struct stamp_key *key, uint8_t *out)
{
	size_t base = stamp_base_len(key);

	return stamp_hmac(key, packet + STAMP_SEQUENCE, 4, packet + base,
			  at - base, out);
}

void stamp_tlv_reseal(uint8_t *packet, size_t len, const struct stamp_key *key)
{
	size_t at = key->len ? hmac_offset(packet, len, key) : 0;

	if (at)
		digest(packet, at, key, packet + at + STAMP_TLV_LEN);
}

bool stamp_tlv_seal(uint8_t *out, size_t *len, const struct stamp_key *key)
{
	if (!stamp_tlv_put(out, len, STAMP_TLV_HMAC, NULL, STAMP_HMAC_LEN))
		return false;
	stamp_tlv_reseal(out, *len, key);
	return true;
}

/*
 * RFC 8972 4.8: with a key the TLVs must be sealed, unless there is only one and
 * it is padding; behind the HMAC there is nothing but padding.
 */
static bool integrity(const uint8_t *packet, size_t len,
		      const struct stamp_key *key)
{
	struct tlv tlv = { .at = stamp_base_len(key) };
	uint8_t want[STAMP_HMAC_LEN];
	size_t hmac, count = 0, other = 0;

	if (!key->len || len <= tlv.at)
		return true;
	hmac = hmac_offset(packet, len, key);
	for (; read_tlv(packet, len, &tlv); tlv.at = behind(&tlv)) {
		count++;
		if (tlv.type != STAMP_TLV_PADDING && (!hmac || tlv.at > hmac))
			other++;
	}
	if (!hmac)
		return count == 1 && !other && tlv.at == len;
	return !other && digest(packet, hmac, key, want) &&
	       !CRYPTO_memcmp(packet + hmac + STAMP_TLV_LEN, want,
			      sizeof(want));
}

static void flag_all(uint8_t *packet, size_t len, size_t base, uint8_t flag)
{
	struct tlv tlv = { .at = base };

	for (; read_tlv(packet, len, &tlv); tlv.at = behind(&tlv))
		packet[tlv.at] |= flag;
}

/* RFC 8972 4.4: every DSCP is permitted here. */
static void answer_cos(uint8_t *value, uint8_t dsfield, uint8_t *dscp)
{
	*dscp = value[0] >> 2;
	/* DSCP1 stays; then DSCP2 (6 bits), ECN (2), RP (2) = 0, reserved */
	value[0] = (value[0] & 0xfc) | dsfield >> 6;
	value[1] = (dsfield >> 2 & 0x0f) << 4 | (dsfield & 3) << 2;
	value[2] = 0;
	value[3] = 0;
}

/* Return: false if it is malformed, and nothing behind it is looked at. */
static bool answer_one(uint8_t *packet, const struct tlv *tlv,
		       const struct stamp_key *key, uint8_t dsfield,
		       uint8_t *dscp)
{
	uint8_t *flags = packet + tlv->at;
	bool valid = true;

	*flags = 0;
	switch (tlv->type) {
	case STAMP_TLV_PADDING:
		break;
	case STAMP_TLV_COS:
		valid = tlv->len == STAMP_COS_LEN;
		if (valid)
			answer_cos(flags + STAMP_TLV_LEN, dsfield, dscp);
		break;
	case STAMP_TLV_HMAC:
		/* without a key it cannot be understood */
		if (!key->len)
			*flags = STAMP_TLV_U;
		valid = tlv->len == STAMP_HMAC_LEN;
		break;
	default:
		*flags = STAMP_TLV_U;
	}
	if (!valid)
		*flags |= STAMP_TLV_M;
	return valid;
}

void stamp_tlv_answer(const uint8_t *probe, uint8_t *answer, size_t len,
		      const struct stamp_key *key, uint8_t dsfield,
		      uint8_t *dscp)
{
	struct tlv tlv = { .at = stamp_base_len(key) };

	*dscp = dsfield >> 2;
	if (len <= tlv.at)
		return;
	if (!integrity(probe, len, key)) {
		flag_all(answer, len, tlv.at, STAMP_TLV_I);
		return;
	}
	for (; tlv.at < len; tlv.at = behind(&tlv)) {
		if (!read_tlv(answer, len, &tlv)) {
			/* what is too short for a TLV is no TLV to flag */
			if (len - tlv.at >= STAMP_TLV_LEN)
				answer[tlv.at] = STAMP_TLV_M;
			break;
		}
		if (!answer_one(answer, &tlv, key, dsfield, dscp))
			break;
	}
	stamp_tlv_reseal(answer, len, key);
}

enum stamp_reason stamp_tlv_check(const uint8_t *answer, size_t len,
				  const struct stamp_key *key)
{
	struct tlv tlv = { .at = stamp_base_len(key) };

	for (; tlv.at < len; tlv.at = behind(&tlv)) {
		if (!read_tlv(answer, len, &tlv) ||
		    answer[tlv.at] & STAMP_TLV_M)
			return STAMP_TLV_MALFORMED;
		if (answer[tlv.at] & STAMP_TLV_I)
			return STAMP_TLV_INTEGRITY;
	}
	return integrity(answer, len, key) ? STAMP_OK : STAMP_TLV_INTEGRITY;
}
