// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "netlink.h"

#define DUMP_TRIES	4
/*
 * The kernel fills messages of a dump up to what the reader has room for, but
 * no more than 32 KiB.
 */
#define MESSAGE_ROOM	32768

/*
 * struct exchange - one request and its answer
 */
struct exchange {
	const struct cats_request *request;
	struct cats_extack extack;
	uint32_t seq;
	bool done;
	bool interrupted;
	int ret;	/* of the request's item() */
};

static int on_item(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	if (!x->ret && x->request->item)
		x->ret = x->request->item(nlmsg_hdr(msg), x->request->arg);
	return NL_OK;
}

/* NLMSG_DONE, or an NLMSG_ERROR of errno 0. */
static int on_end(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	cats_extack_parse(nlmsg_hdr(msg), &x->extack);
	x->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct exchange *x = arg;

	(void)from;
	/* libnl hands out the payload, the flags are in front of it */
	cats_extack_parse((void *)((char *)e - NLMSG_HDRLEN), &x->extack);
	x->done = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->interrupted = true;
	return NL_OK;
}

/* What is left of a request that was given up is not for this one. */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == x->seq ? NL_OK : NL_SKIP;
}

static void set_callbacks(struct nl_cb *cb, struct exchange *x)
{
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_item, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, x);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
}

int cats_netlink_open(struct cats_netlink *nl, int protocol)
{
	int on = 1, err = -NLE_NOMEM;

	memset(nl, 0, sizeof(*nl));
	nl->sk = nl_socket_alloc();
	nl->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (nl->sk && nl->cb)
		err = nl_connect(nl->sk, protocol);
	if (err) {
		cats_netlink_close(nl);
		return cats_error(EIO, "netlink: %s", nl_geterror(err));
	}
	/* a kernel that does not know them has less to say, that is all */
	setsockopt(nl_socket_get_fd(nl->sk), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
	setsockopt(nl_socket_get_fd(nl->sk), SOL_NETLINK, NETLINK_CAP_ACK, &on,
		   sizeof(on));
	setsockopt(nl_socket_get_fd(nl->sk), SOL_NETLINK,
		   NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	nl_socket_set_msg_buf_size(nl->sk, MESSAGE_ROOM);
	nl_socket_disable_msg_peek(nl->sk);
	return 0;
}

void cats_netlink_close(struct cats_netlink *nl)
{
	if (nl->cb)
		nl_cb_put(nl->cb);
	if (nl->sk)
		nl_socket_free(nl->sk);
	memset(nl, 0, sizeof(*nl));
}

/* Send @msg once, and read up to the end of the answer. */
static int exchange(struct cats_netlink *nl, struct nl_msg *msg,
		    struct exchange *x)
{
	const struct cats_request *request = x->request;
	int err;

	memset(x, 0, sizeof(*x));
	x->request = request;
	/* a new number each time, else the rest of the last try is taken in */
	nlmsg_hdr(msg)->nlmsg_seq = NL_AUTO_SEQ;
	nl_complete_msg(nl->sk, msg);
	x->seq = nlmsg_hdr(msg)->nlmsg_seq;
	set_callbacks(nl->cb, x);
	err = nl_send(nl->sk, msg);
	while (err >= 0 && !x->done)
		err = nl_recvmsgs(nl->sk, nl->cb);
	if (x->ret)
		return x->ret;
	if (x->extack.err)
		return cats_extack_error(&x->extack, request->what,
					 request->names);
	if (!x->done)
		return cats_error(EIO, "%s: %s", request->what,
				  nl_geterror(err));
	return 0;
}

int cats_netlink_ask(struct cats_netlink *nl, struct nl_msg *msg,
		     const struct cats_request *request)
{
	struct exchange x = { .request = request };
	int tries = 0, ret;

	if (!msg)
		return cats_error(ENOMEM, "%s: out of memory", request->what);
	do {
		if (tries && request->restart)
			request->restart(request->arg);
		ret = exchange(nl, msg, &x);
	} while (!ret && x.interrupted && request->restart &&
		 ++tries < DUMP_TRIES);
	nlmsg_free(msg);
	if (!ret && x.interrupted)
		cats_warn("Dump was interrupted and may be inconsistent.");
	if (!ret && x.extack.message[0])
		cats_warn("Warning: %s.", x.extack.message);
	return ret;
}

bool cats_attr_read(const struct nlattr *attr, void *to, size_t size)
{
	if (!attr || (size_t)nla_len(attr) < size)
		return false;
	memcpy(to, nla_data(attr), size);
	return true;
}
