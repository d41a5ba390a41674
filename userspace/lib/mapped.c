// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "mapped.h"

static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

bool mapped_is_ipv4(const uint8_t addr[16])
{
	return !memcmp(addr, prefix, sizeof(prefix));
}

bool mapped_is_loopback(const uint8_t addr[16])
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	return mapped_is_ipv4(addr) ? addr[12] == 127 :
				      !memcmp(addr, loopback6, 16);
}

void mapped_from(bool ipv4, const uint8_t *addr, uint8_t mapped[16])
{
	if (!ipv4) {
		memcpy(mapped, addr, 16);
		return;
	}
	memcpy(mapped, prefix, sizeof(prefix));
	memcpy(mapped + sizeof(prefix), addr, 4);
}

bool mapped_parse(const char *text, uint8_t addr[16])
{
	if (inet_pton(AF_INET6, text, addr) == 1)
		return true;
	memcpy(addr, prefix, sizeof(prefix));
	return inet_pton(AF_INET, text, addr + 12) == 1;
}

const char *mapped_text(const uint8_t addr[16], char text[INET6_ADDRSTRLEN])
{
	if (mapped_is_ipv4(addr))
		inet_ntop(AF_INET, addr + 12, text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, addr, text, INET6_ADDRSTRLEN);
	return text;
}
