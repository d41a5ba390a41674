/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CARH in a record of a metric. */
#ifndef CATSD_PS_CARH_RECORD_H
#define CATSD_PS_CARH_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "carh.h"

/** carh_record_read - false if there is none, or none that is right. */
bool carh_record_read(const json_t *record, struct carh *carh);

#endif /* CATSD_PS_CARH_RECORD_H */
