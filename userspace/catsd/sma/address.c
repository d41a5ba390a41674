// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "address.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

int sma_address(const char *text, uint8_t addr[16])
{
	if (inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	memcpy(addr, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, addr + 12) == 1 ? 0 : -1;
}

bool sma_address_is_v4(const uint8_t addr[16])
{
	return !memcmp(addr, mapped, sizeof(mapped));
}

void sma_address_text(const uint8_t addr[16], char text[INET6_ADDRSTRLEN])
{
	if (sma_address_is_v4(addr))
		inet_ntop(AF_INET, addr + 12, text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, addr, text, INET6_ADDRSTRLEN);
}
