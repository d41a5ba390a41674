// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role platform: the public service platform (draft-zhangb-cats-cmas-01,
 * section 3).  Everybody may read the service table, operators write it.
 */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "platform/platform.h"

#define LISTEN_DEFAULT	"127.0.0.1:9850"

static const struct api_route routes[] = {
	{ EVHTTP_REQ_GET, "/services", API_ANYBODY, catalogue_list },
	{ EVHTTP_REQ_GET, "/services/{}", API_ANYBODY, catalogue_show },
	{ EVHTTP_REQ_PUT, "/services/{}", API_OPERATOR, catalogue_put },
	{ EVHTTP_REQ_DELETE, "/services/{}", API_OPERATOR, catalogue_delete },
	{ EVHTTP_REQ_GET, "/", API_ANYBODY, page_show },
	{ EVHTTP_REQ_GET, "/page.css", API_ANYBODY, page_style },
	{ EVHTTP_REQ_GET, "/page.js", API_ANYBODY, page_script },
	{ EVHTTP_REQ_GET, "/openapi.json", API_ANYBODY, page_openapi },
	{},
};

static struct api_config server_config(const struct platform_config *config)
{
	return (struct api_config){
		.section = "platform",
		.listen = config->listen ? config->listen : LISTEN_DEFAULT,
		.tokens = config->tokens,
		.tls = config->tls,
		.limits = config->limits,
	};
}

static int platform_check(const struct catsd *catsd, const void *section)
{
	const struct platform_config *config = section;
	const struct api_config server = server_config(config);

	if (config->max_services && (*config->max_services < 1 ||
				     *config->max_services > 1000000))
		return cats_error(EINVAL, "platform: max-services: %u is not within 1 and 1000000",
				  *config->max_services);
	return api_check(catsd, &server);
}

static int platform_start(struct catsd *catsd, const void *section,
			  void **state)
{
	struct platform *platform = calloc(1, sizeof(*platform));
	const struct api_config server = server_config(section);
	int ret;

	if (!platform)
		return cats_error_kernel(ENOMEM, "platform");
	platform->store = catsd->store;
	platform->config = section;
	ret = api_open(catsd, &server, routes, platform, &platform->server);
	if (ret)
		free(platform);
	else
		*state = platform;
	return ret;
}

static void platform_stop(void *state)
{
	struct platform *platform = state;

	api_close(platform->server);
	free(platform);
}

static json_t *platform_status(void *state)
{
	struct platform *platform = state;

	return json_pack("{s:s, s:i, s:I, s:I, s:o}", "state", "listening",
			 "services", catalogue_count(platform), "changes",
			 (json_int_t)platform->changes, "removals",
			 (json_int_t)platform->removals, "api",
			 api_status(platform->server));
}

static void platform_measure(void *state, struct openmetrics *om)
{
	struct platform *platform = state;

	om_gauge(om, "cats_platform_services", "Services of the catalogue.",
		 NULL, catalogue_count(platform));
	om_counter(om, "cats_platform_changes",
		   "Services added or replaced.", NULL, platform->changes);
	om_counter(om, "cats_platform_removals", "Services removed.", NULL,
		   platform->removals);
	api_measure(platform->server, om);
}

const struct role role_platform = {
	.name = "platform",
	.check = platform_check,
	.start = platform_start,
	.stop = platform_stop,
	.status = platform_status,
	.measure = platform_measure,
};
