// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "device_name.h"
#include "dump.h"
#include "egress.h"
#include "error.h"
#include "event.h"
#include "monitor_egress.h"
#include "output.h"

/* A burst of flows has to fit while we print: 200 bytes for each event. */
#define ROOM	(16 << 20)

/* Whether an event of the kernel tells of something that is gone. */
static void begin(const char *object, bool gone)
{
	char word[16];

	device_names_forget();
	if (gone) {
		event_deleted(object);
		return;
	}
	snprintf(word, sizeof(word), "%s", object);
	event_begin(word);
	out_open();
	out_string(HUE_NONE, "object", NULL, object);
}

static void end(void)
{
	out_close();
	event_end();
}

static void sid_event(struct nlmsghdr *nlh, bool gone)
{
	struct cats_sid sid;

	if (cats_sid_decode(nlh, &sid))
		return;
	begin("sid", gone);
	show_sid(&sid);
	end();
}

static void instance_event(struct nlmsghdr *nlh, bool gone)
{
	struct cats_instance instance;

	if (cats_instance_decode(nlh, &instance))
		return;
	begin("instance", gone);
	show_instance(&instance);
	end();
}

static void flow_event(struct nlmsghdr *nlh, const char *event)
{
	struct cats_egress_flow flow;

	if (cats_egress_flow_decode(nlh, &flow))
		return;
	begin("flow", false);
	out_string(HUE_NONE, "event", "%s ", event);
	show_egress_flow(&flow);
	end();
}

static void metric_event(struct nlmsghdr *nlh)
{
	struct cats_threshold threshold;

	if (cats_threshold_decode(nlh, &threshold))
		return;
	begin("metric", false);
	show_threshold(&threshold);
	end();
}

static int on_cats_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct egress_watch *w = arg;
	uint8_t command;

	if (nlh->nlmsg_type != w->cats.id || w->discard)
		return NL_OK;
	command = cats_genl_command(nlh);
	switch (command) {
	case CATS_CMD_SID_NEW_NTF:
	case CATS_CMD_SID_SET_NTF:
	case CATS_CMD_SID_DEL_NTF:
		if (w->sid)
			sid_event(nlh, command == CATS_CMD_SID_DEL_NTF);
		break;
	case CATS_CMD_INSTANCE_NEW_NTF:
	case CATS_CMD_INSTANCE_SET_NTF:
	case CATS_CMD_INSTANCE_DEL_NTF:
		if (w->instance)
			instance_event(nlh,
				       command == CATS_CMD_INSTANCE_DEL_NTF);
		break;
	case CATS_CMD_FLOW_START_NTF:
		flow_event(nlh, "start");
		break;
	case CATS_CMD_FLOW_END_NTF:
		flow_event(nlh, "end");
		break;
	}
	return NL_OK;
}

static int on_metric_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct egress_watch *w = arg;

	if (nlh->nlmsg_type == w->metrics.id && !w->discard &&
	    cats_genl_command(nlh) == CATS_METRIC_CMD_THRESHOLD_NTF)
		metric_event(nlh);
	return NL_OK;
}

/* Events have no sequence numbers of ours. */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/* Returns after what is there, not after what might come. */
static int listen_to(struct cats_genl *genl,
		     int (*on_event)(struct nl_msg *msg, void *arg),
		     struct egress_watch *w)
{
	int room = ROOM, fd = nl_socket_get_fd(genl->nl.sk);
	int err;

	/* beyond the limit for all users where we may, else up to it */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	err = nl_socket_set_nonblocking(genl->nl.sk);
	if (err)
		return cats_error(EIO, "events: %s", nl_geterror(err));
	nl_cb_set(genl->nl.cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, w);
	nl_cb_set(genl->nl.cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence,
		  NULL);
	return 0;
}

static int open_cats(struct egress_watch *w)
{
	int ret = 0;

	if (!w->sid && !w->instance && !w->flow)
		return 0;
	ret = cats_genl_open(&w->cats, CATS_GENL_NAME, !w->optional);
	if (ret)
		return ret;
	if (w->sid || w->instance)
		ret = cats_genl_join(&w->cats, CATS_MCGRP_CONFIG);
	if (!ret && w->flow)
		ret = cats_genl_join(&w->cats, CATS_MCGRP_FLOW);
	return ret ? ret : listen_to(&w->cats, on_cats_event, w);
}

