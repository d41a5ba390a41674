/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results for people and for machines. */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "plan.h"

/** report_table - to standard output. */
void report_table(const struct plan *plan, const struct result *result,
		  int results);

/** report_json - to a file; -1 with errno. */
int report_json(const struct plan *plan, const struct result *result,
		int results, const char *path);

#endif /* SIM_REPORT_H */
