// SPDX-License-Identifier: GPL-2.0-or-later
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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
				name##_fields),
#define PLACE(name)	{ #name, offsetof(struct catsd_config, name) },

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("site", CYAML_FLAG_POINTER, struct catsd_config,
			       site, 1, 63),
	CYAML_FIELD_STRING_PTR("control", OPTIONAL, struct catsd_config,
			       control, 1, 107),
	CATSD_SECTIONS(SECTION)
	CYAML_FIELD_END
};

static const struct {
	const char *name;
	size_t offset;
} places[] = { CATSD_SECTIONS(PLACE) };

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

void *const *catsd_config_section(const struct catsd_config *config,
				  const char *name)
{
	size_t i = 0;

	while (strcmp(places[i].name, name))
		i++;
	return (void *const *)((const char *)config + places[i].offset);
}

/* As it would be written, without the rest of the file. */
static char *section_text(const struct catsd_config *config, const char *name,
			  size_t *len)
{
	static char site[] = "s";
	struct catsd_config alone = { .site = site };
	cyaml_config_t how = parser(NULL);
	char *text;

	*(void **)catsd_config_section(&alone, name) =
		*catsd_config_section(config, name);
	how.log_fn = NULL;
	return cyaml_save_data(&text, len, &how, &schema, &alone, 0) ? NULL :
								       text;
}

bool catsd_config_same(const struct catsd_config *one,
		       const struct catsd_config *other, const char *name)
{
	size_t len = 0, other_len = 0;
	char *text = section_text(one, name, &len);
	char *other_text = section_text(other, name, &other_len);
	bool same;

	/* what cannot be compared is not the same */
	same = text && other_text && len == other_len &&
	       !memcmp(text, other_text, len);
	free(text);
	free(other_text);
	return same;
}

void catsd_config_keep(struct catsd_config *fresh, struct catsd_config *old,
		       const char *name)
{
	void **to = (void **)catsd_config_section(fresh, name);
	void **from = (void **)catsd_config_section(old, name);
	void *section = *to;

	*to = *from;
	*from = section;
}
