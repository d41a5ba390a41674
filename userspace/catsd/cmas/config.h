/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section cmas: service models of sites, requests of clients. */
#ifndef CATSD_CMAS_CONFIG_H
#define CATSD_CMAS_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

struct api_limits;

/**
 * struct cmas_config - the section
 * @listen: ADDRESS:PORT, default 127.0.0.1:9851
 * @tokens: file of sites, clients, forwarders, operators
 * @tls: speak it; needed but on loopback
 * @limits: of its connections
 * @pin: pin admitted flows in the tables of this host, which is the ingress
 * @offer_s: an answer is good for that long, default 10
 * @lease_s: a reservation that nobody renews ends, default 30
 * @model_ttl_s: a site that is silent that long has no model, default 300
 * @max_reservations: at a time, default 100,000
 * @assume_network_us: where no C-NMA measures; NULL: unknown, which never fits
 */
struct cmas_config {
	char *listen;
	char *tokens;
	bool tls;
	struct api_limits *limits;
	bool pin;
	uint32_t *offer_s;
	uint32_t *lease_s;
	uint32_t *model_ttl_s;
	uint32_t *max_reservations;
	uint32_t *assume_network_us;
};

#define CMAS_OFFER_S	10

extern const cyaml_schema_field_t cmas_fields[];

/** cmas_option - an option's value, or what it is when not given. */
static inline uint32_t cmas_option(const uint32_t *option, uint32_t otherwise)
{
	return option ? *option : otherwise;
}

/** cmas_offer_ms - so long is an answer good */
static inline uint64_t cmas_offer_ms(const struct cmas_config *config)
{
	return 1000ull * cmas_option(config->offer_s, CMAS_OFFER_S);
}

#endif /* CATSD_CMAS_CONFIG_H */
