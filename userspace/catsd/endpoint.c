// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <event2/util.h>
#include <string.h>

#include "endpoint.h"
#include "error.h"

int endpoint_parse(const char *key, const char *text, struct endpoint *endpoint)
{
	struct sockaddr *addr = (struct sockaddr *)&endpoint->addr;
	int len = sizeof(endpoint->addr);
	const void *host;

	memset(endpoint, 0, sizeof(*endpoint));
	if (evutil_parse_sockaddr_port(text, addr, &len))
		goto wrong;
	endpoint->len = len;
	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)addr;

		host = &in->sin_addr;
		endpoint->port = ntohs(in->sin_port);
	} else {
		const struct sockaddr_in6 *in6 = (const void *)addr;

		host = &in6->sin6_addr;
		endpoint->port = ntohs(in6->sin6_port);
	}
	inet_ntop(addr->sa_family, host, endpoint->host,
		  sizeof(endpoint->host));
	if (endpoint->port)
		return 0;
wrong:
	return cats_error(EINVAL, "%s: \"%s\" is not ADDRESS:PORT, as in 192.0.2.1:9847 or [2001:db8::1]:9847",
			  key, text);
}

bool endpoint_is_loopback(const struct endpoint *at)
{
	const struct sockaddr_in *in = (const void *)&at->addr;
	const struct sockaddr_in6 *in6 = (const void *)&at->addr;

	if (at->addr.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}
