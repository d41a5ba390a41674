// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "respond.h"

/* Part of a metric in the mean of others, once there are some. */
#define GAIN		0.3

/* Part of what a flow makes others wait that counts; see respond_cost(). */
#define CONSIDERATE	(1 / 3.0)

static void note(struct respond *instance, uint64_t when_us, uint64_t is_end)
{
	instance->log[instance->logged++ % RESPOND_LOG] =
		(when_us & ~1ull) | is_end;
}

void respond_begin(struct respond *instance, uint64_t when_us)
{
	instance->own++;
	note(instance, when_us, 0);
}

void respond_end(struct respond *instance, uint64_t when_us)
{
	if (!instance->own)
		return;
	instance->own--;
	note(instance, when_us, 1);
}

/*
 * How many flows of this ingress were at the instance then?  What began less than
 * the path's delay before had not come there, what ended was seen here only that
 * much later.
 */
static double own_then(const struct respond *instance, uint64_t when_us)
{
	uint64_t reach = instance->logged < RESPOND_LOG ? instance->logged :
							  RESPOND_LOG;
	uint64_t delay = (uint64_t)instance->delay_us, i, entry;
	double own = instance->own;

	for (i = 1; i <= reach; i++) {
		entry = instance->log[(instance->logged - i) % RESPOND_LOG];
		if (!(entry & 1))
			own -= entry + delay > when_us;
		else
			own += entry > when_us + delay;
	}
	return fmax(0, own);
}

void respond_metric(struct respond *instance, double flows,
		    uint64_t sampled_us)
{
	double others = fmax(0, flows - own_then(instance, sampled_us));
	double off, gain;

	if (!instance->metrics++) {
		instance->others = others;
		/* as if they came by chance */
		instance->spread = others;
		return;
	}
	gain = fmax(GAIN, 1.0 / instance->metrics);
	off = others - instance->others;
	instance->others += gain * off;
	instance->spread += gain * ((1 - gain) * off * off - instance->spread);
}

/* Normal distribution: how much is it above 0, and how likely? */
static double mean_above(double mean, double deviation, double *likely)
{
	double z;

	if (!(deviation > 0)) {
		*likely = mean > 0;
		return fmax(0, mean);
	}
	z = mean / deviation;
	*likely = erfc(-z / M_SQRT2) / 2;
	return mean * *likely +
	       deviation * exp(-z * z / 2) / sqrt(2 * M_PI);
}

double respond_cost(const struct respond *instance)
{
	double flows = instance->own + instance->others, waiting, full;

	waiting = mean_above(flows + 1 - instance->capacity,
			     sqrt(instance->spread), &full);
	return 2 * instance->delay_us + instance->service_us *
	       (1 + (waiting + CONSIDERATE * full * flows) /
			    instance->capacity);
}
