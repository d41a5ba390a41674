/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section "nma" of the file: what is probed, and who is answered. */
#ifndef CATSD_NMA_CONFIG_H
#define CATSD_NMA_CONFIG_H

#include <cyaml/cyaml.h>
#include <netinet/in.h>

#include "stamp.h"

/**
 * struct nma_session_config - a probed SR policy; 0 means the default
 * @policy: name
 * @endpoint: address that answers; that of the policy if not given
 * @key_file: file with the key of authenticated mode, raw
 * @ssid: 1 to 4095; its place in the list if not given
 * @port: of the reflector, 862
 * @interval_us: between probes, 100000
 * @missed: probes missed for the path to be down, 3
 * @hold_down_ms: answered without a gap for so long before it is up, 1000
 * @timeout_ms: a probe not answered by then is lost, 1000
 * @labels: flow labels to probe with, in turn, 4
 * @dscp: of the probes, 0 to 63
 * @padding: octets in a padding TLV, 0: none
 * @stateless: the reflector copies the sequence number
 * @observe_only: measured, but never marked down
 * @require_ssid: an answer without SSID is refused (RFC 8972 3)
 */
struct nma_session_config {
	char *policy;
	char *endpoint;
	char *key_file;
	uint32_t ssid;
	uint32_t port;
	uint32_t interval_us;
	uint32_t missed;
	uint32_t hold_down_ms;
	uint32_t timeout_ms;
	uint32_t labels;
	uint32_t dscp;
	uint32_t padding;
	bool stateless;
	bool observe_only;
	bool require_ssid;
};

/**
 * struct nma_source_config - who may ask the reflector
 * @source: ADDR or ADDR/LEN
 * @ssid: 0: any
 */
struct nma_source_config {
	char *source;
	uint32_t ssid;
};

/**
 * struct nma_reflector_config - the session-reflector
 * @listen: address, any if not given
 * @port: UDP port, 862
 * @key_file: as above; then unauthenticated probes are refused
 * @stateless: copy the sequence number (RFC 8762 4)
 * @sources: if given, only these are answered
 * @sources_count: of them
 * @devices: where it answers in XDP
 * @devices_count: of them
 */
struct nma_reflector_config {
	char *listen;
	char *key_file;
	uint32_t port;
	bool stateless;
	struct nma_source_config *sources;
	uint32_t sources_count;
	char **devices;
	uint32_t devices_count;
};

/**
 * struct nma_config - the section
 * @port: UDP port the probes come from; 0: the kernel chooses
 * @window_ms: a measurement covers so long, 10000
 * @interval_ms: published at the latest after so long, 60000
 * @threshold_percent: published earlier if a value moved by more, 10
 * @budget: updates a minute and policy at most, 20; state changes are exempt
 * @priority: SCHED_FIFO priority of the thread, 10; 0 is the default, 100: none
 * @devices: where answers are taken in XDP
 * @devices_count: of them
 * @reflector: NULL: none
 * @sessions: probed SR policies
 * @sessions_count: of them
 */
struct nma_config {
	uint32_t port;
	uint32_t window_ms;
	uint32_t interval_ms;
	uint32_t threshold_percent;
	uint32_t budget;
	uint32_t priority;
	char **devices;
	uint32_t devices_count;
	struct nma_reflector_config *reflector;
	struct nma_session_config *sessions;
	uint32_t sessions_count;
};

extern const cyaml_schema_field_t nma_fields[];

/**
 * nma_config_check - what the schema cannot say
 * @config: section
 *
 * Return: 0 or -EINVAL with a message that names the key.
 */
int nma_config_check(const struct nma_config *config);

/** nma_or - @value, or @other if it was not given */
static inline uint32_t nma_or(uint32_t value, uint32_t other)
{
	return value ? value : other;
}

/** nma_key_read - read a key file; NULL: no key; -errno with a message. */
int nma_key_read(const char *path, struct stamp_key *key);

/**
 * nma_prefix_parse - ADDR or ADDR/LEN, IPv4 as IPv4-mapped
 * @text: what was written
 * @addr: result
 * @len: result, of 128
 *
 * Return: 0 or -EINVAL with a message.
 */
int nma_prefix_parse(const char *text, struct in6_addr *addr, uint32_t *len);

#endif /* CATSD_NMA_CONFIG_H */
