// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "error.h"
#include "forwarder.h"
#include "service_index.h"

static uint64_t load64(const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return be64toh(word);
}

/* The address as the program holds it: IPv4 in the low half of @lo. */
static void address_words(uint8_t family, const uint8_t *addr, uint64_t *hi,
			  uint64_t *lo)
{
	*hi = load64(addr);
	*lo = load64(addr + 8);
	if (family == CATS_FAMILY_IPV4) {
		*lo = *hi >> 32;
		*hi = 0;
	}
}

uint64_t cats_service_key_hash(const struct cats_forwarder *f,
			       const struct cats_service_key *key)
{
	uint64_t hi, lo;

	address_words(key->family, key->addr, &hi, &lo);
	return cats_hash_service(f->control->hash_key, key->vrf, key->family,
				 key->len, hi, lo);
}

static uint32_t find_in(struct cats_forwarder *f, uint32_t nr, uint64_t hash,
			const struct cats_service_key *key)
{
	const struct cats_index_bucket *bucket = &f->index[nr];
	struct cats_service *service;
	uint32_t i, id;

	for (i = 0; i < CATS_INDEX_WAYS; i++) {
		id = CATS_INDEX_ID(bucket->entry[i]);
		if (bucket->entry[i] >> 32 != hash >> 32 || !id)
			continue;
		service = cats_table_at(&f->service, id);
		if (service && !memcmp(&service->key, key, sizeof(*key)))
			return id;
	}
	return 0;
}

uint32_t cats_service_find(struct cats_forwarder *f,
			   const struct cats_service_key *key)
{
	uint64_t hash = cats_service_key_hash(f, key);
	uint32_t nr = hash & (CATS_INDEX_BUCKETS - 1);
	uint32_t id = find_in(f, nr, hash, key);

	if (id || !((uint32_t)f->index[nr].entry[0] & CATS_INDEX_OVERFLOW))
		return id;
	return find_in(f, nr ^ 1, hash, key);
}

static void mask(uint8_t *addr, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < 16; i++) {
		if (len >= (i + 1) * 8)
			continue;
		addr[i] &= len > i * 8 ? 0xff << ((i + 1) * 8 - len) : 0;
	}
}

uint32_t cats_service_match(struct cats_forwarder *f, uint32_t vrf,
			    uint8_t family, const uint8_t *addr)
{
	bool ip6 = family == CATS_FAMILY_IPV6;
	const uint8_t *shorter = ip6 ? f->control->shorter6 :
				       f->control->shorter4;
	struct cats_service_key key = { .vrf = vrf, .family = family };
	uint32_t len = ip6 ? 128 : 32, id;

	memcpy(key.addr, addr, ip6 ? 16 : 4);
	key.len = len;
	id = cats_service_find(f, &key);
	if (id)
		return id;
	for (len = shorter[len + 1]; len != CATS_LEN_END; len = shorter[len]) {
		memcpy(key.addr, addr, ip6 ? 16 : 4);
		mask(key.addr, len);
		key.len = len;
		id = cats_service_find(f, &key);
		if (id)
			return id;
	}
	return 0;
}

/*
 * Prefix lengths in use, a list from long to short.  A length is linked in
 * before its first route is found, and out after its last one is gone.
 */
static void link_length(struct cats_forwarder *f,
			const struct cats_service_key *key)
{
	bool ip6 = key->family == CATS_FAMILY_IPV6;
	uint8_t *shorter = ip6 ? f->control->shorter6 : f->control->shorter4;
	uint32_t at = ip6 ? 129 : 33;

	if (key->len == at - 1)
		return;
	while (shorter[at] != CATS_LEN_END && shorter[at] > key->len)
		at = shorter[at];
	if (shorter[at] == key->len)
		return;
	shorter[key->len] = shorter[at];
	__atomic_store_n(&shorter[at], key->len, __ATOMIC_RELEASE);
}

static bool length_in_use(struct cats_forwarder *f,
			  const struct cats_service_key *key)
{
	struct cats_service *service;
	uint32_t id = UINT32_MAX;

	while ((service = cats_table_each(&f->service, &id)))
		if (service->used && service->key.family == key->family &&
		    service->key.len == key->len &&
		    cats_service_find(f, &service->key) == id)
			return true;
	return false;
}

static void unlink_length(struct cats_forwarder *f,
			  const struct cats_service_key *key)
{
	bool ip6 = key->family == CATS_FAMILY_IPV6;
	uint8_t *shorter = ip6 ? f->control->shorter6 : f->control->shorter4;
	uint32_t at = ip6 ? 129 : 33;

	if (key->len == at - 1 || length_in_use(f, key))
		return;
	while (shorter[at] != CATS_LEN_END && shorter[at] != key->len)
		at = shorter[at];
	if (shorter[at] == key->len)
		__atomic_store_n(&shorter[at], shorter[key->len],
				 __ATOMIC_RELEASE);
}

static bool insert_in(struct cats_forwarder *f, uint32_t nr, uint64_t entry)
{
	struct cats_index_bucket *bucket = &f->index[nr];
	uint32_t i, overflow;

	for (i = 0; i < CATS_INDEX_WAYS; i++) {
		if (CATS_INDEX_ID(bucket->entry[i]))
			continue;
		overflow = (uint32_t)bucket->entry[i] & CATS_INDEX_OVERFLOW;
		cats_store64(&bucket->entry[i], entry | overflow);
		return true;
	}
	return false;
}

int cats_service_insert(struct cats_forwarder *f, uint32_t id)
{
	struct cats_service *service = cats_table_at(&f->service, id);
	uint64_t hash = cats_service_key_hash(f, &service->key);
	uint32_t nr = hash & (CATS_INDEX_BUCKETS - 1);
	uint64_t entry = hash >> 32 << 32 | id;
	struct cats_index_bucket *bucket = &f->index[nr];

	link_length(f, &service->key);
	if (insert_in(f, nr, entry))
		return 0;
	if (!insert_in(f, nr ^ 1, entry))
		return cats_error(ENOSPC, "the service index has no room for this CS-ID");
	/* stays for good: a later probe of the neighbour finds nothing */
	cats_store64(&bucket->entry[0],
		     bucket->entry[0] | CATS_INDEX_OVERFLOW);
	return 0;
}

void cats_service_remove(struct cats_forwarder *f, uint32_t id)
{
	struct cats_service *service = cats_table_at(&f->service, id);
	uint64_t hash = cats_service_key_hash(f, &service->key);
	uint32_t nr = hash & (CATS_INDEX_BUCKETS - 1), i, side;
	uint64_t *entry;

	for (side = 0; side < 2; side++, nr ^= 1) {
		for (i = 0; i < CATS_INDEX_WAYS; i++) {
			entry = (uint64_t *)&f->index[nr].entry[i];
			if (CATS_INDEX_ID(*entry) == id)
				cats_store64((__u64 *)entry,
					     *entry & CATS_INDEX_OVERFLOW);
		}
	}
	unlink_length(f, &service->key);
}
