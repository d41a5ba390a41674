/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every backend of the store does: the same tests for all. */
#ifndef STORE_CONFORMANCE_H
#define STORE_CONFORMANCE_H

#include "lab.h"

#define OWN_TESTS_MAX	16

/**
 * struct subject - a backend under test
 * @config: of a store that is empty at first; the tests clear what they find
 * @shared: others see it, and it outlives its process
 * @lease_ms: shortest time to live it keeps
 * @lab: of the running test
 */
struct subject {
	struct store_config config;
	bool shared;
	unsigned int lease_ms;
	struct lab *lab;
};

/**
 * conformance - run all
 * @subject: what; the initial state of every test
 * @own: tests of this backend only, which run first
 * @count: of @own
 *
 * Return: number of failed tests.
 */
int conformance(struct subject *subject, const struct CMUnitTest *own,
		size_t count);

#endif /* STORE_CONFORMANCE_H */
