// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cats_ingress.skel.h"
#include "error.h"
#include "forwarder.h"
#include "program.h"

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (getenv("CATS_LIBBPF_DEBUG") || level == LIBBPF_WARN)
		return getenv("CATS_LIBBPF_DEBUG") ? vfprintf(stderr, fmt, ap) :
						     0;
	return 0;
}

static void pin_path(char *path, size_t size, const struct cats_place *place,
		     const char *name)
{
	snprintf(path, size, "%s/%s", place->dir, name);
}

/*
 * A map that is pinned is taken as it is; libbpf's own check would refuse the
 * devmap, to which the kernel adds a flag.  The schema vouches for the rest.
 */
static int take_or_pin(struct bpf_map *map, const struct cats_place *place)
{
	char path[PATH_MAX + 64];
	int fd, ret;

	pin_path(path, sizeof(path), place, bpf_map__name(map));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return errno == ENOENT ? bpf_map__set_pin_path(map, path) :
					 -errno;
	ret = bpf_map__reuse_fd(map, fd);
	close(fd);
	return ret;
}

static int pin_maps(struct cats_ingress *skel, const struct cats_place *place)
{
	struct bpf_map *map;
	int ret;

	bpf_object__for_each_map(map, skel->obj) {
		if (bpf_map__is_internal(map))
			continue;
		ret = take_or_pin(map, place);
		if (ret)
			return ret;
	}
	return 0;
}

/* Rows for the CPUs there are.  A map of maps takes the size of a sample. */
static int size_maps(struct cats_ingress *skel, uint32_t cpus)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int sample, ret;

	sample = bpf_map_create(BPF_MAP_TYPE_ARRAY, "cats_nh_count",
				sizeof(uint32_t), sizeof(struct cats_counter),
				cpus << CATS_NEXTHOP_BITS, &opts);
	if (sample < 0)
		return sample;
	ret = bpf_map__set_inner_map_fd(skel->maps.cats_nh_count, sample);
	if (ret) {
		close(sample);
		return ret;
	}
	/* libbpf closes the sample with the object */
	ret = bpf_map__set_max_entries(skel->maps.cats_count,
				       cpus * CATS_COUNTERS);
	return ret ? ret : bpf_map__set_max_entries(skel->maps.cats_cpu, cpus);
}

/* With @cpus, to make the maps; with 0, to use those there are. */
static struct cats_ingress *open_program(const struct cats_place *place,
					 uint32_t cpus)
{
	struct cats_ingress *skel;
	int ret;

	libbpf_set_print(quiet);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	skel = cats_ingress__open();
	if (!skel) {
		cats_error_kernel(errno, "opening the XDP program");
		return NULL;
	}
	ret = pin_maps(skel, place);
	if (!ret && cpus)
		ret = size_maps(skel, cpus);
	if (ret) {
		cats_error_kernel(-ret, "preparing the maps");
		cats_ingress__destroy(skel);
		return NULL;
	}
	return skel;
}

static int init_control(struct cats_ingress *skel, uint32_t cpus)
{
	struct cats_control control = { .schema = CATS_SCHEMA, .cpus = cpus };
	uint32_t zero = 0;

	if (getrandom(control.hash_key, sizeof(control.hash_key), 0) !=
	    sizeof(control.hash_key))
		return cats_error_kernel(errno, "getrandom");
	memset(control.shorter4, CATS_LEN_END, sizeof(control.shorter4));
	memset(control.shorter6, CATS_LEN_END, sizeof(control.shorter6));
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.cats_control), &zero,
				&control, BPF_ANY))
		return cats_error_kernel(errno, "writing the control map");
	return 0;
}

static void unpin_maps(struct cats_ingress *skel)
{
	bpf_object__unpin_maps(skel->obj, NULL);
}

