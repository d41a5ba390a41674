// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * catsd: reads the file, starts the roles that have a section in it, serves the
 * control socket and the OpenMetrics endpoint, and stops at SIGTERM.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "clock.h"
#include "config.h"
#include "control.h"
#include "dataplane.h"
#include "error.h"
#include "exporter.h"
#include "log.h"
#include "reload.h"
#include "store_backend.h"

#define EXPIRE_MS	1000
/* a store elsewhere may be that late without holding up the start */
#define STORE_WAIT_MS	5000
#define EXIT_USAGE	2

/**
 * struct daemon - the whole
 * @catsd: what roles see
 * @reload: file in force
 * @role: modules, in the order they start in
 * @control: socket
 * @exporter: OpenMetrics
 * @expiry: removes old entries of the store
 * @stop: SIGINT and SIGTERM
 * @stopping: one of them came
 * @hangup: SIGHUP
 * @asked: it came
 * @looping: in the loop of its own
 * @store_current: what was said last of the store
 * @store_failures: the same
 * @checkpoint_failures: the same
 * @store_limit: for that
 */
struct daemon {
	struct catsd catsd;
	struct reload reload;
	struct running role[ROLES_MAX];
	struct control *control;
	struct exporter *exporter;
	struct event *expiry;
	struct event *stop[2];
	bool stopping;
	struct event *hangup;
	bool asked;
	bool looping;
	bool store_current;
	uint64_t store_failures;
	uint64_t checkpoint_failures;
	struct log_limit store_limit;
};

static json_t *status_of_checkpoints(const struct store *store)
{
	struct store_upkeep upkeep;

	if (!store_upkeep(store, &upkeep))
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:I, s:s}", "wal-pages",
			 (json_int_t)upkeep.pages, "done",
			 (json_int_t)upkeep.done, "held",
			 (json_int_t)upkeep.held, "failures",
			 (json_int_t)upkeep.failures, "problem",
			 upkeep.problem);
}

static void status_of_store(json_t *array, const struct store *store)
{
	json_array_append_new(array, json_pack(
		"{s:s, s:{s:s, s:s, s:b, s:I, s:I, s:I, s:s, s:o*}}", "role",
		"store", "status", "state", "running", "type",
		store_backend_name(store), "current", store_is_current(store),
		"entries", (json_int_t)store_count(store), "revision",
		(json_int_t)store_revision(store), "failures",
		(json_int_t)store_failures(store), "problem",
		store_problem(store), "checkpoints",
		status_of_checkpoints(store)));
}

static void status_of_file(json_t *array, const struct reload *reload)
{
	json_array_append_new(array, json_pack(
		"{s:s, s:{s:s, s:s, s:I, s:I, s:s}}", "role", "file", "status",
		"state", "in-force", "path", reload->path, "reloads",
		(json_int_t)reload->done, "refused",
		(json_int_t)reload->refused, "problem", reload->problem));
}

static void status_of_roles(void *ctx, json_t *array)
{
	struct daemon *d = ctx;
	struct running *r;

	for (r = d->role; r < d->role + ROLES_MAX; r++)
		if (r->started)
			json_array_append_new(array, json_pack("{s:s, s:o}",
				"role", r->role->name, "status",
				r->role->status(r->state)));
	status_of_store(array, d->catsd.store);
	status_of_file(array, &d->reload);
}

static int ask_roles(void *ctx, const json_t *request, json_t *lines)
{
	struct daemon *d = ctx;
	struct running *r;
	int ret = -ENOENT;

	for (r = d->role; r < d->role + ROLES_MAX && ret == -ENOENT; r++)
		if (r->started && r->role->ask)
			ret = r->role->ask(r->state, request, lines);
	return ret;
}

static void measure_checkpoints(struct openmetrics *om,
				const struct store *store)
{
	struct store_upkeep upkeep;

	if (!store_upkeep(store, &upkeep))
		return;
	om_gauge(om, "cats_store_wal_pages", "Pages of the write-ahead log at the last commit.",
		 NULL, upkeep.pages);
	om_counter(om, "cats_store_checkpoints", "Logs that were brought into the database and began again.",
		   NULL, upkeep.done);
	om_counter(om, "cats_store_checkpoints_held", "Checkpoints kept from their end by who reads the log.",
		   NULL, upkeep.held);
	om_counter(om, "cats_store_checkpoint_failures", "Checkpoints that failed.",
		   NULL, upkeep.failures);
}

