/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of what a route can be, as commands, files and records have them. */
#ifndef CATS_ROUTE_NAMES_H
#define CATS_ROUTE_NAMES_H

/** affinity_names - by enum cats_affinity; NULL ends it */
extern const char *const affinity_names[];
/** compiler_names - by enum cats_compiler; NULL ends it */
extern const char *const compiler_names[];
/** mode_names - without CATS_SERVICE_CONTROL, and with it; NULL ends it */
extern const char *const mode_names[];

#endif /* CATS_ROUTE_NAMES_H */
