/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which C-PS grants requests: one at a time, so that it can count what it has
 * granted and the store does not have yet.  It has a key of the store with a
 * lease; every grant depends on the revision of that key, so that one that has
 * lost it, whatever it believes, grants nothing any more.
 */
#ifndef CATSD_CMAS_OWNER_H
#define CATSD_CMAS_OWNER_H

#include "name_claim.h"
#include "role.h"

#define OWNER_KEY	"cmas/owner"
#define MEMBER_PREFIX	"cmas/member/"

struct cmas_owner;

/**
 * cmas_owner_new - try to become the owner, and go on trying
 * @catsd: daemon
 * @name: ours, of no other process of the store: only then we try
 * @address: of our API, for the others to say
 *
 * Return: NULL with a message.
 */
struct cmas_owner *cmas_owner_new(struct catsd *catsd, const char *name,
				  const char *address);
/** cmas_owner_free - leaves it to the next; NULL is fine. */
void cmas_owner_free(struct cmas_owner *owner);

/** cmas_owner_revision - of our key; 0: we are not the owner */
uint64_t cmas_owner_revision(const struct cmas_owner *owner);

/** cmas_owner_name - the claim of our name */
const struct name_claim *cmas_owner_name(const struct cmas_owner *owner);

/** cmas_owner_address - of who is; "" if nobody is */
const char *cmas_owner_address(struct cmas_owner *owner);

#endif /* CATSD_CMAS_OWNER_H */
