/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of either family as 16 octets: IPv4 is IPv4-mapped (RFC 4291 2.5.5.2). */
#ifndef CATS_MAPPED_H
#define CATS_MAPPED_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/** mapped_is_ipv4 - is it an IPv4 address? */
bool mapped_is_ipv4(const uint8_t addr[16]);

/** mapped_is_loopback - 127.0.0.0/8 or ::1? */
bool mapped_is_loopback(const uint8_t addr[16]);

/** mapped_from - an address of 4 octets, or of 16 */
void mapped_from(bool ipv4, const uint8_t *addr, uint8_t mapped[16]);

/** mapped_parse - "192.0.2.1" or "2001:db8::1"; false if it is neither. */
bool mapped_parse(const char *text, uint8_t addr[16]);

/** mapped_text - the same back, in the usual form; returns @text. */
const char *mapped_text(const uint8_t addr[16], char text[INET6_ADDRSTRLEN]);

#endif /* CATS_MAPPED_H */
