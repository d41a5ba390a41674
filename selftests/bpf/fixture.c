// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static const char *const setup_commands[] = {
	"ip link set lo up",
	"ip link add in0 type veth peer name in0p",
	"ip link add in7 type veth peer name in7p",
	"ip link add plain0 type veth peer name plain0p",
	"ip link add out0 mtu 9300 type veth peer name out0p mtu 9300",
	"ethtool -K out0p gro on",
	"ip link set in0 up", "ip link set in0p up",
	"ip link set in7 up", "ip link set in7p up",
	"ip link set plain0 up",
	"ip link set out0p up", "ip link set out0 up",
	"ip addr add 192.0.2.254/24 dev in0",
	"ip addr add 2001:db8:1::fe/64 dev in0 nodad",
	"ip addr add fd00:e::fe/64 dev out0 nodad",
	"ip neigh add fd00:e::1 lladdr 02:00:00:00:0e:01 dev out0 nud permanent",
};

int reuse_maps(struct fixture *x, struct bpf_object *obj)
{
	char path[PATH_MAX + 64];
	struct bpf_map *map;
	int fd, ret;

	bpf_object__for_each_map(map, obj) {
		if (bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), "%s/%s", x->f.place.dir,
			 bpf_map__name(map));
		fd = bpf_obj_get(path);
		if (fd < 0)
			return -errno;
		ret = bpf_map__reuse_fd(map, fd);
		close(fd);
		if (ret)
			return ret;
	}
	return 0;
}

static int set_hash_key(struct fixture *x)
{
	struct bpf_map *map;

	/* the key is the only constant of the program */
	bpf_object__for_each_map(map, x->obj)
		if (strstr(bpf_map__name(map), ".rodata"))
			return bpf_map__set_initial_value(
				map, x->f.control->hash_key,
				sizeof(x->f.control->hash_key));
	return -ENOENT;
}

static int load_poisoned(struct fixture *x)
{
	struct bpf_program *prog;

	x->obj = bpf_object__open_file(POISON_OBJECT, NULL);
	if (!x->obj || reuse_maps(x, x->obj) || set_hash_key(x) ||
	    bpf_object__load(x->obj)) {
		fprintf(stderr, "# %s does not load: %s\n", POISON_OBJECT,
			strerror(errno));
		return -1;
	}
	prog = bpf_object__find_program_by_name(x->obj, "cats_poisoned");
	x->prog = prog ? bpf_program__fd(prog) : -1;
	return x->prog < 0;
}

static int add_ports(struct fixture *x)
{
	int ret;

	x->in = if_nametoindex("in0");
	x->in7 = if_nametoindex("in7");
	x->out = if_nametoindex("out0");
	x->plain = if_nametoindex("plain0");
	ret = cats_write_begin(&x->f);
	if (ret)
		return ret;
	ret = cats_port_add(&x->f, x->in, "in0", 0, CATS_ATTACH_NATIVE);
	if (!ret)
		ret = cats_port_add(&x->f, x->in7, "in7", 7,
				    CATS_ATTACH_NATIVE);
	cats_end(&x->f);
	return ret;
}

int fixture_setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	unsigned int i;

	if (!x || unshare(CLONE_NEWNET))
		return -1;
	for (i = 0; i < sizeof(setup_commands) / sizeof(setup_commands[0]); i++)
		if (system(setup_commands[i])) {
			fprintf(stderr, "# failed: %s\n", setup_commands[i]);
			return -1;
		}
	if (cats_forwarder_open(&x->f, true) || add_ports(x)) {
		fprintf(stderr, "# %s\n", cats_error_message());
		return -1;
	}
	*state = x;
	return load_poisoned(x);
}

int fixture_teardown(void **state)
{
	struct fixture *x = *state;
	char command[2 * PATH_MAX + 32];
	int ret;

	snprintf(command, sizeof(command), "rm -rf '%s' '%s'", x->f.place.dir,
		 x->f.place.lock);
	bpf_object__close(x->obj);
	cats_forwarder_close(&x->f);
	free(x);
	ret = system(command);
	return ret;
}

static int remove_routes(struct fixture *x)
{
	struct cats_service *service;
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;
	int ret = 0;

	while (!ret && (service = cats_route_each(&x->f, &id)))
		ret = cats_route_del(&x->f, &service->key);
	id = UINT32_MAX;
	while (!ret && (policy = cats_table_each(&x->f.policy, &id)))
		if (policy->used)
			ret = cats_policy_del(&x->f, policy->name);
	return ret;
}

