// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
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

int cats_table_open(struct cats_table *table, int fd, const char *name,
		    uint32_t bits, uint32_t chunks, uint32_t entry,
		    uint32_t rows)
{
	table->chunk = calloc(chunks, sizeof(*table->chunk));
	if (!table->chunk) {
		close(fd);
		return cats_error_kernel(ENOMEM, name);
	}
	table->fd = fd;
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

static int chunk_fd(const struct cats_table *table, uint32_t nr)
{
	uint32_t id;

	if (bpf_map_lookup_elem(table->fd, &nr, &id))
		return -1;
	return bpf_map_get_fd_by_id(id);
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

static int make_chunk(struct cats_table *table, uint32_t nr)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd, err;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, table->name, sizeof(nr),
			    table->entry * table->pack,
			    (table->rows << table->bits) / table->pack, &opts);
	if (fd < 0)
		return -1;
	err = bpf_map_update_elem(table->fd, &nr, &fd, BPF_ANY);
	close(fd);
	return err;
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
	if (make_chunk(table, nr))
		return NULL;
	return cats_table_at(table, id);
}

void *cats_table_each(struct cats_table *table, uint32_t *id)
{
	uint32_t next = *id + 1, nr;
	void *entry;

	while (next < cats_table_limit(table)) {
		nr = next >> table->bits;
		entry = cats_table_at(table, next);
		if (entry) {
			*id = next;
			return entry;
		}
		next = (nr + 1) << table->bits;
	}
	return NULL;
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
