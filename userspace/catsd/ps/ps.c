// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role ps, the C-PS: takes what agents measured into the store, and selects by
 * what is there.
 */
#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "error.h"
#include "ps/decide.h"
#include "ps/session.h"
#include "role.h"

#define SESSIONS_DEFAULT	256

/**
 * struct ps - the role
 * @config: section
 * @admit: gate to the store
 * @sessions: agents
 * @listener: socket for them
 * @turned_away: connections beyond the limit
 * @decider: of services, if there are any
 */
struct ps {
	const struct ps_config *config;
	struct admit admit;
	struct sessions sessions;
	struct evconnlistener *listener;
	uint64_t turned_away;
	struct ps_decider decider;
};

static int ps_check(const struct catsd *catsd, const void *section)
{
	const struct ps_config *config = section;
	struct endpoint at;
	SSL_CTX *context;
	int ret;

	ret = ps_config_check(config);
	if (ret || !config->listen)
		return ret;
	if (!catsd->tls)
		return cats_error(EINVAL, "ps: needs the section tls: agents are on other hosts");
	ret = endpoint_parse("ps: listen", config->listen, &at);
	if (ret)
		return ret;
	context = tls_context(catsd->tls);
	SSL_CTX_free(context);
	return context ? 0 : -EINVAL;
}

static void on_agent(struct evconnlistener *listener, evutil_socket_t fd,
		     struct sockaddr *addr, int len, void *ctx)
{
	struct ps *ps = ctx;

	(void)listener, (void)addr, (void)len;
	if (ps->sessions.count >= ps_option(ps->config->max_sessions,
					    SESSIONS_DEFAULT)) {
		ps->turned_away++;
		evutil_closesocket(fd);
		return;
	}
	session_accept(&ps->sessions, fd);
}

static int listen_at(struct ps *ps, const char *text)
{
	struct endpoint at;
	int ret = endpoint_parse("ps: listen", text, &at);

	if (ret)
		return ret;
	ps->listener = evconnlistener_new_bind(ps->sessions.base, on_agent, ps,
					       LEV_OPT_CLOSE_ON_FREE |
					       LEV_OPT_CLOSE_ON_EXEC |
					       LEV_OPT_REUSEABLE, -1,
					       (struct sockaddr *)&at.addr,
					       at.len);
	if (!ps->listener)
		return cats_error(errno, "ps: listen: %s: %s", text,
				  strerror(errno));
	return 0;
}

static void ps_stop(void *state)
{
	struct ps *ps = state;

	ps_decider_close(&ps->decider);
	if (ps->listener)
		evconnlistener_free(ps->listener);
	sessions_close(&ps->sessions);
	admit_fini(&ps->admit);
	SSL_CTX_free(ps->sessions.context);
	free(ps);
}

static int start_listening(struct ps *ps, struct catsd *catsd)
{
	int ret;

	ps->sessions.base = catsd->base;
	ps->sessions.admit = &ps->admit;
	ps->sessions.context = tls_context(catsd->tls);
	ret = ps->sessions.context ? 0 : -EINVAL;
	if (!ret)
		ret = admit_init(&ps->admit, ps->config, catsd->store);
	return ret ? ret : listen_at(ps, ps->config->listen);
}

static int ps_start(struct catsd *catsd, const void *section, void **state)
{
	struct ps *ps = calloc(1, sizeof(*ps));
	int ret = 0;

	if (!ps)
		return cats_error_kernel(ENOMEM, "ps");
	ps->config = section;
	if (ps->config->listen)
		ret = start_listening(ps, catsd);
	if (!ret && ps->config->services)
		ret = ps_decider_open(&ps->decider, catsd, ps->config);
	if (ret) {
		ps_stop(ps);
		return ret;
	}
	*state = ps;
	return 0;
}

static json_t *ps_status(void *state)
{
	struct ps *ps = state;
	json_t *status;

	status = json_pack("{s:s}", "state", ps->config->listen ? "listening" :
								  "deciding");
	if (ps->config->listen)
		json_object_update_new(status, json_pack(
			"{s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "listen",
			ps->config->listen, "opened",
			(json_int_t)ps->sessions.opened, "unauthenticated",
			(json_int_t)ps->sessions.failed, "broken",
			(json_int_t)ps->sessions.broken, "turned-away",
			(json_int_t)ps->turned_away, "updates",
			admit_status(&ps->admit), "agents",
			sessions_status(&ps->sessions)));
	if (ps->config->services)
		json_object_set_new(status, "decisions",
				    ps_decider_status(&ps->decider));
	return status;
}

static int ps_ask(void *state, const json_t *request, json_t *lines)
{
	struct ps *ps = state;
	const json_t *question = json_object_get(request, "decision");

	if (!question || !ps->config->services)
		return -ENOENT;
	return ps_decider_ask(&ps->decider, question, lines);
}

static void measure_agents(const struct ps *ps, struct openmetrics *om)
{
	om_gauge(om, "cats_ps_agents", "Agents that are connected.", NULL,
		 ps->sessions.count);
	om_counter(om, "cats_ps_sessions", "Sessions of agents.", NULL,
		   ps->sessions.opened);
	om_counter(om, "cats_ps_unauthenticated",
		   "Connections whose TLS handshake failed.", NULL,
		   ps->sessions.failed);
	om_counter(om, "cats_ps_broken",
		   "Sessions ended because of what the agent sent.", NULL,
		   ps->sessions.broken);
	om_counter(om, "cats_ps_turned_away",
		   "Connections beyond max-sessions.", NULL, ps->turned_away);
	admit_measure(&ps->admit, om);
}

static void ps_measure(void *state, struct openmetrics *om)
{
	struct ps *ps = state;

	if (ps->config->listen)
		measure_agents(ps, om);
	if (ps->config->services)
		ps_decider_measure(&ps->decider, om);
}

const struct role role_ps = {
	.name = "ps",
	.check = ps_check,
	.start = ps_start,
	.stop = ps_stop,
	.status = ps_status,
	.ask = ps_ask,
	.measure = ps_measure,
};
