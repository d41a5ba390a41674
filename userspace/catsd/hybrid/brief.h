/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the thread that places flows is told of a service whose flows go where they
 * are served first.  The main thread, which has the store, writes it; briefs
 * stay where they are until all of them are freed.
 */
#ifndef CATSD_HYBRID_BRIEF_H
#define CATSD_HYBRID_BRIEF_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <cats/maps.h>

/**
 * struct brief_instance - behind a next hop
 * @sid: service SID, by which it is recognised
 * @capacity: flows at once
 * @service_us: time for one, without waiting
 * @delay_us: of the path, one way
 * @flows: it has, all ingresses together; NAN: nobody says
 * @sampled_us: when that was so, CLOCK_MONOTONIC; 0: never
 */
struct brief_instance {
	uint8_t sid[16];
	double capacity;
	double service_us;
	double delay_us;
	double flows;
	uint64_t sampled_us;
};

/**
 * struct brief_text - what is said
 * @version: changes with it
 * @known: enough is known of all next hops to place flows by it
 * @instances: length of @instance
 * @instance: of the next hops
 */
struct brief_text {
	uint32_t version;
	bool known;
	uint32_t instances;
	struct brief_instance instance[CATS_NEXTHOPS_MAX];
};

struct brief;

/**
 * struct briefs - all
 * @lock: of what follows
 * @tree: by VRF-ID and CS-ID
 */
struct briefs {
	pthread_mutex_t lock;
	void *tree;
};

/** briefs_init - none. */
void briefs_init(struct briefs *briefs);
/** briefs_free - all of them; nobody has any more. */
void briefs_free(struct briefs *briefs);

/** brief_make - of a service, made if need be; NULL: no memory */
struct brief *brief_make(struct briefs *briefs, uint32_t vrf,
			 const uint8_t *csid);
/** brief_find - of a service, NULL: there is none */
struct brief *brief_find(struct briefs *briefs, uint32_t vrf,
			 const uint8_t *csid);

/** brief_write - say something else; @text->version is not looked at. */
void brief_write(struct briefs *briefs, struct brief *brief,
		 const struct brief_text *text);

/**
 * brief_read - what is said, if it is not what was read last
 * @briefs: all
 * @brief: of the service
 * @text: as it was read last, version 0 before; what is said now
 *
 * Return: is it another?
 */
bool brief_read(struct briefs *briefs, const struct brief *brief,
		struct brief_text *text);

#endif /* CATSD_HYBRID_BRIEF_H */