static void measure_all(void *ctx, struct openmetrics *om)
{
	struct daemon *d = ctx;
	struct running *r;

	om_gauge(om, "cats_store_revision", "Changes of the store so far.", NULL,
		 store_revision(d->catsd.store));
	om_gauge(om, "cats_store_current", "The store answers, and what is known of it is up to date.",
		 NULL, store_is_current(d->catsd.store));
	om_counter(om, "cats_store_failures", "Writes to the store that were lost.",
		   NULL, store_failures(d->catsd.store));
	measure_checkpoints(om, d->catsd.store);
	om_counter(om, "cats_reloads", "Times the file was read again.",
		   OM_LABELS({ "result", "done" }), d->reload.done);
	om_counter(om, "cats_reloads", "Times the file was read again.",
		   OM_LABELS({ "result", "refused" }), d->reload.refused);
	for (r = d->role; r < d->role + ROLES_MAX; r++)
		if (r->started)
			r->role->measure(r->state, om);
	dataplane_measure(om);
}

static void watch_checkpoints(struct daemon *d)
{
	struct store_upkeep upkeep;

	if (!store_upkeep(d->catsd.store, &upkeep))
		return;
	if (upkeep.failures != d->checkpoint_failures)
		catsd_log_limited(&d->store_limit, LOG_WARNING,
				  "store: a checkpoint failed, the log has %u pages: %s",
				  upkeep.pages, upkeep.problem);
	d->checkpoint_failures = upkeep.failures;
}

/* Once when it goes, once when it comes back, and when writes are lost. */
static void watch_store(struct daemon *d)
{
	bool current = store_is_current(d->catsd.store);
	uint64_t failures = store_failures(d->catsd.store);

	if (current != d->store_current)
		catsd_log(current ? LOG_NOTICE : LOG_WARNING,
			  current ? "store: %s: up to date%s" :
				    "store: %s: does not answer: %s",
			  store_backend_name(d->catsd.store),
			  current ? "" : store_problem(d->catsd.store));
	d->store_current = current;
	if (failures != d->store_failures)
		catsd_log_limited(&d->store_limit, LOG_WARNING,
				  "store: %s: writes were lost: %s",
				  store_backend_name(d->catsd.store),
				  store_problem(d->catsd.store));
	d->store_failures = failures;
}

static void on_expiry(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)fd, (void)what;
	store_expire(d->catsd.store, clock_monotonic_ms());
	watch_store(d);
	watch_checkpoints(d);
}

static void on_stop(evutil_socket_t signum, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)what;
	catsd_log(LOG_INFO, "%s: stopping",
		  signum == SIGINT ? "SIGINT" : "SIGTERM");
	d->stopping = true;
	event_base_loopexit(d->catsd.base, NULL);
}

/* Roles are not ended from within the loop: it may be telling them something. */
static void on_hangup(evutil_socket_t signum, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)signum, (void)what;
	d->asked = true;
	if (d->looping)
		event_base_loopexit(d->catsd.base, NULL);
}

static int make_loop(struct daemon *d)
{
	struct event_config *how = event_config_new();
	const struct timeval period = { .tv_usec = EXPIRE_MS * 1000 - 1 };

	if (how) {
		event_config_set_flag(how, EVENT_BASE_FLAG_PRECISE_TIMER);
		d->catsd.base = event_base_new_with_config(how);
		event_config_free(how);
	}
	if (!d->catsd.base)
		return cats_error_kernel(ENOMEM, "event loop");
	d->expiry = event_new(d->catsd.base, -1, EV_PERSIST, on_expiry, d);
	d->stop[0] = evsignal_new(d->catsd.base, SIGINT, on_stop, d);
	d->stop[1] = evsignal_new(d->catsd.base, SIGTERM, on_stop, d);
	d->hangup = evsignal_new(d->catsd.base, SIGHUP, on_hangup, d);
	if (!d->expiry || !d->stop[0] || !d->stop[1] || !d->hangup ||
	    event_add(d->expiry, &period) || event_add(d->stop[0], NULL) ||
	    event_add(d->stop[1], NULL) || event_add(d->hangup, NULL))
		return cats_error_kernel(ENOMEM, "event loop");
	return 0;
}

