// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "api/member.h"
#include "cmas/client_flow.h"
#include "error.h"
#include "mapped.h"

static const struct {
	const char *name;
	uint8_t protocol;
} protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
};

#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static int read_protocol(const json_t *json, struct cmas_flow *flow)
{
	const char *name;
	size_t i;

	name = json_string_value(json_object_get(json, "protocol"));
	for (i = 0; name && i < PROTOCOLS; i++)
		if (!strcmp(protocols[i].name, name)) {
			flow->protocol = protocols[i].protocol;
			return 0;
		}
	return cats_error(EINVAL, "protocol: is not tcp, udp or sctp");
}

int cmas_flow_read(const json_t *json, struct cmas_flow *flow)
{
	static const char *const members[] = { "source", "sport", "dport",
					       "protocol", "csid", "vrf",
					       NULL };
	uint64_t sport = 0, dport = 0, vrf = 0;
	int ret;

	memset(flow, 0, sizeof(*flow));
	if (!json_is_object(json))
		return cats_error(EINVAL, "flow: is not an object");
	ret = member_only(json, members);
	if (!ret)
		ret = member_address(json, "source", true, flow->source);
	if (!ret)
		ret = member_address(json, "csid", true, flow->csid);
	if (!ret)
		ret = member_number(json, "sport", 0, 65535, true, &sport);
	if (!ret)
		ret = member_number(json, "dport", 0, 65535, true, &dport);
	if (!ret)
		ret = member_number(json, "vrf", 0, UINT32_MAX, false, &vrf);
	if (!ret)
		ret = read_protocol(json, flow);
	if (!ret && mapped_is_ipv4(flow->source) != mapped_is_ipv4(flow->csid))
		ret = cats_error(EINVAL, "source: is not of the family of csid");
	flow->sport = sport;
	flow->dport = dport;
	flow->vrf = vrf;
	return ret;
}
