// SPDX-License-Identifier: GPL-2.0-or-later
/* flowgen: addresses and ports. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "flowgen.h"

void endpoint_set_port(struct endpoint *ep, unsigned int port)
{
	/* sin_port and sin6_port stand at the same place */
	((struct sockaddr_in *)&ep->addr)->sin_port = htons(port);
}

void endpoint_parse(struct endpoint *ep, const char *addr, unsigned int port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ep->addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&ep->addr;

	memset(ep, 0, sizeof(*ep));
	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		ep->len = sizeof(*in);
	} else if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		ep->len = sizeof(*in6);
	} else {
		fail("\"%s\" is not an IPv4 or IPv6 address", addr);
	}
	endpoint_set_port(ep, port);
}
