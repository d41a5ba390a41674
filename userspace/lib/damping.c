// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "damping.h"
#include "error.h"

int gradient_check(const struct gradient *gradient)
{
	unsigned int i;
	double gap;

	if (gradient->count > GRADIENT_LEVELS_MAX)
		return cats_error(EINVAL, "%u levels, %u can be",
				  gradient->count, GRADIENT_LEVELS_MAX);
	if (!isfinite(gradient->hysteresis) || gradient->hysteresis < 0)
		return cats_error(EINVAL, "hysteresis %g is negative",
				  gradient->hysteresis);
	for (i = 0; i < gradient->count; i++) {
		if (!isfinite(gradient->levels[i]))
			return cats_error(EINVAL, "level %u is not a number",
					  i + 1);
		if (!i)
			continue;
		gap = gradient->levels[i] - gradient->levels[i - 1];
		if (gap <= 0)
			return cats_error(EINVAL,
					  "level %g is not above level %g",
					  gradient->levels[i],
					  gradient->levels[i - 1]);
		if (gradient->hysteresis >= gap)
			return cats_error(EINVAL,
					  "hysteresis %g is not less than the gap of levels %g and %g",
					  gradient->hysteresis,
					  gradient->levels[i - 1],
					  gradient->levels[i]);
	}
	return 0;
}

int gradient_level(const struct gradient *gradient, int current, double value)
{
	int level = 0, count = gradient->count;

	if (isnan(value))
		return GRADIENT_UNKNOWN;
	while (level < count && value >= gradient->levels[level])
		level++;
	/* down only from above the hysteresis to below it */
	while (level < current && level < count &&
	       value >= gradient->levels[level] - gradient->hysteresis)
		level++;
	return level;
}

int damping_check(const struct damping_config *config)
{
	if (!config->interval_ms || !config->burst || !config->spacing_ms)
		return cats_error(EINVAL,
				  "interval, burst and spacing of updates must not be 0");
	/* or an interval would pass without the budget for its update */
	if (config->spacing_ms > config->interval_ms)
		return cats_error(EINVAL,
				  "a budget of an update every %u ms does not allow one at every interval of %u ms",
				  config->spacing_ms, config->interval_ms);
	return 0;
}

const char *damping_reason_name(enum damping_reason reason)
{
	static const char *const names[DAMPING_REASONS] = {
		[DAMPING_NONE] = "none",
		[DAMPING_START] = "start",
		[DAMPING_INTERVAL] = "interval",
		[DAMPING_THRESHOLD] = "threshold",
	};

	return reason < DAMPING_REASONS ? names[reason] : "invalid";
}

bool budget_take(uint64_t *full_ms, uint32_t burst, uint32_t spacing_ms,
		 uint32_t keep, uint64_t now_ms)
{
	uint64_t full = *full_ms > now_ms ? *full_ms : now_ms;
	uint64_t lag = burst - 1 - keep;

	if (full - now_ms > lag * spacing_ms)
		return false;
	*full_ms = full + spacing_ms;
	return true;
}

static enum damping_reason wanted(const struct damping *damping,
				  const struct damping_config *config,
				  uint64_t now_ms, unsigned int levels)
{
	if (!damping->started)
		return DAMPING_START;
	if (levels)
		return DAMPING_THRESHOLD;
	if (now_ms - damping->sent_ms >= config->interval_ms)
		return DAMPING_INTERVAL;
	return DAMPING_NONE;
}

enum damping_reason damping_sample(struct damping *damping,
				   const struct damping_config *config,
				   uint64_t now_ms, unsigned int levels)
{
	enum damping_reason reason = wanted(damping, config, now_ms, levels);
	bool due = now_ms - damping->sent_ms >= config->interval_ms;
	uint32_t keep = levels == 1 && config->burst > 1 && !due;

	if (reason != DAMPING_NONE &&
	    !budget_take(&damping->full_ms, config->burst, config->spacing_ms,
			 keep, now_ms)) {
		/* once for every excursion, not for every sample of it */
		if (!damping->over)
			damping->suppressed++;
		damping->over = true;
		reason = DAMPING_NONE;
	} else {
		damping->over = false;
	}
	damping->samples++;
	damping->updates[reason]++;
	if (reason == DAMPING_NONE)
		return reason;
	damping->started = true;
	damping->sent_ms = now_ms;
	return reason;
}

void damped_init(struct damped *damped)
{
	*damped = (struct damped){
		.level = GRADIENT_UNKNOWN,
		.sent_level = GRADIENT_UNKNOWN,
		.sent = NAN,
	};
}

unsigned int damped_sample(struct damped *damped,
			   const struct gradient *gradient, double value)
{
	damped->level = gradient_level(gradient, damped->level, value);
	/* without levels, that it is known or not is no reason either */
	if (!gradient->count || damped->level == damped->sent_level)
		return 0;
	if (damped->level == GRADIENT_UNKNOWN ||
	    damped->sent_level == GRADIENT_UNKNOWN)
		return DAMPED_FAR;
	return abs(damped->level - damped->sent_level);
}

void damped_sent(struct damped *damped, double value)
{
	damped->sent = value;
	damped->sent_level = damped->level;
}

void damped_kept(struct damped *damped, double value)
{
	double error = fabs(value - damped->sent);

	/* NAN, and so false, where one of them is unknown */
	if (error > damped->max_error)
		damped->max_error = error;
}
