/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is measured and scored: a service contact instance, or the host. */
#ifndef SMA_SUBJECT_H
#define SMA_SUBJECT_H

#include <jansson.h>
#include <netinet/in.h>

#include "cgroup.h"
#include "egress.h"
#include "health.h"
#include "log.h"
#include "weight.h"

/**
 * struct sma_service - what its instances have in common
 * @name: in messages
 * @csid: array of its CS-IDs
 * @vrf: VRF-ID of its clients
 * @rules: of its scores
 * @weights: that adapt
 * @functions: of the scores, as in records
 * @weights_json: as in records
 * @why_json: why they are what they are; NULL: configured
 * @version: of @weights that these are
 */
struct sma_service {
	const char *name;
	json_t *csid;
	uint32_t vrf;
	struct sma_rules rules;
	struct sma_weights weights;
	json_t *functions;
	json_t *weights_json;
	json_t *why_json;
	unsigned int version;
};

/**
 * struct sma_subject - an instance, or the host
 * @service: of it; of the host, one without CS-IDs
 * @config: of it; NULL for the host
 * @is_host: it is the host
 * @name: CSCI-ID, or "host"
 * @id: CSCI-ID
 * @has_cgroup: it has a control group; else host values stand for its own
 * @cgroup: of it
 * @health: of it, NULL: not checked
 * @egress: what cats.ko has
 * @egress_s: when it had that, CLOCK_MONOTONIC
 * @flow_limit: that cats.ko enforces, NAN
 * @window: samples: @slots rows of FACTORS
 * @slots: rows
 * @slot: last one written
 * @sampled: it was, before: rates are known from the second time on
 * @values: means over the window
 * @category: level-1 scores 0..1000, NAN
 * @cps: Composite Performance Score, NAN
 * @coverage: how much of all weight is of known factors
 * @damping: when it is told
 * @damped: what was told
 * @told_health: state in the last record
 * @logged_health: state that was logged last
 * @log: limit of that
 * @sequence: of records
 * @announce_ms: when it is to be announced again, CLOCK_MONOTONIC
 * @usual: for @service->weights
 */
struct sma_subject {
	struct sma_service *service;
	const struct sma_instance_config *config;
	bool is_host;
	char name[INET6_ADDRSTRLEN];
	uint8_t id[16];
	bool has_cgroup;
	struct sma_cgroup cgroup;
	struct sma_health *health;
	struct sma_egress_values egress;
	uint64_t egress_s;
	double flow_limit;
	float *window;
	uint16_t slots;
	uint16_t slot;
	bool sampled;
	double values[FACTORS];
	double category[CATEGORIES];
	double cps;
	double coverage;
	struct damping damping;
	struct damped damped[VALUES];
	enum sma_health_state told_health;
	enum sma_health_state logged_health;
	struct log_limit log;
	uint64_t sequence;
	uint64_t announce_ms;
	struct sma_usual usual;
};

/** sma_subject_init - nothing is known of it; 0 or -ENOMEM with a message. */
int sma_subject_init(struct sma_subject *subject, struct sma_service *service,
		     uint16_t slots);
/** sma_subject_fini - one that is all 0 is fine too. */
void sma_subject_fini(struct sma_subject *subject);

/**
 * sma_subject_sample - measure, and score
 * @subject: it
 * @host: the machine, sampled before
 * @now_s: CLOCK_MONOTONIC
 */
void sma_subject_sample(struct sma_subject *subject,
			const struct sma_host *host, uint64_t now_s);

/** sma_subject_latest - last sample of a factor, NAN. */
double sma_subject_latest(const struct sma_subject *subject,
			  enum sma_factor factor);

/** sma_subject_has - can the factor be measured of it at all? */
bool sma_subject_has(const struct sma_subject *subject,
		     enum sma_factor factor);

/**
 * sma_subject_damp - is it to be told?
 * @subject: it
 * @gradients: levels
 * @config: limits
 * @nqi: of the site; counts for the host only, or all instances of a site
 *	would be told at once
 * @now_ms: CLOCK_MONOTONIC
 */
enum damping_reason sma_subject_damp(struct sma_subject *subject,
				     const struct gradient gradients[VALUES],
				     const struct damping_config *config,
				     double nqi, uint64_t now_ms);

#endif /* SMA_SUBJECT_H */
