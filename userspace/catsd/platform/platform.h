/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Role platform: what its files share. */
#ifndef CATSD_PLATFORM_H
#define CATSD_PLATFORM_H

#include "api/server.h"
#include "platform/config.h"
#include "role.h"

/**
 * struct platform - the role
 * @store: with the catalogue
 * @config: section
 * @server: HTTP
 * @changes: services added or replaced
 * @removals: services removed
 */
struct platform {
	struct store *store;
	const struct platform_config *config;
	struct api_server *server;
	uint64_t changes;
	uint64_t removals;
};

/* paths of catalogue.c: struct api_route.handle */
void catalogue_list(struct api_call *call, void *ctx);
void catalogue_show(struct api_call *call, void *ctx);
void catalogue_put(struct api_call *call, void *ctx);
void catalogue_delete(struct api_call *call, void *ctx);

/** catalogue_count - services there are */
unsigned int catalogue_count(struct platform *platform);

/* paths of page.c: the page, and what it is made of */
void page_show(struct api_call *call, void *ctx);
void page_style(struct api_call *call, void *ctx);
void page_script(struct api_call *call, void *ctx);
void page_openapi(struct api_call *call, void *ctx);

#endif /* CATSD_PLATFORM_H */
