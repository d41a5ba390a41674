// SPDX-License-Identifier: GPL-2.0-or-later
/* Role publish: what this host measures goes to every C-PS of the file. */
#include <errno.h>
#include <stdlib.h>

#include "carriage/tls.h"
#include "endpoint.h"
#include "error.h"
#include "publish/peer.h"

/**
 * struct publish - the role
 * @context: of TLS
 * @peers: how many
 * @peer: connections
 */
struct publish {
	SSL_CTX *context;
	unsigned int peers;
	struct publish_peer *peer[];
};

static int publish_check(const struct catsd *catsd, const void *section)
{
	const struct publish_config *config = section;
	struct endpoint at;
	SSL_CTX *context;
	unsigned int i;
	int ret;

	if (!catsd->tls)
		return cats_error(EINVAL, "publish: needs the section tls: it speaks to other hosts");
	for (i = 0; i < config->to_count; i++) {
		ret = endpoint_parse("publish: to: address",
				     config->to[i].address, &at);
		if (ret)
			return ret;
	}
	context = tls_context(catsd->tls);
	SSL_CTX_free(context);
	return context ? 0 : -EINVAL;
}

static void publish_stop(void *state)
{
	struct publish *publish = state;
	unsigned int i;

	for (i = 0; i < publish->peers; i++)
		publish_peer_free(publish->peer[i]);
	SSL_CTX_free(publish->context);
	free(publish);
}

static int publish_start(struct catsd *catsd, const void *section, void **state)
{
	const struct publish_config *config = section;
	struct publish *publish;
	unsigned int i;

	publish = calloc(1, sizeof(*publish) +
			    config->to_count * sizeof(publish->peer[0]));
	if (!publish)
		return cats_error_kernel(ENOMEM, "publish");
	publish->context = tls_context(catsd->tls);
	if (!publish->context) {
		free(publish);
		return -EINVAL;
	}
	for (i = 0; i < config->to_count; i++) {
		publish->peer[i] = publish_peer_new(catsd, publish->context,
						    &config->to[i]);
		if (!publish->peer[i]) {
			publish_stop(publish);
			return -ENOMEM;
		}
		publish->peers++;
	}
	*state = publish;
	return 0;
}

static json_t *publish_status(void *state)
{
	struct publish *publish = state;
	json_t *peers = json_array();
	unsigned int i;

	for (i = 0; i < publish->peers; i++)
		json_array_append_new(peers,
				      publish_peer_status(publish->peer[i]));
	return json_pack("{s:s, s:o}", "state", "running", "peers", peers);
}

static void publish_measure(void *state, struct openmetrics *om)
{
	struct publish *publish = state;
	unsigned int i;

	for (i = 0; i < publish->peers; i++)
		publish_peer_measure(publish->peer[i], om);
}

const struct role role_publish = {
	.name = "publish",
	.check = publish_check,
	.start = publish_start,
	.stop = publish_stop,
	.status = publish_status,
	.measure = publish_measure,
};
