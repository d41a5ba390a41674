/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSCI-IDs and CS-IDs as the file has them. */
#ifndef SMA_ADDRESS_H
#define SMA_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/** sma_address - IPv6, or IPv4 as an IPv4-mapped one; 0, or -1 if neither. */
int sma_address(const char *text, uint8_t addr[16]);

/** sma_address_is_v4 - an IPv4-mapped one? */
bool sma_address_is_v4(const uint8_t addr[16]);

/** sma_address_text - as everybody writes it, an IPv4-mapped one as IPv4. */
void sma_address_text(const uint8_t addr[16], char text[INET6_ADDRSTRLEN]);

#endif /* SMA_ADDRESS_H */
