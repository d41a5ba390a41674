// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role model: the service model of this site goes to a C-PS (draft-zhangb-cats-
 * cmas-01, section 4): whole at first, then what changes in the file, and
 * something now and then to say that we live.  A C-PS that does not follow, or
 * was lost, gets the whole again.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "carriage/tls.h"
#include "clock.h"
#include "endpoint.h"
#include "error.h"
#include "log.h"
#include "model/config.h"
#include "model/rows.h"
#include "role.h"

#define ALIVE_S		60
#define PERIOD_MS	250
#define BACKOFF_MS	1000
#define TIMEOUT_S	10
#define TOKEN_MAX	256

/**
 * struct model - the role
 * @catsd: daemon
 * @config: section
 * @context: of TLS, or NULL
 * @file: with the rows
 * @rows: of it, the last that were good
 * @sent: what the C-PS has, as far as we know; NULL: it needs the whole
 * @sending: what it has if it takes what is on its way; NULL: nothing is
 * @epoch: of what was sent
 * @sequence: of the last message
 * @to: which C-PS
 * @connection: to it, or NULL
 * @timer: looks what there is to say
 * @not_before_ms: nothing is sent until then
 * @said_ms: when the last message was taken
 * @wholes: models that were taken
 * @changes: changes that were taken
 * @refused: messages that were not
 * @lost: connections that were
 * @why: the last was
 * @limit: of the lines in the log
 */
struct model {
	struct catsd *catsd;
	const struct model_config *config;
	SSL_CTX *context;
	struct model_file file;
	json_t *rows;
	json_t *sent;
	json_t *sending;
	char epoch[17];
	json_int_t sequence;
	unsigned int to;
	struct evhttp_connection *connection;
	struct event *timer;
	uint64_t not_before_ms;
	uint64_t said_ms;
	uint64_t wholes;
	uint64_t changes;
	uint64_t refused;
	uint64_t lost;
	char why[160];
	struct log_limit limit;
};

/* --- the connection ------------------------------------------------------- */

static bool connect_to(struct model *model)
{
	const struct model_to *to = &model->config->to[model->to];
	struct bufferevent *bev = NULL;
	struct endpoint at;

	if (model->connection)
		return true;
	if (endpoint_parse("model: to: address", to->address, &at))
		return false;
	if (to->name) {
		bev = tls_connect(model->catsd->base, model->context,
				  to->name);
		if (!bev)
			return false;
	}
	model->connection = evhttp_connection_base_bufferevent_new(
		model->catsd->base, NULL, bev, at.host, at.port);
	if (!model->connection) {
		if (bev)
			bufferevent_free(bev);
		return false;
	}
	evhttp_connection_set_timeout(model->connection, TIMEOUT_S);
	return true;
}

static void disconnect(struct model *model)
{
	if (model->connection)
		evhttp_connection_free(model->connection);
	model->connection = NULL;
}

/* Whatever it was, the whole will tell; another C-PS may answer. */
static void start_over(struct model *model, const char *why)
{
	snprintf(model->why, sizeof(model->why), "%s", why);
	catsd_log_limited(&model->limit, LOG_WARNING, "model: %s: %s",
			  model->config->to[model->to].address, why);
	json_decref(model->sent);
	model->sent = NULL;
	model->not_before_ms = clock_monotonic_ms() + BACKOFF_MS;
}

/* --- answers -------------------------------------------------------------- */

static void refused_by(struct model *model, struct evhttp_request *request)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t len = evbuffer_get_length(in);
	json_t *answer = NULL;
	const char *why;

	if (len)
		answer = json_loadb((char *)evbuffer_pullup(in, len), len, 0,
				    NULL);
	why = json_string_value(json_object_get(answer, "error"));
	model->refused++;
	start_over(model, why ? why : "answers what is no answer");
	/* it asks for the whole: at once */
	if (evhttp_request_get_response_code(request) == 409)
		model->not_before_ms = 0;
	json_decref(answer);
}

static void taken(struct model *model)
{
	if (model->sent)
		model->changes++;
	else
		model->wholes++;
	json_decref(model->sent);
	model->sent = json_incref(model->sending);
	model->said_ms = clock_monotonic_ms();
}

