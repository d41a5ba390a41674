// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "error.h"
#include "exporter.h"

#define HEADERS_MAX	8192
#define TIMEOUT_S	10

struct exporter {
	struct evhttp *http;
	exporter_fill_fn fill;
	void *ctx;
};

static char *text_of(struct exporter *exporter)
{
	struct openmetrics *om = om_new();
	char *text = NULL;

	if (om) {
		exporter->fill(exporter->ctx, om);
		text = om_text(om);
	}
	om_free(om);
	return text;
}

static void on_metrics(struct evhttp_request *request, void *ctx)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	char *text = text_of(ctx);

	if (!text) {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, "out of memory");
		return;
	}
	evhttp_add_header(headers, "Content-Type",
			  "application/openmetrics-text; version=1.0.0; charset=utf-8");
	evbuffer_add(evhttp_request_get_output_buffer(request), text,
		     strlen(text));
	evhttp_send_reply(request, HTTP_OK, "OK", NULL);
	free(text);
}

int exporter_open(struct event_base *base, const char *listen,
		  exporter_fill_fn fill, void *ctx, struct exporter **exporter)
{
	struct endpoint at;
	struct exporter *e;
	int ret;

	*exporter = NULL;
	ret = endpoint_parse("openmetrics: listen", listen, &at);
	if (ret)
		return ret;
	e = calloc(1, sizeof(*e));
	if (!e)
		return cats_error_kernel(ENOMEM, "openmetrics");
	e->fill = fill;
	e->ctx = ctx;
	e->http = evhttp_new(base);
	if (!e->http) {
		free(e);
		return cats_error_kernel(ENOMEM, "openmetrics");
	}
	evhttp_set_allowed_methods(e->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(e->http, HEADERS_MAX);
	evhttp_set_max_body_size(e->http, 0);
	evhttp_set_timeout(e->http, TIMEOUT_S);
	evhttp_set_cb(e->http, "/metrics", on_metrics, e);
	if (evhttp_bind_socket(e->http, at.host, at.port)) {
		ret = cats_error(errno, "openmetrics: listen: %s: %s", listen,
				 strerror(errno));
		exporter_close(e);
		return ret;
	}
	*exporter = e;
	return 0;
}

void exporter_close(struct exporter *exporter)
{
	if (!exporter)
		return;
	evhttp_free(exporter->http);
	free(exporter);
}
