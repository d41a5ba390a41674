/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between an agent and a C-PS: four octets of length in network order,
 * then that many octets of JSON, an object.  Documentation/carriage.md has the
 * messages.
 */
#ifndef CATSD_FRAME_H
#define CATSD_FRAME_H

#include <event2/bufferevent.h>
#include <jansson.h>

#define FRAME_MAX	65536	/* octets of JSON */
#define CARRIAGE_VERSION 1

/** frame_send - append a message; the reference is taken; 0 or -ENOMEM. */
int frame_send(struct bufferevent *bev, json_t *message);

/**
 * frame_receive - take the next message out of a buffer
 * @in: what has arrived
 * @message: result, NULL if it is not complete
 *
 * Return: 0; -EMSGSIZE if it is longer than FRAME_MAX; -EBADMSG if it is no
 * JSON object; after an error the connection is of no use.
 */
int frame_receive(struct evbuffer *in, json_t **message);

#endif /* CATSD_FRAME_H */
