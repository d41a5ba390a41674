// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What thresholds, hysteresis and the budget save: updates against one for
 * every sample, and the error that those who listen have because of it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "damping.h"

#define SAMPLES		(24 * 3600)	/* of a day, one a second */

static const struct gradient tens = {
	.levels = { 10, 20, 30, 40, 50, 60, 70, 80, 90 },
	.count = 9,
	.hysteresis = 2,
};

/* what catsd does unless told otherwise */
static const struct damping_config limits = {
	.interval_ms = 10000,
	.burst = 3,
	.spacing_ms = 5000,
};

static uint64_t seed = 1;

static double any(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) / (double)(1U << 31);
}

static double bounded(double value)
{
	return fmin(100, fmax(0, value));
}

static double idle(unsigned int s)
{
	(void)s;
	return 1 + any();
}

static double on_level(unsigned int s)
{
	(void)s;
	return 50 + 1.9 * (any() - 0.5);
}

static double day(unsigned int s)
{
	double turn = 2 * M_PI * s / SAMPLES;

	return bounded(50 - 40 * cos(turn) + 4 * (any() - 0.5));
}

static double bursts(unsigned int s)
{
	static unsigned int until;

	if (s >= until && any() < 1.0 / 300)
		until = s + 5 + any() * 60;
	return bounded((s < until ? 85 : 20) + 5 * (any() - 0.5));
}

/* Autoregressive: wanders, as the load of a server does. */
static double wandering(unsigned int s)
{
	static double load = 40;

	if (!s)
		load = 40;
	load += 0.02 * (45 - load) + 4 * (any() - 0.5);
	return load = bounded(load);
}

static double flapping(unsigned int s)
{
	return s % 2 ? 95 : 5;
}

static const struct {
	const char *name;
	double (*value)(unsigned int s);
} sources[] = {
	{ "idle, 1 to 2 %", idle },
	{ "noise of 1.9 points on a level", on_level },
	{ "a day, 10 to 90 %, noise of 4", day },
	{ "wandering load", wandering },
	{ "bursts of 5 to 65 s", bursts },
	{ "flapping 5/95 % every second", flapping },
};

/* struct outcome - of a source */
struct outcome {
	struct damping damping;
	struct damped damped;
	double square;
	uint64_t apart;
};

static void sample(struct outcome *o, unsigned int s, double value)
{
	unsigned int levels = damped_sample(&o->damped, &tens, value);
	double error;

	if (damping_sample(&o->damping, &limits, s * 1000ULL, levels))
		damped_sent(&o->damped, value);
	else
		damped_kept(&o->damped, value);
	error = value - o->damped.sent;
	o->square += error * error;
	o->apart += o->damped.level != o->damped.sent_level;
}

static void show(const char *name, const struct outcome *o)
{
	uint64_t sent = SAMPLES - o->damping.updates[DAMPING_NONE];

	printf("%-32s %8llu %6.1f %10llu %11llu %8.1f %8.2f %8.2f\n", name,
	       (unsigned long long)sent, (double)SAMPLES / sent,
	       (unsigned long long)o->damping.updates[DAMPING_THRESHOLD],
	       (unsigned long long)o->damping.suppressed, o->damped.max_error,
	       sqrt(o->square / SAMPLES), 100.0 * o->apart / SAMPLES);
}

int main(void)
{
	struct outcome o;
	unsigned int i, s;

	printf("updates of a day: %u samples at 1 Hz, levels every 10 points, hysteresis %g,\n"
	       "interval %u s, budget %u at once and one every %u s; errors in points of %%\n",
	       SAMPLES, tens.hysteresis, limits.interval_ms / 1000,
	       limits.burst, limits.spacing_ms / 1000);
	printf("%-32s %8s %6s %10s %11s %8s %8s %8s\n", "source", "updates",
	       "saved", "threshold", "suppressed", "largest", "rms",
	       "level");
	printf("%-32s %8s %6s %10s %11s %8s %8s %8s\n", "", "", "times", "",
	       "", "error", "error", "wrong, %");
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		memset(&o, 0, sizeof(o));
		damped_init(&o.damped);
		for (s = 0; s < SAMPLES; s++)
			sample(&o, s, sources[i].value(s));
		show(sources[i].name, &o);
	}
	return 0;
}
