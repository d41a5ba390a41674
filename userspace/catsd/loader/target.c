// SPDX-License-Identifier: GPL-2.0-or-later
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "loader/target.h"

#define RESULT_NAME(symbol, name) name,

static const char *const names[] = { LOAD_RESULTS(RESULT_NAME) };

#undef RESULT_NAME

const char *load_result_name(enum load_result result)
{
	return names[result];
}

static int compare(const void *a, const void *b)
{
	const struct load_target *x = a, *y = b;

	if (x->vrf != y->vrf)
		return x->vrf < y->vrf ? -1 : 1;
	return memcmp(x->csid, y->csid, 16);
}

struct load_target *load_target(struct load_targets *targets, uint32_t vrf,
				const uint8_t *csid)
{
	struct load_target wanted = { .vrf = vrf }, *target, **found;

	memcpy(wanted.csid, csid, 16);
	found = tfind(&wanted, &targets->tree, compare);
	if (found)
		return *found;
	target = malloc(sizeof(*target));
	if (!target)
		return NULL;
	*target = wanted;
	if (!tsearch(target, &targets->tree, compare)) {
		free(target);
		return NULL;
	}
	target->next = targets->first;
	targets->first = target;
	targets->count++;
	return target;
}

void load_target_want(struct load_targets *targets,
		      struct load_target *target)
{
	if (target->dirty)
		return;
	target->dirty = true;
	target->next_dirty = NULL;
	if (!targets->dirty)
		targets->last_dirty = &targets->dirty;
	*targets->last_dirty = target;
	targets->last_dirty = &target->next_dirty;
}

struct load_target *load_target_take(struct load_targets *targets)
{
	struct load_target *target = targets->dirty;

	if (!target)
		return NULL;
	targets->dirty = target->next_dirty;
	target->dirty = false;
	return target;
}

static void keep(void *node)
{
	(void)node;
}

void load_targets_free(struct load_targets *targets)
{
	struct load_target *target;

	tdestroy(targets->tree, keep);
	while ((target = targets->first)) {
		targets->first = target->next;
		free(target);
	}
}
