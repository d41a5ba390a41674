// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A catsd with a store in SQLite or etcd, killed and started; sites with their models.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmas.h"

#define START_MS	20000

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_file(struct load *load, const char *name, const char *fmt,
		       ...) __attribute__((format(printf, 3, 4)));

static void write_file(struct load *load, const char *name, const char *fmt,
		       ...)
{
	char path[128];
	va_list ap;
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", load->directory, name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		die(path);
	va_start(ap, fmt);
	vfprintf(file, fmt, ap);
	va_end(ap);
	fclose(file);
}

static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&at, len) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		die("port");
	close(fd);
	return ntohs(at.sin_port);
}

/* --- requests that are waited for ----------------------------------------- */

/**
 * struct waiting - for an answer
 * @base: its own loop: the load goes on in the other
 * @status: of HTTP
 * @answer: object, or NULL
 */
struct waiting {
	struct event_base *base;
	int status;
	json_t *answer;
};

static void on_answer(struct evhttp_request *request, void *ctx)
{
	struct waiting *waiting = ctx;
	struct evbuffer *in;
	size_t len;

	waiting->status = request ? evhttp_request_get_response_code(request) :
				    0;
	in = waiting->status ? evhttp_request_get_input_buffer(request) : NULL;
	len = in ? evbuffer_get_length(in) : 0;
	if (len)
		waiting->answer = json_loadb((char *)evbuffer_pullup(in, len),
					     len, 0, NULL);
	event_base_loopbreak(waiting->base);
}

int lab_ask(struct load *load, enum evhttp_cmd_type method, const char *path,
	    json_t *body, json_t **answer)
{
	struct waiting waiting = { .base = event_base_new() };
	struct evhttp_connection *connection;
	struct evhttp_request *request;
	struct evkeyvalq *headers;
	char *text = body ? json_dumps(body, 0) : NULL;

	json_decref(body);
	connection = evhttp_connection_base_new(waiting.base, NULL, "127.0.0.1",
						load->port);
	request = evhttp_request_new(on_answer, &waiting);
	headers = evhttp_request_get_output_headers(request);
	evhttp_add_header(headers, "Host", "localhost");
	evhttp_add_header(headers, "Authorization", "Bearer " TOKEN);
	if (text) {
		evhttp_add_header(headers, "Content-Type", "application/json");
		evbuffer_add(evhttp_request_get_output_buffer(request), text,
			     strlen(text));
	}
	evhttp_make_request(connection, request, method, path);
	event_base_dispatch(waiting.base);
	evhttp_connection_free(connection);
	event_base_free(waiting.base);
	free(text);
	if (answer)
		*answer = waiting.answer;
	else
		json_decref(waiting.answer);
	return waiting.status;
}

/* --- catsd ---------------------------------------------------------------- */

