/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSCI-IDs and CS-IDs as the file has them. */
#ifndef SMA_ADDRESS_H
#define SMA_ADDRESS_H

#include <arpa/inet.h>
#include <string.h>

/** sma_address - IPv6, or IPv4 as an IPv4-mapped one; 0, or -1 if neither. */
static inline int sma_address(const char *text, uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	memcpy(addr, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, addr + 12) == 1 ? 0 : -1;
}

#endif /* SMA_ADDRESS_H */
