// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "table.h"

static size_t page_round(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

void *cats_array_map(int fd, size_t size)
{
	void *addr = mmap(NULL, page_round(size), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

void cats_array_unmap(void *addr, size_t size)
{
	if (addr)
		munmap(addr, page_round(size));
}

static size_t chunk_size(const struct cats_table *table)
{
	return ((size_t)table->rows << table->bits) * table->entry;
}

int cats_table_open(struct cats_table *table, int fd, const char *dir,
		    const char *name, uint32_t bits, uint32_t chunks,
		    uint32_t entry, uint32_t rows)
{
	table->chunk = calloc(chunks, sizeof(*table->chunk));
	if (!table->chunk) {
		close(fd);
		return cats_error_kernel(ENOMEM, name);
	}
	table->fd = fd;
	table->dir = dir;
	table->name = name;
	table->bits = bits;
	table->chunks = chunks;
	table->entry = entry;
	table->pack = entry < 8 ? 8 / entry : 1;
	table->rows = rows;
	return 0;
}

void cats_table_close(struct cats_table *table)
{
	uint32_t i;

	if (!table->chunk)
		return;
	for (i = 0; i < table->chunks; i++)
		cats_array_unmap(table->chunk[i], chunk_size(table));
	free(table->chunk);
	table->chunk = NULL;
	close(table->fd);
}

static void chunk_path(const struct cats_table *table, uint32_t nr, char *path,
		       size_t size)
{
	snprintf(path, size, "%s/%s-%u", table->dir, table->name, nr);
}

static int chunk_fd(const struct cats_table *table, uint32_t nr)
{
	char path[PATH_MAX + 64];

	chunk_path(table, nr, path, sizeof(path));
	return bpf_obj_get(path);
}

static void *map_chunk(struct cats_table *table, uint32_t nr)
{
	int fd = chunk_fd(table, nr);

	if (fd < 0)
		return NULL;
	table->chunk[nr] = cats_array_map(fd, chunk_size(table));
	close(fd);
	return table->chunk[nr];
}

static void *entry_in(const struct cats_table *table, void *chunk, uint32_t id)
{
	uint32_t at = id & ((1u << table->bits) - 1);

	return (char *)chunk + (size_t)at * table->entry;
}

void *cats_table_at(struct cats_table *table, uint32_t id)
{
	uint32_t nr = id >> table->bits;

	if (nr >= table->chunks)
		return NULL;
	if (!table->chunk[nr] && !map_chunk(table, nr))
		return NULL;
	return entry_in(table, table->chunk[nr], id);
}

static int make_chunk(const struct cats_table *table)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, table->name, sizeof(uint32_t),
			      table->entry * table->pack,
			      (table->rows << table->bits) / table->pack,
			      &opts);
}

#define CHUNKS_AT_ONCE	64

/*
 * Chunks @nr to @nr + @n - 1.  Pinned last: what a killed writer has not
 * pinned does not exist, and is replaced.
 */
static int make_chunks(struct cats_table *table, uint32_t nr, uint32_t n)
{
	uint32_t keys[CHUNKS_AT_ONCE], made, done, i;
	int fds[CHUNKS_AT_ONCE], ret = 0;
	char path[PATH_MAX + 64];

	for (made = 0; made < n; made++) {
		keys[made] = nr + made;
		fds[made] = make_chunk(table);
		if (fds[made] < 0)
			break;
	}
	done = made;
	ret = made ? bpf_map_update_batch(table->fd, keys, fds, &done, NULL) :
		     -errno;
	for (i = 0; i < made; i++) {
		chunk_path(table, keys[i], path, sizeof(path));
		if (!ret && bpf_obj_pin(fds[i], path))
			ret = -errno;
		close(fds[i]);
	}
	errno = -ret;
	return ret;
}

/* How many chunks to add when the @nr chunks there are do not suffice. */
static uint32_t growth(const struct cats_table *table, uint32_t nr)
{
	uint32_t n = nr / 8 ? nr / 8 : 1;

	if (n > CHUNKS_AT_ONCE)
		n = CHUNKS_AT_ONCE;
	return n < table->chunks - nr ? n : table->chunks - nr;
}

void *cats_table_make(struct cats_table *table, uint32_t id)
{
	uint32_t nr = id >> table->bits;
	void *entry = cats_table_at(table, id);

	if (entry)
		return entry;
	if (nr >= table->chunks) {
		errno = ENOSPC;
		return NULL;
	}
	if (make_chunks(table, nr, growth(table, nr)))
		return NULL;
	return cats_table_at(table, id);
}

void *cats_table_each(struct cats_table *table, uint32_t *id)
{
	void *entry = cats_table_at(table, *id + 1);

	if (entry)
		++*id;
	return entry;
}

int cats_table_grace(struct cats_table *table)
{
	uint32_t nr;
	int fd, err;

	for (nr = 0; nr < table->chunks; nr++)
		if (table->chunk[nr])
			break;
	if (nr == table->chunks)
		return 0;
	fd = chunk_fd(table, nr);
	if (fd < 0)
		return cats_error_kernel(errno, table->name);
	err = bpf_map_update_elem(table->fd, &nr, &fd, BPF_ANY) ? errno : 0;
	close(fd);
	return err ? cats_error_kernel(err, table->name) : 0;
}
