// SPDX-License-Identifier: GPL-2.0-or-later
/* Role ps: takes what agents measured into the store. */
#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "error.h"
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
 */
struct ps {
	const struct ps_config *config;
	struct admit admit;
	struct sessions sessions;
	struct evconnlistener *listener;
	uint64_t turned_away;
};

static int check_range(const char *key, const uint32_t *value, uint32_t min,
		       uint32_t max)
{
	if (!value || (*value >= min && *value <= max))
		return 0;
	return cats_error(EINVAL, "ps: %s: %u is not within %u and %u", key,
			  *value, min, max);
}

static int ps_check(const struct catsd *catsd, const void *section)
{
	const struct ps_config *config = section;
	struct endpoint at;
	SSL_CTX *context;
	int ret;

	if (!catsd->tls)
		return cats_error(EINVAL, "ps: needs the section tls: agents are on other hosts");
	ret = endpoint_parse("ps: listen", config->listen, &at);
	if (!ret)
		ret = check_range("max-sessions", config->max_sessions, 1,
				  65536);
	if (!ret)
		ret = check_range("max-entries", config->max_entries, 1,
				  10000000);
	if (!ret)
		ret = check_range("max-skew-ms", config->max_skew_ms, 0, 60000);
	if (!ret)
		ret = check_range("max-ttl-s", config->max_ttl_s, 1, 4095);
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

	if (ps->listener)
		evconnlistener_free(ps->listener);
	sessions_close(&ps->sessions);
	admit_fini(&ps->admit);
	SSL_CTX_free(ps->sessions.context);
	free(ps);
}

static int ps_start(struct catsd *catsd, const void *section, void **state)
{
	struct ps *ps = calloc(1, sizeof(*ps));
	int ret;

	if (!ps)
		return cats_error_kernel(ENOMEM, "ps");
	ps->config = section;
	ps->sessions.base = catsd->base;
	ps->sessions.admit = &ps->admit;
	ps->sessions.context = tls_context(catsd->tls);
	ret = ps->sessions.context ? 0 : -EINVAL;
	if (!ret)
		ret = admit_init(&ps->admit, ps->config, catsd->store);
	if (!ret)
		ret = listen_at(ps, ps->config->listen);
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

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "state",
			 "listening", "listen", ps->config->listen, "opened",
			 (json_int_t)ps->sessions.opened, "unauthenticated",
			 (json_int_t)ps->sessions.failed, "broken",
			 (json_int_t)ps->sessions.broken, "turned-away",
			 (json_int_t)ps->turned_away, "updates",
			 admit_status(&ps->admit), "agents",
			 sessions_status(&ps->sessions));
}

static void ps_measure(void *state, struct openmetrics *om)
{
	struct ps *ps = state;

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

const struct role role_ps = {
	.name = "ps",
	.check = ps_check,
	.start = ps_start,
	.stop = ps_stop,
	.status = ps_status,
	.measure = ps_measure,
};
