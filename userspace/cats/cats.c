// SPDX-License-Identifier: GPL-2.0-or-later
/* Options, objects, batches; every object is in a file of its own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "batch.h"
#include "command.h"
#include "egress.h"
#include "error.h"
#include "output.h"

static const struct object *const objects[] = {
	&object_dev, &object_policy, &object_route, &object_nexthop,
	&object_fwd, &object_flow, &object_sid, &object_instance,
	&object_stats, &object_monitor, &object_metric, &object_path,
	&object_decision, &object_agent, &object_store, &object_service,
	&object_site, &object_request,
};

#define OBJECTS	(sizeof(objects) / sizeof(objects[0]))

static struct cats_forwarder forwarder;
static bool forwarder_open;

static void usage(FILE *to)
{
	fputs("Usage: cats [ OPTIONS ] OBJECT { COMMAND | help }\n"
	      "       cats [ -force ] -batch FILE\n"
	      "where  OBJECT := { dev | policy | route | nexthop | fwd | flow | sid |\n"
	      "                   instance | metric | path | decision | agent | store |\n"
	      "                   service | site | request | stats | monitor }\n"
	      "       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -o[neline] |\n"
	      "                    -j[son] | -p[retty] | -t[imestamp] | -c[olor] |\n"
	      "                    -n[etns] NAME | -b[atch] FILE | -force }\n",
	      to);
}

static int open_session(bool create)
{
	int ret;

	if (forwarder_open)
		return 0;
	ret = cats_forwarder_open(&forwarder, create);
	forwarder_open = !ret;
	return ret;
}

int session_write(struct cats_forwarder **f)
{
	int ret = open_session(true);

	*f = &forwarder;
	if (!ret)
		ret = cats_write_begin(&forwarder);
	if (ret != -ESTALE)
		return ret;
	cats_forwarder_close(&forwarder);
	forwarder_open = false;
	ret = open_session(true);
	return ret ? ret : cats_write_begin(&forwarder);
}

int session_read(struct cats_forwarder **f)
{
	int ret = open_session(false);

	*f = &forwarder;
	return ret ? ret : cats_read_begin(&forwarder);
}

void session_end(struct cats_forwarder *f)
{
	if (f->writer)
		cats_remove_if_empty(f);
	cats_end(f);
}

/* What went wrong, in iproute2's form, and the exit status for it. */
static int report(int ret)
{
	fflush(stdout);
	if (!ret)
		return EXIT_SUCCESS;
	fprintf(stderr, "Error: %s.\n", cats_error_message());
	return ret == -EINVAL ? EXIT_ARGUMENT : EXIT_REFUSED;
}

static int run_object(const struct object *object, struct args *args)
{
	const struct command *command = object->commands;

	if (args_more(args)) {
		if (!strcmp(args->argv[0], "help")) {
			fprintf(stderr, "%s", object->help);
			return EXIT_SUCCESS;
		}
		while (command->name && strcmp(command->name, args->argv[0]))
			command++;
		/* `cats monitor route`: its words are not commands */
		if (!command->name && object->commands[0].name[0])
			goto unknown;
		if (command->name)
			args_take(args);
		else
			command = object->commands;
	}
	return report(command->run(args));
unknown:
	fprintf(stderr, "Command \"%s\" is unknown, try \"cats %s help\".\n",
		args->argv[0], object->name);
	return EXIT_ARGUMENT;
}

int cats_run(int argc, char **argv)
{
	struct args args = { .argc = argc, .argv = argv };
	const char *name;
	unsigned int i;

	name = args_take(&args);
	if (!strcmp(name, "help")) {
		usage(stderr);
		return EXIT_SUCCESS;
	}
	for (i = 0; i < OBJECTS; i++)
		if (!strcmp(objects[i]->name, name))
			return run_object(objects[i], &args);
	fprintf(stderr, "Object \"%s\" is unknown, try \"cats help\".\n", name);
	return EXIT_ARGUMENT;
}

static int enter_netns(const char *name)
{
	char path[4096];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s%s",
		 strchr(name, '/') ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cats_error(errno, "Cannot open network namespace \"%s\": %s",
				  name, strerror(errno));
	if (setns(fd, CLONE_NEWNET))
		err = errno;
	close(fd);
	return err ? cats_error_kernel(err, "entering the network namespace") :
		     0;
}

/* -netns, --netns, -net: as iproute2 has it, any beginning will do. */
static bool is_option(const char *arg, const char *name)
{
	arg += arg[1] == '-' ? 2 : 1;
	return *arg && !strncmp(arg, name, strlen(arg));
}

static void version(void)
{
	struct utsname uts = {};

	uname(&uts);
	printf("cats version %s, maps %d, Linux %s\n", CATS_VERSION,
	       CATS_SCHEMA, uts.release);
}

/*
 * struct flags - an option that only sets a bool
 */
static const struct {
	const char *name;
	bool *value;
} flags[] = {
	{ "json", &options.json },	 { "pretty", &options.pretty },
	{ "statistics", &options.stats }, { "details", &options.details },
	{ "oneline", &options.oneline }, { "timestamp", &options.timestamp },
	{ "color", &options.color },	 { "force", &options.force },
};

static bool set_flag(const char *arg)
{
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!is_option(arg, flags[i].name))
			continue;
		*flags[i].value = true;
		return true;
	}
	return false;
}

/* Options of the whole command; -1 to go on, else the exit status. */
static int parse_options(struct args *args, const char **batch)
{
	const char *arg, *value;
	int ret;

	while (args_more(args) && args->argv[0][0] == '-') {
		arg = args_take(args);
		if (is_option(arg, "Version")) {
			version();
			return EXIT_SUCCESS;
		}
		if (is_option(arg, "help")) {
			usage(stderr);
			return EXIT_SUCCESS;
		}
		if (set_flag(arg))
			continue;
		if (!is_option(arg, "netns") && !is_option(arg, "batch")) {
			fprintf(stderr, "Option \"%s\" is unknown, try \"cats help\".\n",
				arg);
			return EXIT_ARGUMENT;
		}
		value = args_value(args, arg);
		ret = !value ? -EINVAL :
		      is_option(arg, "batch") ? (*batch = value, 0) :
						enter_netns(value);
		if (ret)
			return report(ret);
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct args args = { .argc = argc - 1, .argv = argv + 1 };
	const char *batch = NULL;
	int status;

	status = parse_options(&args, &batch);
	if (status >= 0)
		return status;
	if (batch && args_more(&args)) {
		fprintf(stderr, "Error: -batch and a command exclude each other.\n");
		return EXIT_ARGUMENT;
	}
	if (batch) {
		status = batch_run(batch);
	} else if (!args_more(&args)) {
		usage(stderr);
		return EXIT_ARGUMENT;
	} else {
		status = cats_run(args.argc, args.argv);
	}
	if (forwarder_open)
		cats_forwarder_close(&forwarder);
	egress_close();
	if (fflush(stdout) || ferror(stdout))
		return EXIT_REFUSED;
	return status;
}
