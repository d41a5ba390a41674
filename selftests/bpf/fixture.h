/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One forwarder in a network namespace of its own, and its program under
 * BPF_PROG_TEST_RUN.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "counters.h"
#include "error.h"
#include "forwarder.h"
#include "policy.h"
#include "port.h"
#include "route.h"

#define FRAME_MAX	16384

/** struct frame - a frame in front of or behind the program */
struct frame {
	uint8_t data[FRAME_MAX];
	uint32_t len;
};

/** struct fixture - what every test gets */
struct fixture {
	struct cats_forwarder f;
	struct bpf_object *obj;
	int prog;
	uint32_t in;	/* port with VRF-ID 0 */
	uint32_t in7;	/* port with VRF-ID 7 */
	uint32_t out;	/* device to the underlay */
	uint32_t plain;	/* device that is no port */
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/** fixture_reset - no routes, no policies, counters at 0; before each test */
int fixture_reset(void **state);

/** reuse_maps - have @obj use the forwarder's maps; 0 or a negative errno. */
int reuse_maps(struct fixture *x, struct bpf_object *obj);

/** run - pass @frame through the program; returns the XDP action. */
int run(struct fixture *x, uint32_t ifindex, struct frame *frame);

/** add_policy - policy of @nsegs segments fd00:e::1, ::2, ...; first on-link */
uint32_t add_policy(struct fixture *x, const char *name, uint32_t nsegs,
		    uint8_t flags, uint32_t mtu);

/** spec_for - an empty route for @csid ("ADDR/LEN"), in VRF-ID @vrf. */
struct cats_route_spec *spec_for(const char *csid, uint32_t vrf);
/** spec_nexthop - add a next hop to it. */
void spec_nexthop(struct cats_route_spec *spec, uint32_t policy,
		  const char *sid, uint16_t weight);
/** spec_set - install it and free it; fails the test if refused. */
void spec_set(struct fixture *x, struct cats_route_spec *spec,
	      enum cats_route_change change);
/** add_route - one next hop. */
void add_route(struct fixture *x, const char *csid, uint32_t vrf,
	       uint32_t policy, const char *sid);

/** packets - how often @reason was the verdict. */
uint64_t packets(struct fixture *x, enum cats_reason reason);

/** assert_sid - the frame goes to this service SID, whatever its segments. */
void assert_sid(const struct frame *frame, const char *sid);
/** sid_of - its service SID. */
const uint8_t *sid_of(const struct frame *frame);

#endif /* FIXTURE_H */
