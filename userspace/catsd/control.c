// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "error.h"

#define REQUEST_MAX	4096
#define WATCHES_MAX	8
/* a watcher that does not read loses its connection, not our memory */
#define OUTPUT_MAX	(16u << 20)

struct control {
	struct catsd *catsd;
	struct evconnlistener *listener;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	control_status_fn status;
	control_ask_fn ask;
	void *ctx;
	struct client *clients;
};

/**
 * struct client - a connection
 * @next: list
 * @control: socket it came by
 * @bev: buffers
 * @watch: what it watches
 * @watches: length of @watch
 * @slow: does not read; closed by the next event
 */
struct client {
	struct client *next;
	struct control *control;
	struct bufferevent *bev;
	struct store_watch *watch[WATCHES_MAX];
	unsigned int watches;
	bool slow;
};

static void close_client(struct client *client)
{
	struct client **at = &client->control->clients;
	unsigned int i;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	for (i = 0; i < client->watches; i++)
		store_unwatch(client->watch[i]);
	bufferevent_free(client->bev);
	free(client);
}

static void send_line(struct client *client, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	struct evbuffer *out = bufferevent_get_output(client->bev);

	json_decref(object);
	if (evbuffer_get_length(out) > OUTPUT_MAX)
		client->slow = true;
	if (text && !client->slow)
		evbuffer_add_printf(out, "%s\n", text);
	free(text);
	/* closing is not for here: the store may be telling its watches */
	if (client->slow)
		bufferevent_trigger_event(client->bev, BEV_EVENT_ERROR,
					  BEV_TRIG_DEFER_CALLBACKS);
}

static json_t *entry_object(const struct store_entry *entry)
{
	uint64_t now = clock_monotonic_ms();
	json_t *object = json_pack("{s:s, s:O, s:I}", "key", entry->key,
				   "value", entry->value, "revision",
				   (json_int_t)entry->revision);

	if (object && entry->expires_ms)
		json_object_set_new(object, "expires-ms",
				    json_integer(entry->expires_ms > now ?
						 entry->expires_ms - now : 0));
	if (object && entry->lease)
		json_object_set_new(object, "lease",
				    json_integer(entry->lease));
	return object;
}

static int list_entry(void *ctx, const struct store_entry *entry)
{
	send_line(ctx, entry_object(entry));
	return 0;
}

static void tell_change(void *ctx, enum store_change change,
			const struct store_entry *entry)
{
	static const char *const names[] = { "put", "deleted", "expired" };
	json_t *object = entry_object(entry);

	if (object)
		json_object_set_new(object, "change",
				    json_string(names[change]));
	send_line(ctx, object);
}

static void send_end(struct client *client)
{
	uint64_t revision = store_revision(client->control->catsd->store);

	send_line(client, json_pack("{s:I}", "end", (json_int_t)revision));
}

static void send_error(struct client *client, const char *why)
{
	send_line(client, json_pack("{s:s}", "error", why));
}

static void send_lines(struct client *client, json_t *lines)
{
	json_t *object;
	size_t i;

	json_array_foreach(lines, i, object)
		send_line(client, json_incref(object));
	send_end(client);
}

static void send_status(struct client *client)
{
	json_t *lines = json_array();

	if (lines)
		client->control->status(client->control->ctx, lines);
	send_lines(client, lines);
	json_decref(lines);
}

static void ask_roles(struct client *client, const json_t *request)
{
	json_t *lines = json_array();
	int ret;

	ret = client->control->ask(client->control->ctx, request, lines);
	if (!ret)
		send_lines(client, lines);
	else if (ret == -ENOENT)
		send_error(client, "no role here knows what that is");
	else
		send_error(client, cats_error_message());
	json_decref(lines);
}

static void watch_prefix(struct client *client, const char *prefix)
{
	struct store_watch *watch;

	if (!prefix || client->watches == WATCHES_MAX) {
		send_error(client, "watch takes up to 8 prefixes of keys");
		return;
	}
	watch = store_watch(client->control->catsd->store, prefix, tell_change,
			    client);
	if (watch)
		client->watch[client->watches++] = watch;
	else
		send_error(client, "out of memory");
}

static void answer(struct client *client, const json_t *request)
{
	const json_t *list = json_object_get(request, "list");
	const json_t *watch = json_object_get(request, "watch");
	json_t *prefix;
	size_t i;

	if (json_is_string(list)) {
		store_each(client->control->catsd->store,
			   json_string_value(list), list_entry, client);
		send_end(client);
	} else if (json_is_array(watch)) {
		json_array_foreach(watch, i, prefix)
			watch_prefix(client, json_string_value(prefix));
		send_end(client);
	} else if (json_is_true(json_object_get(request, "status"))) {
		send_status(client);
	} else {
		ask_roles(client, request);
	}
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *client = ctx;
	json_error_t error;
	json_t *request;
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF))) {
		request = json_loads(line, 0, &error);
		free(line);
		if (request)
			answer(client, request);
		else
			send_error(client, "a request is a JSON object on a line");
		json_decref(request);
	}
	if (evbuffer_get_length(in) >= REQUEST_MAX)
		close_client(client);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		close_client(ctx);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *addr, int len, void *ctx)
{
	struct control *control = ctx;
	struct client *client = calloc(1, sizeof(*client));

	(void)listener, (void)addr, (void)len;
	if (!client) {
		evutil_closesocket(fd);
		return;
	}
	client->control = control;
	client->bev = bufferevent_socket_new(control->catsd->base, fd,
					     BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev) {
		evutil_closesocket(fd);
		free(client);
		return;
	}
	client->next = control->clients;
	control->clients = client;
	bufferevent_setcb(client->bev, on_read, NULL, on_event, client);
	bufferevent_setwatermark(client->bev, EV_READ, 0, REQUEST_MAX);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
}

/* A socket that a killed catsd left may go; one that answers may not. */
static int remove_left_over(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ret = 0;

	if (fd < 0)
		return cats_error_kernel(errno, "control socket");
	if (!connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		ret = cats_error(EADDRINUSE, "control: another catsd listens at %s",
				 addr->sun_path);
	else if (errno == ECONNREFUSED)
		unlink(addr->sun_path);
	close(fd);
	return ret;
}

static int listen_at(struct control *control, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	strcpy(addr.sun_path, path);
	ret = remove_left_over(&addr);
	if (ret)
		return ret;
	mask = umask(0177);
	control->listener = evconnlistener_new_bind(control->catsd->base,
						    on_accept, control,
						    LEV_OPT_CLOSE_ON_FREE |
						    LEV_OPT_CLOSE_ON_EXEC, -1,
						    (struct sockaddr *)&addr,
						    sizeof(addr));
	umask(mask);
	if (!control->listener)
		return cats_error(errno, "control: %s: %s", path,
				  strerror(errno));
	strcpy(control->path, path);
	return 0;
}

int control_open(struct catsd *catsd, const char *path,
		 control_status_fn status, control_ask_fn ask, void *ctx,
		 struct control **control)
{
	int ret;

	*control = calloc(1, sizeof(**control));
	if (!*control)
		return cats_error_kernel(ENOMEM, "control socket");
	(*control)->catsd = catsd;
	(*control)->status = status;
	(*control)->ask = ask;
	(*control)->ctx = ctx;
	ret = listen_at(*control, path);
	if (ret) {
		free(*control);
		*control = NULL;
	}
	return ret;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	while (control->clients)
		close_client(control->clients);
	evconnlistener_free(control->listener);
	unlink(control->path);
	free(control);
}
