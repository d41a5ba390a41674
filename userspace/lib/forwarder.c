// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "error.h"
#include "forwarder.h"
#include "load.h"
#include "program.h"
#include "route.h"
#include "underlay.h"

static int open_pin(const struct cats_forwarder *f, const char *name)
{
	char path[PATH_MAX + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->place.dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return cats_error_kernel(errno, path);
	return fd;
}

static int map_array(const struct cats_forwarder *f, const char *name,
		     size_t size, void *where)
{
	void *addr;
	int fd;

	fd = open_pin(f, name);
	if (fd < 0)
		return fd;
	addr = cats_array_map(fd, size);
	close(fd);
	if (!addr)
		return cats_error_kernel(errno, name);
	*(void **)where = addr;
	return 0;
}

static int map_arrays(struct cats_forwarder *f)
{
	int ret;

	ret = map_array(f, "cats_port", CATS_PORTS * sizeof(*f->port),
			&f->port);
	if (!ret)
		ret = map_array(f, "cats_index",
				CATS_INDEX_BUCKETS * sizeof(*f->index),
				&f->index);
	if (!ret)
		ret = map_array(f, "cats_flow",
				CATS_FLOW_BUCKETS * sizeof(*f->flow), &f->flow);
	if (!ret)
		ret = map_array(f, "cats_flow_key",
				CATS_FLOW_BUCKETS * CATS_FLOW_WAYS *
					sizeof(*f->flow_key), &f->flow_key);
	if (!ret)
		ret = map_array(f, "cats_count",
				f->cpus * CATS_COUNTERS * sizeof(*f->count),
				&f->count);
	if (!ret)
		ret = map_array(f, "cats_path_state",
				CATS_PATH_STATES * sizeof(*f->path_state),
				&f->path_state);
	return ret;
}

static int open_table(const struct cats_forwarder *f, struct cats_table *table,
		      const char *name, uint32_t bits, uint32_t chunks,
		      uint32_t entry, uint32_t rows)
{
	int fd = open_pin(f, name);

	if (fd < 0)
		return fd;
	return cats_table_open(table, fd, f->place.dir, name, bits, chunks,
			       entry, rows);
}

static int open_tables(struct cats_forwarder *f)
{
	int ret;

	ret = open_table(f, &f->service, "cats_service", CATS_SERVICE_BITS,
			 CATS_SERVICE_CHUNKS, sizeof(struct cats_service), 1);
	if (!ret)
		ret = open_table(f, &f->nexthop, "cats_nexthop",
				 CATS_NEXTHOP_BITS, CATS_NEXTHOP_CHUNKS,
				 sizeof(struct cats_nexthop), 1);
	if (!ret)
		ret = open_table(f, &f->path, "cats_path", CATS_PATH_BITS,
				 CATS_PATH_CHUNKS, sizeof(struct cats_path), 1);
	if (!ret)
		ret = open_table(f, &f->slot, "cats_slot", CATS_SLOT_BITS,
				 CATS_SLOT_CHUNKS, sizeof(__u32), 1);
	if (!ret)
		ret = open_table(f, &f->policy, "cats_policy", CATS_POLICY_BITS,
				 CATS_POLICY_CHUNKS, sizeof(struct cats_policy),
				 1);
	if (!ret)
		ret = open_table(f, &f->nh_count, "cats_nh_count",
				 CATS_NEXTHOP_BITS, CATS_NEXTHOP_CHUNKS,
				 sizeof(struct cats_counter), f->cpus);
	return ret;
}

/* The first of the maps to be mapped: it says what the others are. */
static int map_control(struct cats_forwarder *f)
{
	int ret;

	ret = map_array(f, "cats_control", sizeof(*f->control), &f->control);
	if (ret)
		return ret;
	if (f->control->schema != CATS_SCHEMA)
		return cats_error(EPROTO, "the maps in %s are of another version of cats (%u, not %u); remove the folder to start afresh",
				  f->place.dir, f->control->schema, CATS_SCHEMA);
	f->cpus = f->control->cpus;
	return 0;
}

static int open_maps(struct cats_forwarder *f)
{
	int ret;

	ret = map_control(f);
	if (!ret)
		ret = map_arrays(f);
	if (!ret)
		ret = open_tables(f);
	if (ret)
		return ret;
	f->out_fd = open_pin(f, "cats_out");
	if (f->out_fd < 0)
		return f->out_fd;
	f->events_fd = open_pin(f, "cats_events");
	return f->events_fd < 0 ? f->events_fd : 0;
}

/* Two commands may be the first ones at the same time. */
static int create_maps(struct cats_forwarder *f)
{
	int lock, fd, ret = 0;

	lock = cats_place_lock(&f->place, LOCK_EX);
	if (lock < 0)
		return lock;
	fd = open_pin(f, "cats_control");
	if (fd >= 0)
		close(fd);
	else if (fd == -ENOENT)
		ret = cats_program_create_maps(&f->place);
	else
		ret = fd;
	/* a folder without maps is of no use to anybody */
	if (ret)
		rmdir(f->place.dir);
	close(lock);
	return ret;
}

int cats_forwarder_open(struct cats_forwarder *f, bool create)
{
	int ret;

	memset(f, 0, sizeof(*f));
	f->lock = -1;
	f->out_fd = -1;
	f->events_fd = -1;
	ret = cats_place_find(&f->place, create);
	if (ret)
		return ret;
	if (create) {
		ret = create_maps(f);
		if (ret)
			return ret;
	}
	ret = open_maps(f);
	if (ret)
		cats_forwarder_close(f);
	return ret;
}

void cats_forwarder_close(struct cats_forwarder *f)
{
	cats_end(f);
	cats_unload(f);
	cats_underlay_close(f->underlay);
	f->underlay = NULL;
	if (f->events_fd >= 0)
		close(f->events_fd);
	if (f->out_fd >= 0)
		close(f->out_fd);
	cats_table_close(&f->nh_count);
	cats_table_close(&f->policy);
	cats_table_close(&f->slot);
	cats_table_close(&f->path);
	cats_table_close(&f->nexthop);
	cats_table_close(&f->service);
	cats_array_unmap(f->path_state,
			 CATS_PATH_STATES * sizeof(*f->path_state));
	cats_array_unmap(f->count,
			 f->cpus * CATS_COUNTERS * sizeof(*f->count));
	cats_array_unmap(f->flow_key, CATS_FLOW_BUCKETS * CATS_FLOW_WAYS *
					      sizeof(*f->flow_key));
	cats_array_unmap(f->flow, CATS_FLOW_BUCKETS * sizeof(*f->flow));
	cats_array_unmap(f->index, CATS_INDEX_BUCKETS * sizeof(*f->index));
	cats_array_unmap(f->port, CATS_PORTS * sizeof(*f->port));
	cats_array_unmap(f->control, sizeof(*f->control));
	memset(f, 0, sizeof(*f));
	f->lock = -1;
	f->out_fd = -1;
	f->events_fd = -1;
}

int cats_read_begin(struct cats_forwarder *f)
{
	f->lock = cats_place_lock(&f->place, LOCK_SH);
	return f->lock < 0 ? f->lock : 0;
}

int cats_write_begin(struct cats_forwarder *f)
{
	int ret;

	f->lock = cats_place_lock(&f->place, LOCK_EX);
	if (f->lock < 0)
		return f->lock;
	if (f->control->schema != CATS_SCHEMA) {
		cats_end(f);
		return cats_error(ESTALE, "the tables were removed meanwhile");
	}
	if (f->control->writing)
		f->loaded = false;
	ret = cats_load(f);
	if (ret) {
		cats_end(f);
		return ret;
	}
	f->control->writing = 1;
	f->writer = true;
	return 0;
}

static bool has_ports(const struct cats_forwarder *f)
{
	uint32_t i;

	for (i = 0; i < CATS_PORTS; i++)
		if (f->port[i].ifindex)
			return true;
	return false;
}

void cats_remove_if_empty(struct cats_forwarder *f)
{
	struct cats_policy *policy;
	uint32_t id = UINT32_MAX;

	if (has_ports(f))
		return;
	while ((policy = cats_table_each(&f->policy, &id)))
		if (policy->used)
			return;
	id = UINT32_MAX;
	if (cats_route_each(f, &id))
		return;
	f->control->schema = 0;
	cats_place_remove(&f->place);
}

void cats_end(struct cats_forwarder *f)
{
	if (f->writer)
		cats_store32(&f->control->writing, 0);
	f->writer = false;
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
}

uint64_t cats_changed(struct cats_forwarder *f)
{
	f->generation++;
	cats_store64(&f->control->generation, f->generation);
	return f->generation;
}

/* Services, paths and policies share one bitmap. */
static uint32_t flip_id(const struct cats_forwarder *f,
			const struct cats_table *kind, uint32_t id)
{
	if (kind == &f->service)
		return id;
	id += cats_table_limit(&f->service);
	if (kind == &f->path)
		return id;
	return id + cats_table_limit(&f->path);
}

void cats_flipped(struct cats_forwarder *f, const struct cats_table *kind,
		  uint32_t id)
{
	cats_ids_mark(&f->flipped, flip_id(f, kind, id));
	f->control->resting = 1;
}

int cats_may_write_half(struct cats_forwarder *f, const struct cats_table *kind,
			uint32_t id)
{
	if (!cats_ids_used(&f->flipped, flip_id(f, kind, id)))
		return 0;
	return cats_grace(f);
}

void cats_grace_passed(struct cats_forwarder *f)
{
	cats_ids_rested(&f->service_ids);
	cats_ids_rested(&f->nexthop_ids);
	cats_ids_rested(&f->path_ids);
	cats_ids_rested(&f->policy_ids);
	cats_slots_rested(&f->slots);
	cats_ids_reset(&f->flipped);
	f->control->resting = 0;
}

int cats_grace(struct cats_forwarder *f)
{
	int ret = cats_table_grace(&f->service);

	if (!ret)
		cats_grace_passed(f);
	return ret;
}