static void spawn(struct load *load)
{
	char file[96], log[96];
	int fd;

	snprintf(file, sizeof(file), "%s/catsd.yaml", load->directory);
	snprintf(log, sizeof(log), "%s/log", load->directory);
	load->pid = fork();
	if (load->pid)
		return;
	fd = open(log, O_CREAT | O_WRONLY | O_APPEND, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	execl(load->options.catsd, "catsd", "-c", file, NULL);
	_exit(127);
}

static void reap(struct load *load, int want)
{
	struct rusage usage;
	int status;

	wait4(load->pid, &status, 0, &usage);
	load->cpu_s += usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	if (want && !(WIFSIGNALED(status) && WTERMSIG(status) == want))
		load_fail(load, "catsd ended by itself, see %s/log",
			  load->directory);
	if (!want && (!WIFEXITED(status) || WEXITSTATUS(status)))
		load_fail(load, "catsd failed, see %s/log", load->directory);
}

/* It answers, and it is the one that grants. */
static void wait_until_granting(struct load *load)
{
	uint64_t end = now_ms() + START_MS;
	int status;

	do {
		status = lab_ask(load, EVHTTP_REQ_POST, "/requests",
				 json_pack("{s:s, s:i, s:i, s:i}", "service",
					   "none", "gas", 1, "cost", 1,
					   "delay-us", 1), NULL);
		if (status == 200)
			return;
		poll(NULL, 0, 5);
	} while (now_ms() < end);
	fprintf(stderr, "catsd does not start, see %s/log\n", load->directory);
	exit(1);
}

int lab_model(struct load *load, unsigned int row)
{
	json_t *rows = json_array();
	char path[32], csci[32], service[16], epoch[32];
	unsigned int i;

	for (i = 0; i < SERVICES; i++) {
		snprintf(csci, sizeof(csci), "10.0.%u.%u", i, row + 1);
		snprintf(service, sizeof(service), "svc%u", i);
		json_array_append_new(rows, json_pack(
			"{s:s, s:s, s:i, s:i, s:i}", "service", service,
			"csci", csci, "gas", load->options.gas, "cost",
			10 * (row + 1), "computing-us", 100));
	}
	snprintf(path, sizeof(path), "/sites/site%u", row);
	snprintf(epoch, sizeof(epoch), "%llu",
		 (unsigned long long)load->models++);
	return lab_ask(load, EVHTTP_REQ_PUT, path,
		       json_pack("{s:s, s:i, s:o}", "epoch", epoch, "sequence",
				 1, "rows", rows), NULL);
}

static void store_section(const struct load *load, char *text, size_t size)
{
	if (load->options.etcd)
		snprintf(text, size, "type: etcd, endpoints: [ %s ]",
			 load->options.etcd);
	else
		snprintf(text, size, "type: sqlite, path: %s/store.db",
			 load->directory);
}

void lab_start(struct load *load)
{
	unsigned int row;
	char store[256];

	strcpy(load->directory, "/tmp/cats-cmas.XXXXXX");
	if (!mkdtemp(load->directory))
		die("directory");
	load->port = free_port();
	write_file(load, "tokens", "operator load %s\n", TOKEN);
	store_section(load, store, sizeof(store));
	write_file(load, "catsd.yaml",
		   "site: center\n"
		   "control: %s/sock\n"
		   "store: { %s }\n"
		   "cmas:\n"
		   "  listen: 127.0.0.1:%u\n"
		   "  tokens: %s/tokens\n"
		   "  offer-s: %d\n"
		   "  lease-s: %d\n"
		   "  assume-network-us: 1\n"
		   "  limits: { connections: 8192 }\n",
		   load->directory, store, load->port,
		   load->directory, OFFER_S, LEASE_S);
	spawn(load);
	wait_until_granting(load);
	for (row = 0; row < ROWS; row++)
		if (lab_model(load, row) != 200)
			die("model");
	load->models = 0;
}

void lab_kill(struct load *load)
{
	kill(load->pid, SIGKILL);
	reap(load, SIGKILL);
	load->kills++;
	spawn(load);
	wait_until_granting(load);
}

/* --- the end -------------------------------------------------------------- */

static void check_row(struct load *load, const json_t *row)
{
	json_int_t gas = json_integer_value(json_object_get(row, "gas"));
	json_int_t held = json_integer_value(json_object_get(row, "held"));

	if (gas != load->options.gas || held)
		load_fail(load, "%s: gas %lld, held %lld: leaked",
			  json_string_value(json_object_get(row, "csci")),
			  (long long)gas, (long long)held);
}

static size_t reservations(struct load *load)
{
	json_t *answer;
	size_t count;

	if (lab_ask(load, EVHTTP_REQ_GET, "/reservations", NULL, &answer) !=
	    200)
		load_fail(load, "the reservations cannot be read");
	count = json_array_size(json_object_get(answer, "reservations"));
	json_decref(answer);
	return count;
}

void lab_end(struct load *load)
{
	uint64_t end = now_ms() + 1000 * (LEASE_S + OFFER_S + 10);
	json_t *answer = NULL, *row;
	char command[96];
	size_t i;

	while (reservations(load) && now_ms() < end)
		poll(NULL, 0, 50);
	if (lab_ask(load, EVHTTP_REQ_GET, "/table", NULL, &answer) != 200)
		load_fail(load, "the table cannot be read");
	json_array_foreach(json_object_get(answer, "rows"), i, row)
		check_row(load, row);
	if (i != SERVICES * ROWS)
		load_fail(load, "%zu rows, wanted %d", i, SERVICES * ROWS);
	json_decref(answer);
	kill(load->pid, SIGTERM);
	reap(load, 0);
	if (load->wrong)
		return;
	snprintf(command, sizeof(command), "rm -rf %s", load->directory);
	if (system(command))
		fprintf(stderr, "%s is left\n", load->directory);
}
