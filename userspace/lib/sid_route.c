// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "sid_route.h"

static int compare_prefix(const void *a, const void *b)
{
	const struct cats_fib_route *x = a, *y = b;
	int order = memcmp(x->dst, y->dst, sizeof(x->dst));

	return order ? order : x->len - y->len;
}

static int compare(const void *a, const void *b)
{
	const struct cats_fib_route *x = a, *y = b;
	int order = compare_prefix(a, b);

	return order ? order : (x->metric > y->metric) - (x->metric < y->metric);
}

static int add(struct cats_sid_routes *routes, size_t *room,
	       const struct cats_fib_route *route)
{
	struct cats_fib_route *more;

	if (routes->count == *room) {
		*room = *room ? 2 * *room : 64;
		more = reallocarray(routes->route, *room, sizeof(*more));
		if (!more)
			return cats_error(ENOMEM, "reading routes: out of memory");
		routes->route = more;
	}
	routes->route[routes->count] = *route;
	routes->route[routes->count++].encap = NULL;
	return 0;
}

int cats_sid_routes_read(struct cats_netlink *nl,
			 struct cats_sid_routes *routes)
{
	struct cats_fib_route route;
	struct cats_dump dump;
	struct nlmsghdr *nlh;
	size_t room = 0;
	int ret;

	memset(routes, 0, sizeof(*routes));
	ret = cats_fib_dump(nl, RT_TABLE_LOCAL, RTPROT_UNSPEC, &dump);
	while (!ret && (nlh = cats_dump_next(&dump))) {
		ret = cats_fib_decode(nlh, &route);
		if (!ret && route.type == RTN_LOCAL)
			ret = add(routes, &room, &route);
	}
	cats_dump_free(&dump);
	if (!ret && routes->count)
		qsort(routes->route, routes->count, sizeof(*routes->route),
		      compare);
	return ret;
}

void cats_sid_routes_free(struct cats_sid_routes *routes)
{
	free(routes->route);
	memset(routes, 0, sizeof(*routes));
}

/* The route to exactly the SID that is taken. */
static bool find(const struct cats_sid_routes *routes,
		 const struct cats_sid *sid, struct cats_fib_route *route)
{
	const struct cats_fib_route *found;

	memcpy(route->dst, sid->sid, sizeof(route->dst));
	route->len = sid->len;
	found = routes->count ? bsearch(route, routes->route, routes->count,
					sizeof(*route), compare_prefix) : NULL;
	if (!found)
		return false;
	while (found > routes->route && !compare_prefix(found - 1, found))
		found--;
	*route = *found;
	return true;
}

void cats_sid_find_route(struct cats_netlink *nl,
			 const struct cats_sid_routes *routes,
			 struct cats_sid *sid)
{
	struct cats_fib_route route = {};

	sid->routed = CATS_SID_ROUTE_NONE;
	if (!find(routes, sid, &route) &&
	    cats_fib_lookup(nl, AF_INET6, sid->sid, &route))
		return;
	if (route.oif != sid->ifindex)
		return;
	sid->routed = route.type == RTN_LOCAL ? CATS_SID_ROUTE_LOCAL :
						CATS_SID_ROUTE_UNICAST;
}
