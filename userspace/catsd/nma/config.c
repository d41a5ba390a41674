// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach_xdp.h"
#include "config.h"
#include "error.h"

#define OPTIONAL	CYAML_FLAG_OPTIONAL
#define OPTIONAL_PTR	(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

#define S	struct nma_session_config
static const cyaml_schema_field_t session_fields[] = {
	CYAML_FIELD_STRING_PTR("policy", CYAML_FLAG_POINTER, S, policy, 1, 31),
	CYAML_FIELD_STRING_PTR("endpoint", OPTIONAL_PTR, S, endpoint, 1, 64),
	CYAML_FIELD_STRING_PTR("key-file", OPTIONAL_PTR, S, key_file, 1, 4095),
	CYAML_FIELD_UINT("ssid", OPTIONAL, S, ssid),
	CYAML_FIELD_UINT("port", OPTIONAL, S, port),
	CYAML_FIELD_UINT("interval-us", OPTIONAL, S, interval_us),
	CYAML_FIELD_UINT("missed", OPTIONAL, S, missed),
	CYAML_FIELD_UINT("hold-down-ms", OPTIONAL, S, hold_down_ms),
	CYAML_FIELD_UINT("timeout-ms", OPTIONAL, S, timeout_ms),
	CYAML_FIELD_UINT("labels", OPTIONAL, S, labels),
	CYAML_FIELD_UINT("dscp", OPTIONAL, S, dscp),
	CYAML_FIELD_UINT("padding", OPTIONAL, S, padding),
	CYAML_FIELD_BOOL("stateless", OPTIONAL, S, stateless),
	CYAML_FIELD_BOOL("observe-only", OPTIONAL, S, observe_only),
	CYAML_FIELD_BOOL("require-ssid", OPTIONAL, S, require_ssid),
	CYAML_FIELD_END
};
#undef S

static const cyaml_schema_value_t session_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct nma_session_config,
			    session_fields),
};

#define S	struct nma_source_config
static const cyaml_schema_field_t source_fields[] = {
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, S, source, 1, 64),
	CYAML_FIELD_UINT("ssid", OPTIONAL, S, ssid),
	CYAML_FIELD_END
};
#undef S

static const cyaml_schema_value_t source_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct nma_source_config,
			    source_fields),
};

static const cyaml_schema_value_t device_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, IF_NAMESIZE - 1),
};

#define S	struct nma_reflector_config
static const cyaml_schema_field_t reflector_fields[] = {
	CYAML_FIELD_STRING_PTR("listen", OPTIONAL_PTR, S, listen, 1, 64),
	CYAML_FIELD_STRING_PTR("key-file", OPTIONAL_PTR, S, key_file, 1, 4095),
	CYAML_FIELD_UINT("port", OPTIONAL, S, port),
	CYAML_FIELD_BOOL("stateless", OPTIONAL, S, stateless),
	CYAML_FIELD_SEQUENCE("sources", OPTIONAL_PTR, S, sources,
			     &source_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("devices", OPTIONAL_PTR, S, devices,
			     &device_schema, 0, NMA_DEVICES),
	CYAML_FIELD_END
};
#undef S

#define S	struct nma_config
const cyaml_schema_field_t nma_fields[] = {
	CYAML_FIELD_UINT("port", OPTIONAL, S, port),
	CYAML_FIELD_UINT("window-ms", OPTIONAL, S, window_ms),
	CYAML_FIELD_UINT("interval-ms", OPTIONAL, S, interval_ms),
	CYAML_FIELD_UINT("threshold-percent", OPTIONAL, S, threshold_percent),
	CYAML_FIELD_UINT("budget", OPTIONAL, S, budget),
	CYAML_FIELD_UINT("priority", OPTIONAL, S, priority),
	CYAML_FIELD_SEQUENCE("devices", OPTIONAL_PTR, S, devices,
			     &device_schema, 0, NMA_DEVICES),
	CYAML_FIELD_MAPPING_PTR("reflector", OPTIONAL_PTR, S, reflector,
				reflector_fields),
	CYAML_FIELD_SEQUENCE("sessions", OPTIONAL_PTR, S, sessions,
			     &session_schema, 0, STAMP_SESSIONS - 1),
	CYAML_FIELD_END
};
#undef S

int nma_key_read(const char *path, struct stamp_key *key)
{
	ssize_t n;
	int fd;

	memset(key, 0, sizeof(*key));
	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cats_error_kernel(errno, path);
	n = read(fd, key->data, sizeof(key->data));
	close(fd);
	if (n < 0)
		return cats_error_kernel(errno, path);
	/* what an editor puts at the end is not meant */
	while (n > 0 && key->data[n - 1] == '\n')
		key->data[--n] = 0;
	if (n < 8)
		return cats_error(EINVAL, "key-file %s: a key has 8 to 64 bytes",
				  path);
	key->len = n;
	return 0;
}

int nma_prefix_parse(const char *text, struct in6_addr *addr, uint32_t *len)
{
	char copy[80], *slash, *end;
	uint32_t most = 128;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET6, copy, addr) != 1) {
		most = 32;
		memset(addr, 0, sizeof(*addr));
		addr->s6_addr[10] = addr->s6_addr[11] = 0xff;
		if (inet_pton(AF_INET, copy, addr->s6_addr + 12) != 1)
			return cats_error(EINVAL, "\"%s\" is not an address or prefix",
					  text);
	}
	*len = most;
	if (slash) {
		*len = strtoul(slash, &end, 10);
		if (!*slash || *end || *len > most)
			return cats_error(EINVAL, "\"%s\" is not a prefix",
					  text);
	}
	*len += 128 - most;
	return 0;
}