static int open_store(struct daemon *d)
{
	int ret = store_open(roles_store(d->reload.config), d->catsd.base,
			     &d->catsd.store);

	if (!ret && store_wait(d->catsd.store, STORE_WAIT_MS) && !d->stopping)
		catsd_log(LOG_WARNING, "%s; starting without it",
			  cats_error_message());
	d->store_current = !ret && store_is_current(d->catsd.store);
	return ret;
}

static int serve(struct daemon *d)
{
	const struct catsd_config *config = d->reload.config;
	const char *path = config->control ? config->control : CATSD_CONTROL;
	int ret;

	ret = control_open(&d->catsd, path, status_of_roles, ask_roles, d,
			   &d->control);
	if (ret || !config->openmetrics)
		return ret;
	return exporter_open(d->catsd.base, config->openmetrics->listen,
			     measure_all, d, &d->exporter);
}

static void end(struct daemon *d)
{
	exporter_close(d->exporter);
	control_close(d->control);
	roles_stop(d->role);
	if (d->expiry)
		event_free(d->expiry);
	if (d->stop[0])
		event_free(d->stop[0]);
	if (d->stop[1])
		event_free(d->stop[1]);
	if (d->hangup)
		event_free(d->hangup);
	store_free(d->catsd.store);
	if (d->catsd.base)
		event_base_free(d->catsd.base);
	catsd_config_free(d->reload.config);
	libevent_global_shutdown();
}

static int reload(struct daemon *d)
{
	int ret;

	catsd_log(LOG_INFO, "SIGHUP: reading %s", d->reload.path);
	d->asked = false;
	ret = reload_file(&d->reload);
	/* that was no failure of anything */
	return d->stopping ? 0 : ret;
}

static int loop(struct daemon *d)
{
	int ret = 0;

	while (!ret && !d->stopping) {
		d->looping = !d->asked;
		if (d->asked)
			ret = reload(d);
		else if (event_base_dispatch(d->catsd.base) < 0)
			ret = cats_error(EIO, "the event loop failed");
	}
	return ret;
}

static int run(struct daemon *d)
{
	int ret;

	ret = make_loop(d);
	if (!ret)
		ret = open_store(d);
	/* that may have taken a while; the loop forgets that it shall end */
	if (d->stopping)
		return 0;
	if (!ret)
		ret = serve(d);
	if (!ret)
		ret = roles_start(d->role, &d->catsd);
	if (ret)
		return ret;
	catsd_log(LOG_INFO, "site %s: running", d->catsd.site);
	sd_notify(0, "READY=1");
	ret = loop(d);
	sd_notify(0, "STOPPING=1");
	return ret;
}

static void usage(FILE *to)
{
	fputs("Usage: catsd [ -c FILE ] [ --check ] [ -V ] [ -h ]\n"
	      "  -c, --config FILE  instead of " CATSD_CONFIG_FILE "\n"
	      "      --check        say whether the file is right, do nothing else\n"
	      "  -V, --version      print the version\n"
	      "  -h, --help         print this\n"
	      "Runs the roles that have a section in FILE: catsd(8), catsd.yaml(5).\n",
	      to);
}

/**
 * struct arguments - of the command line
 * @path: configuration file
 * @check: --check
 */
struct arguments {
	const char *path;
	bool check;
};

/* -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:Vh", options, NULL)) >= 0) {
		switch (option) {
		case 'c':
			arguments->path = optarg;
			break;
		case 'k':
			arguments->check = true;
			break;
		case 'V':
			printf("catsd version %s\n", CATS_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "catsd: argument \"%s\" is unknown\n", argv[optind]);
	usage(stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .path = CATSD_CONFIG_FILE };
	struct daemon d = {};
	int ret;

	ret = parse(argc, argv, &arguments);
	if (ret >= 0)
		return ret;
	signal(SIGPIPE, SIG_IGN);
	d.reload.path = arguments.path;
	d.reload.catsd = &d.catsd;
	d.reload.role = d.role;
	ret = catsd_config_load(arguments.path, &d.reload.config);
	if (!ret) {
		d.catsd.site = d.reload.config->site;
		d.catsd.tls = d.reload.config->tls;
		roles_list(d.role, d.reload.config);
		ret = roles_check(&d.catsd, d.reload.config);
	}
	if (!ret && arguments.check)
		printf("%s: good\n", arguments.path);
	else if (!ret)
		ret = run(&d);
	if (ret)
		catsd_log(LOG_ERR, "%s", cats_error_message());
	end(&d);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
