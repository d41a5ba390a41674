// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmas/pin.h"
#include "error.h"
#include "flow_pins.h"
#include "mapped.h"
#include "service_index.h"

/**
 * struct cmas_pin - the tables
 * @f: forwarder
 * @open: it is
 * @pins: flows that are wanted
 */
struct cmas_pin {
	struct cats_forwarder f;
	bool open;
	struct cats_flow_pins *pins;
};

struct cmas_pin *cmas_pin_open(void)
{
	struct cmas_pin *pin = calloc(1, sizeof(*pin));

	if (pin)
		pin->pins = cats_flow_pins_new();
	if (pin && pin->pins)
		return pin;
	free(pin);
	cats_error_kernel(ENOMEM, "cmas");
	return NULL;
}

void cmas_pin_close(struct cmas_pin *pin)
{
	if (!pin)
		return;
	if (pin->open)
		cats_forwarder_close(&pin->f);
	cats_flow_pins_free(pin->pins);
	free(pin);
}

/* libcats has IPv4 in the first 4 octets */
static uint8_t unmap(const uint8_t mapped[16], uint8_t addr[16])
{
	memset(addr, 0, 16);
	if (!mapped_is_ipv4(mapped)) {
		memcpy(addr, mapped, 16);
		return CATS_FAMILY_IPV6;
	}
	memcpy(addr, mapped + 12, 4);
	return CATS_FAMILY_IPV4;
}

static uint32_t find_service(struct cats_forwarder *f,
			     const struct cmas_flow *flow,
			     struct cats_tuple *tuple)
{
	uint8_t family;

	memset(tuple, 0, sizeof(*tuple));
	unmap(flow->source, tuple->saddr);
	family = unmap(flow->csid, tuple->daddr);
	tuple->sport = flow->sport;
	tuple->dport = flow->dport;
	tuple->proto = flow->protocol;
	return cats_service_match(f, flow->vrf, family, tuple->daddr);
}

/* The tables may be made, or made anew, at any time. */
static int begin(struct cmas_pin *pin)
{
	int ret, turn;

	for (turn = 0; turn < 2; turn++) {
		if (!pin->open) {
			ret = cats_forwarder_open(&pin->f, false);
			if (ret)
				return ret == -ENOENT ? cats_error(ENOENT,
					"there is nothing configured in this network namespace") : ret;
			pin->open = true;
		}
		ret = cats_read_begin(&pin->f);
		if (ret != -ESTALE)
			return ret;
		cats_forwarder_close(&pin->f);
		pin->open = false;
	}
	return ret;
}

static int find_nexthop(struct cmas_pin *pin, uint32_t service,
			const uint8_t csci[16], uint32_t *nexthop)
{
	if (!service)
		return cats_error(ENOENT, "there is no route to this CS-ID");
	*nexthop = cats_flow_nexthop_to(&pin->f, service, csci);
	return *nexthop ? 0 : cats_error(ENOENT, "the route has no next hop to this instance that takes flows");
}

int cmas_pin_check(struct cmas_pin *pin, const struct cmas_flow *flow,
		   const uint8_t csci[16])
{
	struct cats_tuple tuple;
	uint32_t nexthop;
	int ret = begin(pin);

	if (ret)
		return ret;
	ret = find_nexthop(pin, find_service(&pin->f, flow, &tuple), csci,
			   &nexthop);
	cats_end(&pin->f);
	return ret;
}

int cmas_pin_flow(struct cmas_pin *pin, const struct cmas_flow *flow,
		  const uint8_t csci[16])
{
	struct cats_tuple tuple;
	uint32_t service, nexthop;
	int ret = begin(pin);

	if (ret)
		return ret;
	service = find_service(&pin->f, flow, &tuple);
	/* where it goes already it stays, drained or not */
	if (service &&
	    cats_flow_keep(&pin->f, pin->pins, service, &tuple, csci))
		goto out;
	ret = find_nexthop(pin, service, csci, &nexthop);
	if (!ret)
		ret = cats_flow_pin(&pin->f, service, &tuple, nexthop,
				    CATS_FLOW_PINNED);
	if (!ret)
		cats_flow_keep(&pin->f, pin->pins, service, &tuple, csci);
out:
	cats_end(&pin->f);
	return ret;
}

void cmas_pin_begin(struct cmas_pin *pin)
{
	cats_flow_pins_begin(pin->pins);
}

size_t cmas_pin_prune(struct cmas_pin *pin, uint64_t *removed)
{
	size_t strays;

	if (begin(pin))
		return 0;
	strays = cats_flow_prune(&pin->f, pin->pins, removed);
	cats_end(&pin->f);
	return strays;
}

void cmas_unpin_flow(struct cmas_pin *pin, const struct cmas_flow *flow,
		     const uint8_t csci[16])
{
	struct cats_tuple tuple;
	uint32_t service;

	if (begin(pin))
		return;
	service = find_service(&pin->f, flow, &tuple);
	if (service)
		cats_flow_unpin(&pin->f, service, &tuple, csci);
	cats_end(&pin->f);
}