static int check_range(const char *policy, const char *key, uint32_t value,
		       uint32_t least, uint32_t most)
{
	if (!value || (value >= least && value <= most))
		return 0;
	return cats_error(EINVAL, "nma session %s: %s is %u to %u, not %u",
			  policy, key, least, most, value);
}

static int check_session(const struct nma_session_config *session)
{
	const char *name = session->policy;
	struct in6_addr addr;
	int ret;

	ret = check_range(name, "ssid", session->ssid, 1, STAMP_SESSIONS - 1);
	if (!ret)
		ret = check_range(name, "port", session->port, 1, 65535);
	if (!ret)
		ret = check_range(name, "interval-us", session->interval_us,
				  1000, 60000000);
	if (!ret)
		ret = check_range(name, "missed", session->missed, 1,
				  STAMP_RING / 2);
	if (!ret)
		ret = check_range(name, "timeout-ms", session->timeout_ms, 1,
				  60000);
	if (!ret)
		ret = check_range(name, "labels", session->labels, 1, 16);
	if (!ret)
		ret = check_range(name, "dscp", session->dscp, 0, 63);
	if (!ret)
		ret = check_range(name, "padding", session->padding, 0, 1280);
	if (!ret && session->endpoint &&
	    inet_pton(AF_INET6, session->endpoint, &addr) != 1)
		ret = cats_error(EINVAL, "nma session %s: endpoint \"%s\" is not an IPv6 address",
				 name, session->endpoint);
	return ret;
}

static int check_reflector(const struct nma_reflector_config *reflector)
{
	struct in6_addr addr;
	uint32_t i, len;
	int ret = 0;

	if (reflector->port > 65535)
		return cats_error(EINVAL, "nma reflector: port is 1 to 65535");
	if (reflector->listen &&
	    nma_prefix_parse(reflector->listen, &addr, &len))
		return cats_error(EINVAL, "nma reflector: listen \"%s\" is not an address",
				  reflector->listen);
	if (reflector->devices_count && !reflector->listen)
		return cats_error(EINVAL, "nma reflector: devices need a listen address, for in XDP no other tells what is for this host");
	for (i = 0; !ret && i < reflector->sources_count; i++)
		ret = nma_prefix_parse(reflector->sources[i].source, &addr,
				       &len);
	return ret;
}

int nma_config_check(const struct nma_config *config)
{
	uint8_t *seen;
	uint32_t i, ssid;
	int ret = 0;

	if (config->port > 65535)
		return cats_error(EINVAL, "nma: port is 1 to 65535");
	if (config->priority > 98 && config->priority != 100)
		return cats_error(EINVAL, "nma: priority is 1 to 98, or 100 for none");
	if (config->devices_count && !config->sessions_count)
		return cats_error(EINVAL, "nma: devices take answers, and without sessions there are none");
	if (config->reflector)
		ret = check_reflector(config->reflector);
	seen = calloc(1, STAMP_SESSIONS);
	if (!seen)
		return cats_error_kernel(ENOMEM, "nma");
	for (i = 0; !ret && i < config->sessions_count; i++) {
		ret = check_session(&config->sessions[i]);
		ssid = nma_or(config->sessions[i].ssid, i + 1);
		if (!ret && seen[ssid]++)
			ret = cats_error(EINVAL, "nma session %s: ssid %u is taken",
					 config->sessions[i].policy, ssid);
	}
	free(seen);
	return ret;
}
