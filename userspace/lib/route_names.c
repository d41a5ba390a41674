// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "route_names.h"

const char *const affinity_names[] = { "5tuple", "3tuple", "2tuple", "src",
				       NULL };
const char *const compiler_names[] = { "maglev", "exact", NULL };
const char *const mode_names[] = { "table", "control", NULL };