static void on_answer(struct evhttp_request *request, void *ctx)
{
	struct model *model = ctx;
	int status = request ? evhttp_request_get_response_code(request) : 0;

	if (status == 200) {
		taken(model);
	} else if (status) {
		refused_by(model, request);
	} else {
		model->lost++;
		start_over(model, "does not answer");
		model->to = (model->to + 1) % model->config->to_count;
		/* not from here: it is the connection that calls */
		model->not_before_ms = clock_monotonic_ms() + BACKOFF_MS;
	}
	json_decref(model->sending);
	model->sending = NULL;
}

/* --- messages ------------------------------------------------------------- */

static void add_token(const struct model *model, struct evkeyvalq *headers)
{
	char token[TOKEN_MAX + 2] = "", line[TOKEN_MAX + 16];
	FILE *file;

	if (!model->config->token)
		return;
	file = fopen(model->config->token, "re");
	if (file && fgets(token, sizeof(token), file))
		token[strcspn(token, " \t\r\n")] = '\0';
	if (file)
		fclose(file);
	snprintf(line, sizeof(line), "Bearer %s", token);
	evhttp_add_header(headers, "Authorization", line);
	explicit_bzero(token, sizeof(token));
	explicit_bzero(line, sizeof(line));
}

/* The reference to @message is taken. */
static void send_message(struct model *model, enum evhttp_cmd_type method,
			 json_t *message)
{
	struct evhttp_request *request = evhttp_request_new(on_answer, model);
	char *text = json_dumps(message, JSON_COMPACT), path[96], length[24];
	struct evkeyvalq *headers;

	json_decref(message);
	if (!request || !text || !connect_to(model)) {
		if (request)
			evhttp_request_free(request);
		free(text);
		start_over(model, "no connection can be made");
		return;
	}
	headers = evhttp_request_get_output_headers(request);
	evhttp_add_header(headers, "Host",
			  model->config->to[model->to].address);
	evhttp_add_header(headers, "Content-Type", "application/json");
	/* libevent does that for POST and PUT, not for PATCH */
	snprintf(length, sizeof(length), "%zu", strlen(text));
	evhttp_add_header(headers, "Content-Length", length);
	add_token(model, headers);
	evbuffer_add(evhttp_request_get_output_buffer(request), text,
		     strlen(text));
	free(text);
	snprintf(path, sizeof(path), "/sites/%s", model->catsd->site);
	model->sending = json_incref(model->rows);
	if (evhttp_make_request(model->connection, request, method, path)) {
		json_decref(model->sending);
		model->sending = NULL;
		start_over(model, "no connection can be made");
	}
}

/* A new epoch, so that nobody has to know what came before. */
static void send_whole(struct model *model)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) !=
	    sizeof(random))
		random = clock_realtime_ms();
	snprintf(model->epoch, sizeof(model->epoch), "%016llx",
		 (unsigned long long)random);
	model->sequence = 1;
	send_message(model, EVHTTP_REQ_PUT,
		     json_pack("{s:s, s:i, s:O}", "epoch", model->epoch,
			       "sequence", 1, "rows", model->rows));
}

static void send_change(struct model *model, json_t *change)
{
	json_object_set_new(change, "epoch", json_string(model->epoch));
	json_object_set_new(change, "sequence",
			    json_integer(++model->sequence));
	send_message(model, EVHTTP_REQ_PATCH, change);
}

static void read_again(struct model *model)
{
	json_t *rows;

	if (!model_file_changed(&model->file))
		return;
	if (model_file_read(&model->file, &rows)) {
		catsd_log(LOG_WARNING, "%s; what was read before is offered on",
			  cats_error_message());
		return;
	}
	json_decref(model->rows);
	model->rows = rows;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct model *model = ctx;
	uint64_t now = clock_monotonic_ms();
	uint32_t alive_s = model->config->alive_s ? *model->config->alive_s :
						    ALIVE_S;
	json_t *change;

	(void)fd, (void)what;
	if (model->sending || now < model->not_before_ms)
		return;
	read_again(model);
	if (!model->sent) {
		disconnect(model);
		send_whole(model);
		return;
	}
	change = model_rows_change(model->sent, model->rows);
	if (json_array_size(json_object_get(change, "set")) ||
	    json_array_size(json_object_get(change, "remove")) ||
	    now - model->said_ms >= 1000ull * alive_s)
		send_change(model, change);
	else
		json_decref(change);
}

