// SPDX-License-Identifier: GPL-2.0-or-later
/* The page that shows the service table, and the description of the API. */
#include "api/embed.h"
#include "platform/platform.h"

/* Nothing but what is served here, and nobody frames it. */
#define POLICY	"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

EMBED(page_html, "userspace/catsd/platform/page.html");
EMBED(page_css, "userspace/catsd/platform/page.css");
EMBED(page_js, "userspace/catsd/platform/page.js");
EMBED(platform_openapi, "Documentation/openapi/platform.json");

void page_show(struct api_call *call, void *ctx)
{
	(void)ctx;
	api_set_header(call, "Content-Security-Policy", POLICY);
	api_answer_text(call, "text/html; charset=utf-8", page_html,
			EMBED_SIZE(page_html));
}

void page_style(struct api_call *call, void *ctx)
{
	(void)ctx;
	api_answer_text(call, "text/css; charset=utf-8", page_css,
			EMBED_SIZE(page_css));
}

void page_script(struct api_call *call, void *ctx)
{
	(void)ctx;
	api_answer_text(call, "text/javascript; charset=utf-8", page_js,
			EMBED_SIZE(page_js));
}

void page_openapi(struct api_call *call, void *ctx)
{
	(void)ctx;
	api_answer_text(call, "application/json", platform_openapi,
			EMBED_SIZE(platform_openapi));
}
