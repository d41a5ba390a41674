// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/evp.h>

#include "ps/carh_record.h"

#define BASE64_MAX	(4 * ((CARH_ENCODED_MAX + 2) / 3))

/* Octets of the CARH in a record; -1 if there are none. */
static int carh_octets(const json_t *record, uint8_t *octets)
{
	const json_t *carh = json_object_get(record, "carh");
	const char *text = json_string_value(carh);
	size_t len = json_string_length(carh);
	int n;

	if (!text || !len || len % 4 || len > BASE64_MAX)
		return -1;
	n = EVP_DecodeBlock(octets, (const unsigned char *)text, len);
	if (n < 0)
		return -1;
	/* it counts the padding */
	return n - (text[len - 1] == '=') - (text[len - 2] == '=');
}

bool carh_record_read(const json_t *record, struct carh *carh)
{
	uint8_t octets[BASE64_MAX / 4 * 3 + 3];
	int len = carh_octets(record, octets);

	return len >= 0 && carh_decode(octets, len, carh) == CARH_OK &&
	       carh->length == len;
}