/* --- begin and end -------------------------------------------------------- */

static int check_to(const struct catsd *catsd, const struct model_to *to)
{
	struct endpoint at;
	int ret = endpoint_parse("model: to: address", to->address, &at);

	if (ret)
		return ret;
	if (!to->name && !endpoint_is_loopback(&at))
		return cats_error(EINVAL, "model: to: %s is not loopback: name, for TLS, is needed",
				  to->address);
	if (to->name && !catsd->tls)
		return cats_error(EINVAL, "model: to: name: the section tls is needed");
	return 0;
}

static int model_check_section(const struct catsd *catsd, const void *section)
{
	const struct model_config *config = section;
	struct model_file file = { .path = config->file };
	json_t *rows;
	unsigned int i;
	int ret = 0;

	if (config->alive_s && (*config->alive_s < 1 ||
				*config->alive_s > 3600))
		return cats_error(EINVAL, "model: alive-s: %u is not within 1 and 3600",
				  *config->alive_s);
	for (i = 0; i < config->to_count && !ret; i++)
		ret = check_to(catsd, &config->to[i]);
	if (!ret)
		ret = model_file_read(&file, &rows);
	if (!ret)
		json_decref(rows);
	return ret;
}

static void model_stop(void *state)
{
	struct model *model = state;

	disconnect(model);
	if (model->timer)
		event_free(model->timer);
	SSL_CTX_free(model->context);
	json_decref(model->sending);
	json_decref(model->sent);
	json_decref(model->rows);
	free(model);
}

static int model_start(struct catsd *catsd, const void *section, void **state)
{
	const struct timeval period = { .tv_usec = PERIOD_MS * 1000 };
	struct model *model = calloc(1, sizeof(*model));
	int ret;

	if (!model)
		return cats_error_kernel(ENOMEM, "model");
	model->catsd = catsd;
	model->config = section;
	model->file.path = model->config->file;
	ret = model_file_read(&model->file, &model->rows);
	if (!ret && catsd->tls) {
		model->context = tls_context(catsd->tls);
		ret = model->context ? 0 : -EINVAL;
	}
	if (!ret) {
		model->timer = event_new(catsd->base, -1, EV_PERSIST, on_timer,
					 model);
		if (!model->timer || event_add(model->timer, &period))
			ret = cats_error_kernel(ENOMEM, "model");
	}
	if (ret)
		model_stop(model);
	else
		*state = model;
	return ret;
}

static json_t *model_status(void *state)
{
	struct model *model = state;

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "state",
			 model->sent ? "known" : "sending", "to",
			 model->config->to[model->to].address, "rows",
			 (json_int_t)json_array_size(model->rows), "wholes",
			 (json_int_t)model->wholes, "changes",
			 (json_int_t)model->changes, "refused",
			 (json_int_t)model->refused, "lost",
			 (json_int_t)model->lost, "why", model->why);
}

static void model_measure(void *state, struct openmetrics *om)
{
	struct model *model = state;

	om_gauge(om, "cats_model_known",
		 "1 if the C-PS has the service model of this site.", NULL,
		 model->sent != NULL);
	om_gauge(om, "cats_model_rows", "Rows of the service model.", NULL,
		 json_array_size(model->rows));
	om_counter(om, "cats_model_wholes", "Whole models a C-PS took.", NULL,
		   model->wholes);
	om_counter(om, "cats_model_changes", "Changes a C-PS took.", NULL,
		   model->changes);
	om_counter(om, "cats_model_refused", "Messages a C-PS refused.", NULL,
		   model->refused);
	om_counter(om, "cats_model_lost", "Connections that were lost.", NULL,
		   model->lost);
}

const struct role role_model = {
	.name = "model",
	.check = model_check_section,
	.start = model_start,
	.stop = model_stop,
	.status = model_status,
	.measure = model_measure,
};
