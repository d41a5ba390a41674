/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenMetrics 1.0 text: families of samples with labels. */
#ifndef CATS_OPENMETRICS_H
#define CATS_OPENMETRICS_H

#include <stdint.h>

struct openmetrics;

/** struct om_label - a label; @name NULL ends a list */
struct om_label {
	const char *name;
	const char *value;
};

/** OM_LABELS - list of labels: OM_LABELS({ "site", site }, { "path", name }) */
#define OM_LABELS(...) ((const struct om_label[]){ __VA_ARGS__, {} })

/** om_new - an empty exposition; NULL when out of memory. */
struct openmetrics *om_new(void);
/** om_free - NULL is fine. */
void om_free(struct openmetrics *om);

/**
 * om_counter - a sample of a counter
 * @om: exposition
 * @name: family, without "_total"
 * @help: what it counts, the same for every sample of the family
 * @labels: see OM_LABELS(), or NULL
 * @value: sample
 *
 * Samples of a family may come from anywhere and in any order.
 */
void om_counter(struct openmetrics *om, const char *name, const char *help,
		const struct om_label *labels, uint64_t value);

/** om_gauge - a sample of a gauge; the unit is the end of @name. */
void om_gauge(struct openmetrics *om, const char *name, const char *help,
	      const struct om_label *labels, double value);

/** om_text - the whole, with "# EOF"; to be freed, NULL: out of memory. */
char *om_text(struct openmetrics *om);

#endif /* CATS_OPENMETRICS_H */
