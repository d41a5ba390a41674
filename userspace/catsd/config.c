// SPDX-License-Identifier: GPL-2.0-or-later
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmas/config.h"
#include "config.h"
#include "egress/config.h"
#include "error.h"
#include "hybrid/config.h"
#include "loader/config.h"
#include "model/config.h"
#include "nma/config.h"
#include "platform/config.h"
#include "ps/config.h"
#include "publish/config.h"
#include "sma/config.h"
#include "store_backend.h"

#define ENDPOINTS_MAX	16

static const cyaml_schema_field_t openmetrics_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", CYAML_FLAG_POINTER,
			       struct openmetrics_config, listen, 1, 128),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t tls_fields[] = {
	CYAML_FIELD_STRING_PTR("certificate", CYAML_FLAG_POINTER,
			       struct tls_config, certificate, 1, 4096),
	CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct tls_config,
			       key, 1, 4096),
	CYAML_FIELD_STRING_PTR("ca", CYAML_FLAG_POINTER, struct tls_config, ca,
			       1, 4096),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t endpoint_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 256),
};

#define OPTIONAL	(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t store_fields[] = {
	CYAML_FIELD_STRING_PTR("type", CYAML_FLAG_POINTER, struct store_config,
			       type, 1, 32),
	CYAML_FIELD_STRING_PTR("path", OPTIONAL, struct store_config, path, 1,
			       4096),
	CYAML_FIELD_SEQUENCE("endpoints", OPTIONAL, struct store_config,
			     endpoints, &endpoint_schema, 1, ENDPOINTS_MAX),
	CYAML_FIELD_STRING_PTR("certificate", OPTIONAL, struct store_config,
			       certificate, 1, 4096),
	CYAML_FIELD_STRING_PTR("key", OPTIONAL, struct store_config, key, 1,
			       4096),
	CYAML_FIELD_STRING_PTR("ca", OPTIONAL, struct store_config, ca, 1,
			       4096),
	CYAML_FIELD_STRING_PTR("prefix", OPTIONAL, struct store_config, prefix,
			       1, 128),
	CYAML_FIELD_END
};

#define SECTION(name)							\
	CYAML_FIELD_MAPPING_PTR(#name,					\
				OPTIONAL, struct catsd_config, name,	\
				name##_fields)

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("site", CYAML_FLAG_POINTER, struct catsd_config,
			       site, 1, 63),
	CYAML_FIELD_STRING_PTR("control", OPTIONAL, struct catsd_config,
			       control, 1, 107),
	SECTION(openmetrics),
	SECTION(tls),
	SECTION(store),
	SECTION(publish),
	SECTION(ps),
	SECTION(loader),
	SECTION(sma),
	SECTION(nma),
	SECTION(platform),
	SECTION(cmas),
	SECTION(hybrid),
	SECTION(egress),
	SECTION(model),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct catsd_config, fields),
};

/**
 * struct complaint - what libcyaml said, to become one line
 * @what: the fault
 * @where: places from the innermost on, which it says first, up to a key
 * @named: a key is among them
 */
struct complaint {
	char what[256];
	char where[256];
	bool named;
};

static void note_place(struct complaint *complaint, const char *place)
{
	size_t len = strlen(complaint->where);

	if (complaint->named)
		return;
	snprintf(complaint->where + len, sizeof(complaint->where) - len,
		 "%s%s", len ? ", " : "", place);
	complaint->named = strstr(place, "mapping field");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void note(cyaml_log_t level, void *ctx, const char *fmt, va_list ap)
{
	struct complaint *complaint = ctx;
	char line[256];

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	if (strstr(line, "Backtrace"))
		return;
	if (strstr(line, "(line:")) {
		note_place(complaint, line + strspn(line, " "));
		return;
	}
	if (!complaint->what[0])
		snprintf(complaint->what, sizeof(complaint->what), "%s",
			 strncmp(line, "Load: ", 6) ? line : line + 6);
}

#pragma GCC diagnostic pop

static cyaml_config_t parser(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = note,
		.log_ctx = complaint,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

/* A name goes into keys of the store and into certificates. */
static int check_site(const struct catsd_config *config)
{
	size_t i;

	for (i = 0; config->site[i]; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._",
			    config->site[i]))
			return cats_error(EINVAL, "site: \"%s\" has other characters than letters, digits, \"-\", \".\" and \"_\"",
					  config->site);
	return 0;
}

int catsd_config_load(const char *path, struct catsd_config **config)
{
	struct complaint complaint = {};
	cyaml_config_t how = parser(&complaint);
	cyaml_err_t err;

	*config = NULL;
	if (access(path, R_OK))
		return cats_error(errno, "%s: %s", path, strerror(errno));
	err = cyaml_load_file(path, &how, &schema, (cyaml_data_t **)config,
			      NULL);
	if (err)
		return cats_error(EINVAL, "%s: %s%s%s", path,
				  complaint.what[0] ? complaint.what :
						      cyaml_strerror(err),
				  complaint.where[0] ? ", " : "",
				  complaint.where);
	if (!*config)
		return cats_error(EINVAL, "%s: is empty", path);
	return check_site(*config);
}

void catsd_config_free(struct catsd_config *config)
{
	cyaml_config_t how = parser(NULL);

	if (config)
		cyaml_free(&how, &schema, config, 0);
}
