// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/config.h"
#include "cmas/config.h"

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

const cyaml_schema_field_t cmas_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", OPTIONAL, struct cmas_config, listen,
			       1, 128),
	CYAML_FIELD_STRING_PTR("tokens", OPTIONAL, struct cmas_config, tokens,
			       1, 4096),
	CYAML_FIELD_BOOL("tls", CYAML_FLAG_OPTIONAL, struct cmas_config, tls),
	CYAML_FIELD_BOOL("pin", CYAML_FLAG_OPTIONAL, struct cmas_config, pin),
	CYAML_FIELD_UINT_PTR("offer-s", OPTIONAL, struct cmas_config, offer_s),
	CYAML_FIELD_UINT_PTR("lease-s", OPTIONAL, struct cmas_config, lease_s),
	CYAML_FIELD_UINT_PTR("model-ttl-s", OPTIONAL, struct cmas_config,
			     model_ttl_s),
	CYAML_FIELD_UINT_PTR("max-reservations", OPTIONAL, struct cmas_config,
			     max_reservations),
	CYAML_FIELD_UINT_PTR("assume-network-us", OPTIONAL, struct cmas_config,
			     assume_network_us),
	API_LIMITS(cmas_config),
	CYAML_FIELD_END
};
