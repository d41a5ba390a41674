/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to one C-PS: made, lost, made again, brought up to date. */
#ifndef CATSD_PUBLISH_PEER_H
#define CATSD_PUBLISH_PEER_H

#include <openssl/ssl.h>

#include "publish/config.h"
#include "role.h"

struct publish_peer;

/** publish_peer_new - begin to connect; NULL with a message. */
struct publish_peer *publish_peer_new(struct catsd *catsd, SSL_CTX *context,
				      const struct publish_to *to);
/** publish_peer_free - NULL is fine. */
void publish_peer_free(struct publish_peer *peer);

/** publish_peer_status - state and counters, a new object. */
json_t *publish_peer_status(const struct publish_peer *peer);
/** publish_peer_measure - the same as samples. */
void publish_peer_measure(const struct publish_peer *peer,
			  struct openmetrics *om);

#endif /* CATSD_PUBLISH_PEER_H */
