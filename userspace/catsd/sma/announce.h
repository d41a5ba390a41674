/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the site says its instances are: instance/SITE/CSCI-ID. */
#ifndef SMA_ANNOUNCE_H
#define SMA_ANNOUNCE_H

#include "sma/config.h"

struct sma;
struct sma_subject;

/** sma_announce_check - 0; -EINVAL with a message that names the key. */
int sma_announce_check(const char *where,
		       const struct sma_config *config,
		       const struct sma_instance_config *instance);

/**
 * sma_announce - say it again, if it is time
 *
 * An instance without a service SID is not announced.  The record is left to
 * expire when the daemon stops: flows do not end with it.
 */
void sma_announce(struct sma *sma, struct sma_subject *subject,
		  uint64_t now_ms);

#endif /* SMA_ANNOUNCE_H */