int fixture_reset(void **state)
{
	struct fixture *x = *state;
	int ret;

	ret = cats_write_begin(&x->f);
	if (!ret)
		ret = remove_routes(x);
	cats_counters_reset(&x->f);
	cats_end(&x->f);
	return ret;
}

int run(struct fixture *x, uint32_t ifindex, struct frame *frame)
{
	static uint8_t in[FRAME_MAX];
	struct xdp_md ctx = { .data_end = frame->len,
			      .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in,
		    .data_size_in = frame->len, .data_out = frame->data,
		    .data_size_out = sizeof(frame->data), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	memcpy(in, frame->data, frame->len);
	if (bpf_prog_test_run_opts(x->prog, &opts))
		fail_msg("BPF_PROG_TEST_RUN: %s", strerror(errno));
	frame->len = opts.data_size_out;
	return opts.retval;
}

static void in6(const char *text, uint8_t *addr)
{
	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
}

uint32_t add_policy(struct fixture *x, const char *name, uint32_t nsegs,
		    uint8_t flags, uint32_t mtu)
{
	struct cats_policy_conf conf = { .nsegs = nsegs, .flags = flags,
					 .mtu = mtu, .preference = 100 };
	char text[32];
	uint32_t i, id = UINT32_MAX;
	struct cats_policy *policy;

	for (i = 0; i < nsegs; i++) {
		snprintf(text, sizeof(text), "fd00:e::%x", i + 1);
		in6(text, conf.segs[i]);
	}
	if (!nsegs) {
		in6("fd00:e::1", conf.via);
		conf.flags |= CATS_POLICY_VIA;
	}
	assert_int_equal(cats_write_begin(&x->f), 0);
	if (cats_policy_set(&x->f, name, &conf, false))
		fail_msg("policy: %s", cats_error_message());
	cats_end(&x->f);
	while ((policy = cats_table_each(&x->f.policy, &id)))
		if (policy->used && !strcmp(policy->name, name))
			return id;
	fail_msg("policy %s is not there", name);
	return 0;
}

struct cats_route_spec *spec_for(const char *csid, uint32_t vrf)
{
	struct cats_route_spec *spec = calloc(1, sizeof(*spec));
	char text[64], *slash;

	assert_non_null(spec);
	snprintf(text, sizeof(text), "%s", csid);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	spec->key.vrf = vrf;
	if (strchr(text, ':')) {
		spec->key.family = CATS_FAMILY_IPV6;
		in6(text, spec->key.addr);
	} else {
		spec->key.family = CATS_FAMILY_IPV4;
		assert_int_equal(inet_pton(AF_INET, text, spec->key.addr), 1);
	}
	spec->key.len = slash ? atoi(slash) :
			spec->key.family == CATS_FAMILY_IPV6 ? 128 : 32;
	spec->conf.timeout_s = CATS_TIMEOUT_DEFAULT;
	return spec;
}

void spec_nexthop(struct cats_route_spec *spec, uint32_t policy,
		  const char *sid, uint16_t weight)
{
	struct cats_nexthop_spec *nexthop = &spec->nexthop[spec->nexthops++];

	in6(sid, nexthop->sid);
	nexthop->policy = policy;
	nexthop->weight = weight;
}

void spec_set(struct fixture *x, struct cats_route_spec *spec,
	      enum cats_route_change change)
{
	assert_int_equal(cats_write_begin(&x->f), 0);
	if (cats_route_set(&x->f, spec, change))
		fail_msg("route: %s", cats_error_message());
	cats_end(&x->f);
	free(spec);
}

void add_route(struct fixture *x, const char *csid, uint32_t vrf,
	       uint32_t policy, const char *sid)
{
	struct cats_route_spec *spec = spec_for(csid, vrf);

	spec_nexthop(spec, policy, sid, 1);
	spec_set(x, spec, CATS_ROUTE_ADD);
}

uint64_t packets(struct fixture *x, enum cats_reason reason)
{
	return cats_count_total(&x->f, reason).packets;
}

const uint8_t *sid_of(const struct frame *frame)
{
	assert_true(frame->len > 14 + 40);
	assert_int_equal(frame->data[14] >> 4, 6);
	if (frame->data[14 + CATS_IP6_NEXTHDR] == IPPROTO_ROUTING)
		return frame->data + 14 + CATS_SRH_SEGMENTS;
	return frame->data + 14 + CATS_IP6_DADDR;
}

void assert_sid(const struct frame *frame, const char *sid)
{
	uint8_t want[16];

	in6(sid, want);
	assert_memory_equal(sid_of(frame), want, 16);
}
