// SPDX-License-Identifier: GPL-2.0-or-later
/* The store in memory. */
#include "conformance.h"

int main(void)
{
	struct subject subject = {
		.config = { .type = "memory" },
		.lease_ms = 1000,
	};

	return conformance(&subject, NULL, 0);
}
