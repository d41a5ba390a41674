/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the store: metric/SITE/CSCI-ID and metric/SITE/host. */
#ifndef SMA_RECORD_H
#define SMA_RECORD_H

#include "subject.h"

/**
 * struct sma_words - values that are the same in every record: kept once
 * @site: name of the site
 * @reason: of an update
 * @health: state
 * @unit: of a score
 * @format: of a score
 * @length: octets of a score
 * @statistics: of a window
 * @window: ms
 * @ttl: s
 * @level: level-1 and level-2
 * @type: names of metrics, by category, and last the one of level 2
 * @score_source: how scores come about
 * @estimated_source: where host values stand for an instance's
 */
struct sma_words {
	json_t *site;
	json_t *reason[DAMPING_REASONS];
	json_t *health[HEALTH_STATES];
	json_t *unit;
	json_t *format;
	json_t *length;
	json_t *statistics;
	json_t *window;
	json_t *ttl;
	json_t *level[2];
	json_t *type[CATEGORIES + 1];
	json_t *score_source;
	json_t *estimated_source;
};

/** sma_words_init - 0 or -ENOMEM with a message; to be freed in any case. */
int sma_words_init(struct sma_words *words, const char *site,
		   const struct sma_config *config);
/** sma_words_fini - all 0 is fine. */
void sma_words_fini(struct sma_words *words);

/**
 * sma_record - what is told of a subject
 * @words: constants
 * @subject: sampled
 * @reason: of the update
 * @nqi: of the site, NAN
 *
 * Return: NULL with a message if memory is short.
 */
json_t *sma_record(const struct sma_words *words,
		   const struct sma_subject *subject,
		   enum damping_reason reason, double nqi);

/** sma_service_describe - make functions and weights of records, if changed. */
void sma_service_describe(struct sma_service *service);

/** sma_number - for records: rounded to a ten-thousandth; NAN: null. */
json_t *sma_number(double value);

#endif /* SMA_RECORD_H */