static int open_metrics(struct egress_watch *w)
{
	int ret;

	if (!w->metric)
		return 0;
	ret = cats_genl_open(&w->metrics, CATS_METRIC_GENL_NAME, !w->optional);
	if (!ret)
		ret = cats_genl_join(&w->metrics, CATS_METRIC_MCGRP_METRIC);
	return ret ? ret : listen_to(&w->metrics, on_metric_event, w);
}

int egress_watch_open(struct egress_watch *w)
{
	int ret = open_cats(w);

	if (!ret || (ret == -ENOENT && w->optional))
		ret = open_metrics(w);
	if (ret == -ENOENT && w->optional)
		return 0;
	return ret == -ENOENT ? cats_error(ENOENT, "cats.ko is not available (%s)",
					   cats_error_message()) : ret;
}

static int fd_of(const struct cats_genl *genl)
{
	return genl->id ? nl_socket_get_fd(genl->nl.sk) : -1;
}

void egress_watch_fds(const struct egress_watch *w, struct pollfd *pfd)
{
	pfd[0] = (struct pollfd){ .fd = fd_of(&w->cats), .events = POLLIN };
	pfd[1] = (struct pollfd){ .fd = fd_of(&w->metrics), .events = POLLIN };
}

/* All entries as they are, asked for on a socket of its own. */
static int show_sids(struct egress_watch *w, struct cats_genl *genl)
{
	struct cats_sid_filter all = {};
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	int ret = 0;

	if (w->sid)
		ret = cats_sid_dump(genl, &all, &dump);
	while (!ret && (nlh = cats_dump_next(&dump)))
		sid_event(nlh, false);
	cats_dump_free(&dump);
	return ret;
}

static int show_instances(struct egress_watch *w, struct cats_genl *genl)
{
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	int ret = 0;

	if (w->instance)
		ret = cats_instance_dump(genl, NULL, &dump);
	while (!ret && (nlh = cats_dump_next(&dump)))
		instance_event(nlh, false);
	cats_dump_free(&dump);
	return ret;
}

static int show_thresholds(struct cats_genl *genl)
{
	struct cats_dump dump = {};
	struct nlmsghdr *nlh;
	int ret;

	ret = cats_threshold_dump(genl, NULL, &dump);
	while (!ret && (nlh = cats_dump_next(&dump)))
		metric_event(nlh);
	cats_dump_free(&dump);
	return ret;
}

static void say_lost(const char *follows)
{
	cats_warn("Lost events, more came than were read: %s", follows);
	if (!options.json)
		return;
	event_begin("");
	out_open();
	out_bool("lost", "", true);
	end();
}

/* 0 when there is nothing more, else libnl's error. */
static int drain(struct cats_genl *genl)
{
	int err;

	do {
		err = nl_recvmsgs(genl->nl.sk, genl->nl.cb);
	} while (err >= 0);
	return err == -NLE_AGAIN || err == -NLE_INTR ? 0 : err;
}

/*
 * What was lost is not told again, so what there is now is shown.  Events that
 * still wait are older than that: told behind it they would be taken for news.
 */
static int resync(struct egress_watch *w, struct cats_genl *lost)
{
	bool metrics = lost == &w->metrics;
	struct cats_genl genl;
	int ret;

	w->discard = true;
	while (drain(lost) == -NLE_NOMEM)
		;
	w->discard = false;
	say_lost(metrics ? "all thresholds follow as they are now" :
		 w->sid || w->instance ?
		 "all entries follow as they are now, flows do not" :
		 "flows are not told again");
	ret = cats_genl_open(&genl, metrics ? CATS_METRIC_GENL_NAME :
					      CATS_GENL_NAME, false);
	if (ret)
		return ret;
	if (metrics)
		ret = show_thresholds(&genl);
	else
		ret = show_sids(w, &genl);
	if (!ret && !metrics)
		ret = show_instances(w, &genl);
	cats_genl_close(&genl);
	return ret;
}

static int read_events(struct egress_watch *w, struct cats_genl *genl)
{
	int err = drain(genl);

	/* libnl's word for ENOBUFS */
	if (err == -NLE_NOMEM)
		return resync(w, genl);
	return err ? cats_error(EIO, "events: %s", nl_geterror(err)) : 0;
}

int egress_watch_read(struct egress_watch *w, const struct pollfd *pfd)
{
	int ret = 0;

	if (pfd[0].revents)
		ret = read_events(w, &w->cats);
	if (!ret && pfd[1].revents)
		ret = read_events(w, &w->metrics);
	return ret;
}

void egress_watch_close(struct egress_watch *w)
{
	cats_genl_close(&w->cats);
	cats_genl_close(&w->metrics);
}
