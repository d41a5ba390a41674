/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADDRESS:PORT of the configuration file. */
#ifndef CATSD_ENDPOINT_H
#define CATSD_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct endpoint - where to listen or connect to
 * @addr: as a socket takes it
 * @len: of @addr
 * @host: the address as text, without brackets
 * @port: host order
 */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
	char host[INET6_ADDRSTRLEN];
	uint16_t port;
};

/**
 * endpoint_parse - 192.0.2.1:862 or [2001:db8::1]:862
 * @key: of the file, for the message
 * @text: what stands there
 * @endpoint: result
 *
 * Return: 0, or -EINVAL with a message.
 */
int endpoint_parse(const char *key, const char *text,
		   struct endpoint *endpoint);

/** endpoint_is_loopback - does nobody else get there? */
bool endpoint_is_loopback(const struct endpoint *at);

#endif /* CATSD_ENDPOINT_H */