int cats_program_create_maps(const struct cats_place *place)
{
	int cpus = libbpf_num_possible_cpus();
	struct cats_ingress *skel;
	int ret;

	if (cpus < 1)
		return cats_error_kernel(EINVAL, "counting CPUs");
	skel = open_program(place, cpus);
	if (!skel)
		return -errno;
	bpf_program__set_autoload(skel->progs.cats_ingress, false);
	ret = cats_ingress__load(skel);
	if (ret) {
		cats_error_kernel(-ret, "creating the maps");
	} else {
		ret = init_control(skel, cpus);
		if (ret)
			unpin_maps(skel);
	}
	cats_ingress__destroy(skel);
	return ret;
}

static void link_path(char *path, size_t size, const struct cats_forwarder *f,
		      uint32_t ifindex)
{
	snprintf(path, size, "%s/link-%u", f->place.dir, ifindex);
}

/* The key of the hash goes into the program as constants. */
static struct cats_ingress *load_program(const struct cats_forwarder *f)
{
	struct cats_ingress *skel = open_program(&f->place, 0);
	int i, ret;

	if (!skel)
		return NULL;
	for (i = 0; i < CATS_HASH_WORDS; i++)
		skel->rodata->cats_hash_key[i] = f->control->hash_key[i];
	ret = cats_ingress__load(skel);
	if (ret) {
		cats_error_kernel(-ret, "loading the XDP program");
		cats_ingress__destroy(skel);
		errno = -ret;
		return NULL;
	}
	return skel;
}

static int create_link(int prog_fd, uint32_t ifindex, enum cats_attach_mode mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = mode == CATS_ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE :
							   XDP_FLAGS_DRV_MODE);

	return bpf_link_create(prog_fd, ifindex, BPF_XDP, &opts);
}

static int attach_failed(uint32_t ifindex, const char *name, int err)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (err != EBUSY && err != EEXIST)
		return cats_error_kernel(err, name);
	if (bpf_xdp_query(ifindex, 0, &query))
		query.prog_id = 0;
	return cats_error(EBUSY, "%s has another XDP program already (id %u)",
			  name, query.prog_id);
}

int cats_program_attach(struct cats_forwarder *f, uint32_t ifindex,
			const char *name, enum cats_attach_mode mode)
{
	char path[PATH_MAX + 64];
	struct cats_ingress *skel;
	int fd, prog, ret = 0;

	link_path(path, sizeof(path), f, ifindex);
	if (access(path, F_OK) == 0)
		return cats_error(EEXIST, "%s is attached already", name);
	skel = load_program(f);
	if (!skel)
		return -errno;
	prog = bpf_program__fd(skel->progs.cats_ingress);
	fd = create_link(prog, ifindex, mode);
	if (fd == -EOPNOTSUPP && mode == CATS_ATTACH_AUTO)
		fd = create_link(prog, ifindex, CATS_ATTACH_GENERIC);
	if (fd < 0) {
		ret = attach_failed(ifindex, name, -fd);
	} else {
		if (bpf_obj_pin(fd, path))
			ret = cats_error_kernel(errno, path);
		close(fd);
	}
	cats_ingress__destroy(skel);
	return ret;
}

int cats_program_detach(struct cats_forwarder *f, uint32_t ifindex,
			const char *name)
{
	char path[PATH_MAX + 64];
	int fd;

	link_path(path, sizeof(path), f, ifindex);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return cats_error(ENOENT, "%s is not attached", name);
	bpf_link_detach(fd);
	close(fd);
	if (unlink(path))
		return cats_error_kernel(errno, path);
	return 0;
}

int cats_program_attachment(const struct cats_forwarder *f, uint32_t ifindex,
			    struct cats_attachment *attachment)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_link_info info = {};
	uint32_t len = sizeof(info);
	char path[PATH_MAX + 64];
	int fd, err;

	link_path(path, sizeof(path), f, ifindex);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	if (err)
		return -errno;
	attachment->ifindex = info.xdp.ifindex;
	attachment->prog_id = info.prog_id;
	attachment->mode = CATS_ATTACH_NATIVE;
	if (info.xdp.ifindex && !bpf_xdp_query(ifindex, 0, &query) &&
	    query.attach_mode == XDP_ATTACHED_SKB)
		attachment->mode = CATS_ATTACH_GENERIC;
	return 0;
}
