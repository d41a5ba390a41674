// SPDX-License-Identifier: GPL-2.0-or-later
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "hybrid/brief.h"

/**
 * struct brief - of a service
 * @vrf: VRF-ID
 * @csid: CS-ID, IPv4-mapped
 * @text: what is said
 */
struct brief {
	uint32_t vrf;
	uint8_t csid[16];
	struct brief_text text;
};

void briefs_init(struct briefs *briefs)
{
	pthread_mutex_init(&briefs->lock, NULL);
	briefs->tree = NULL;
}

void briefs_free(struct briefs *briefs)
{
	tdestroy(briefs->tree, free);
	briefs->tree = NULL;
	pthread_mutex_destroy(&briefs->lock);
}

static int compare(const void *a, const void *b)
{
	const struct brief *x = a, *y = b;

	if (x->vrf != y->vrf)
		return x->vrf < y->vrf ? -1 : 1;
	return memcmp(x->csid, y->csid, sizeof(x->csid));
}

/* A key is the beginning of a brief. */
static struct brief *find(struct briefs *briefs, uint32_t vrf,
			  const uint8_t *csid)
{
	struct {
		uint32_t vrf;
		uint8_t csid[16];
	} key = { .vrf = vrf };
	struct brief **found;

	_Static_assert(offsetof(struct brief, csid) ==
		       offsetof(typeof(key), csid), "a key is not a brief");
	memcpy(key.csid, csid, sizeof(key.csid));
	found = tfind(&key, &briefs->tree, compare);
	return found ? *found : NULL;
}

static struct brief *make(struct briefs *briefs, uint32_t vrf,
			  const uint8_t *csid)
{
	struct brief *brief = calloc(1, sizeof(*brief));

	if (!brief)
		return NULL;
	brief->vrf = vrf;
	memcpy(brief->csid, csid, sizeof(brief->csid));
	if (tsearch(brief, &briefs->tree, compare))
		return brief;
	free(brief);
	return NULL;
}

struct brief *brief_make(struct briefs *briefs, uint32_t vrf,
			 const uint8_t *csid)
{
	struct brief *brief;

	pthread_mutex_lock(&briefs->lock);
	brief = find(briefs, vrf, csid);
	if (!brief)
		brief = make(briefs, vrf, csid);
	pthread_mutex_unlock(&briefs->lock);
	return brief;
}

struct brief *brief_find(struct briefs *briefs, uint32_t vrf,
			 const uint8_t *csid)
{
	struct brief *brief;

	pthread_mutex_lock(&briefs->lock);
	brief = find(briefs, vrf, csid);
	pthread_mutex_unlock(&briefs->lock);
	return brief;
}

static void copy(struct brief_text *to, const struct brief_text *from)
{
	to->known = from->known;
	to->instances = from->instances;
	memcpy(to->instance, from->instance,
	       from->instances * sizeof(from->instance[0]));
}

void brief_write(struct briefs *briefs, struct brief *brief,
		 const struct brief_text *text)
{
	pthread_mutex_lock(&briefs->lock);
	copy(&brief->text, text);
	/* 0 is that of who has not read any */
	if (!++brief->text.version)
		brief->text.version = 1;
	pthread_mutex_unlock(&briefs->lock);
}

bool brief_read(struct briefs *briefs, const struct brief *brief,
		struct brief_text *text)
{
	bool other;

	pthread_mutex_lock(&briefs->lock);
	other = brief->text.version != text->version;
	if (other) {
		copy(text, &brief->text);
		text->version = brief->text.version;
	}
	pthread_mutex_unlock(&briefs->lock);
	return other;
}
