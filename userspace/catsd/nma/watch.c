// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cats_stamp_watch.skel.h"
#include "error.h"
#include "table.h"
#include "watch.h"

/**
 * struct nma_watch - the programs and what they share with us
 * @skel: object
 * @entry: one per SSID
 * @pulse: of the host
 */
struct nma_watch {
	struct cats_stamp_watch *skel;
	struct stamp_watch *entry;
	struct stamp_pulse *pulse;
};

#define ENTRIES_SIZE	(STAMP_SESSIONS * sizeof(struct stamp_watch))

static int reuse(const struct cats_forwarder *f, struct bpf_map *map)
{
	char path[PATH_MAX + 64];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", f->place.dir,
		 bpf_map__name(map));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	ret = bpf_map__reuse_fd(map, fd);
	close(fd);
	return ret;
}

/* Timers of a prober before this one go on in the map that is pinned. */
static int reuse_timers(const struct cats_forwarder *f, struct bpf_map *map)
{
	uint32_t size = bpf_map__value_size(map);
	char path[PATH_MAX + 64];
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", f->place.dir,
		 bpf_map__name(map));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return bpf_map__set_pin_path(map, path);
	ret = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	if (!ret && info.value_size != size) {
		/* of another version of cats */
		unlink(path);
		ret = bpf_map__set_pin_path(map, path);
	} else if (!ret) {
		ret = bpf_map__reuse_fd(map, fd);
	}
	close(fd);
	return ret;
}

static int attach(struct nma_watch *watch, int socket)
{
	int fd = bpf_program__fd(watch->skel->progs.stamp_heard);

	if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)))
		return -errno;
	watch->entry = cats_array_map(
		bpf_map__fd(watch->skel->maps.stamp_watch), ENTRIES_SIZE);
	watch->pulse = cats_array_map(
		bpf_map__fd(watch->skel->maps.stamp_pulse),
		sizeof(*watch->pulse));
	return watch->entry && watch->pulse ? 0 : -errno;
}

int nma_watch_open(struct cats_forwarder *f, int socket, uint16_t port,
		   struct nma_watch **result)
{
	struct nma_watch *watch = calloc(1, sizeof(*watch));
	int ret;

	if (!watch)
		return cats_error_kernel(ENOMEM, "path timers");
	watch->skel = cats_stamp_watch__open();
	ret = watch->skel ? reuse(f, watch->skel->maps.cats_path_state) :
			    -errno;
	if (!ret)
		ret = reuse_timers(f, watch->skel->maps.cats_path_timer);
	if (!ret) {
		watch->skel->rodata->stamp_sender_port = port;
		ret = cats_stamp_watch__load(watch->skel);
	}
	if (!ret)
		ret = attach(watch, socket);
	if (ret) {
		nma_watch_close(watch);
		return cats_error_kernel(-ret, "loading the path timers");
	}
	*result = watch;
	return 0;
}

void nma_watch_close(struct nma_watch *watch)
{
	if (!watch)
		return;
	cats_array_unmap(watch->pulse, sizeof(*watch->pulse));
	cats_array_unmap(watch->entry, ENTRIES_SIZE);
	cats_stamp_watch__destroy(watch->skel);
	free(watch);
}

struct stamp_watch *nma_watch_entry(struct nma_watch *watch, uint32_t ssid)
{
	return &watch->entry[ssid];
}

int nma_watch_hear_prog(const struct nma_watch *watch)
{
	return bpf_program__fd(watch->skel->progs.cats_stamp_hear);
}

int nma_watch_answers(const struct nma_watch *watch)
{
	return bpf_map__fd(watch->skel->maps.stamp_answers);
}

struct stamp_pulse *nma_watch_pulse(struct nma_watch *watch)
{
	return watch->pulse;
}

int nma_watch_begin(struct nma_watch *watch, uint32_t ssid)
{
	uint8_t packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
		    .data_size_in = sizeof(packet));
	int peer = bpf_map__fd(watch->skel->maps.stamp_peer);
	int arm = bpf_program__fd(watch->skel->progs.stamp_arm);

	/* of several sessions to one endpoint the first is meant */
	bpf_map_update_elem(peer, watch->entry[ssid].endpoint, &ssid,
			    BPF_NOEXIST);
	watch->skel->bss->stamp_arm_ssid = ssid;
	if (bpf_prog_test_run_opts(arm, &opts))
		return cats_error_kernel(errno, "starting a path timer");
	return opts.retval ? cats_error(EIO, "a path timer does not start (%u)",
					opts.retval) : 0;
}

void nma_watch_end(struct nma_watch *watch, uint32_t ssid)
{
	int peer = bpf_map__fd(watch->skel->maps.stamp_peer);
	struct stamp_watch *entry = &watch->entry[ssid];
	uint32_t known;

	if (!bpf_map_lookup_elem(peer, entry->endpoint, &known) &&
	    known == ssid)
		bpf_map_delete_elem(peer, entry->endpoint);
	__atomic_store_n(&entry->state, 0, __ATOMIC_RELEASE);
}
