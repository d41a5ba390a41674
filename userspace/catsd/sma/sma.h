/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of role sma. */
#ifndef SMA_SMA_H
#define SMA_SMA_H

#include "role.h"
#include "nqi.h"
#include "record.h"

/**
 * struct sma - the role
 * @base: event loop
 * @store: where records go
 * @site: name of the site
 * @config: section, with defaults
 * @gradients: levels
 * @damping: limits of updates
 * @words: constants of records
 * @host: the machine
 * @host_service: rules of the host's score
 * @host_subject: the host's score
 * @services: of this host
 * @services_count: how many
 * @subjects: their instances
 * @subjects_count: how many
 * @by_id: them, by CSCI-ID
 * @egress: cats.ko
 * @nqi_rules: how paths are scored
 * @nqi: of the site, NAN
 * @nqi_stale: a path changed
 * @paths: watch of C-NMA's records
 * @timer: next slice of the instances
 * @slice: which one
 * @slices: a round is made of: not all instances are sampled at one go, so that
 *	the loop is free in between
 * @samples: rounds
 * @late: slices that came more than one slice too late
 * @due_ms: when the next one should come, CLOCK_MONOTONIC
 * @refused: records the store did not take
 */
struct sma {
	struct event_base *base;
	struct store *store;
	const char *site;
	struct sma_config config;
	struct gradient gradients[VALUES];
	struct damping_config damping;
	struct sma_words words;
	struct sma_host host;
	struct sma_service host_service;
	struct sma_subject host_subject;
	struct sma_service *services;
	uint32_t services_count;
	struct sma_subject *subjects;
	uint32_t subjects_count;
	struct sma_subject **by_id;
	struct sma_egress egress;
	struct sma_nqi_rules nqi_rules;
	double nqi;
	bool nqi_stale;
	struct store_watch *paths;
	struct event *timer;
	uint32_t slice;
	uint32_t slices;
	uint64_t samples;
	uint64_t late;
	uint64_t due_ms;
	uint64_t refused;
};

/* setup.c */

/** sma_setup - make everything out of the section; 0 or a negative errno. */
int sma_setup(struct sma *sma, const struct sma_config *config);
/** sma_teardown - free it, in any state. */
void sma_teardown(struct sma *sma);

/* sample.c */

/** sma_slice - sample the next slice, tell what is to be told. */
void sma_slice(struct sma *sma);
/** sma_checked - a health check of a subject ended; for sma_health_new(). */
void sma_checked(void *subject, struct sma_health *health);
/** sma_withdraw - remove all records. */
void sma_withdraw(struct sma *sma);

/* show.c */

/** sma_status - for struct role */
json_t *sma_status(void *state);
/** sma_measure - for struct role */
void sma_measure(void *state, struct openmetrics *om);

#endif /* SMA_SMA_H */
