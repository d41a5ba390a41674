// SPDX-License-Identifier: GPL-2.0-only
/*
 * The endpoint behaviors there are.  A new one is a row here and a file.
 */
#include <linux/kernel.h>
#include <uapi/linux/cats.h>

#include "behavior.h"

static const struct cats_endpoint_behavior cats_behaviors[] = {
	{
		.name = "End.DX6",
		.number = CATS_BEHAVIOR_END_DX6,
		.ipv6 = true,
		.required = CATS_CONF_NH6,
		.optional = CATS_CONF_OIF,
		.deliver = cats_end_dx6,
	}, {
		.name = "End.DX4",
		.number = CATS_BEHAVIOR_END_DX4,
		.ipv4 = true,
		.required = CATS_CONF_NH4,
		.optional = CATS_CONF_OIF,
		.deliver = cats_end_dx4,
	}, {
		.name = "End.DT6",
		.number = CATS_BEHAVIOR_END_DT6,
		.ipv6 = true,
		.optional = CATS_CONF_VRFTABLE,
		.deliver = cats_end_dt,
	}, {
		.name = "End.DT4",
		.number = CATS_BEHAVIOR_END_DT4,
		.ipv4 = true,
		.optional = CATS_CONF_VRFTABLE,
		.deliver = cats_end_dt,
	}, {
		.name = "End.DT46",
		.number = CATS_BEHAVIOR_END_DT46,
		.ipv4 = true,
		.ipv6 = true,
		.optional = CATS_CONF_VRFTABLE,
		.deliver = cats_end_dt,
	},
};

/** cats_behavior_get() - a behavior by IANA's code point, or NULL */
const struct cats_endpoint_behavior *cats_behavior_get(u16 number)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(cats_behaviors); i++)
		if (cats_behaviors[i].number == number)
			return &cats_behaviors[i];
	return NULL;
}
