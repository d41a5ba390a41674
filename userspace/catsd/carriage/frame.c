// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "carriage/frame.h"

int frame_send(struct bufferevent *bev, json_t *message)
{
	struct evbuffer *out = bufferevent_get_output(bev);
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	uint32_t len;
	int ret = 0;

	json_decref(message);
	if (!text)
		return -ENOMEM;
	len = htonl(strlen(text));
	/* as one: half a message would shift all that follow */
	if (evbuffer_expand(out, sizeof(len) + strlen(text)) ||
	    evbuffer_add(out, &len, sizeof(len)) ||
	    evbuffer_add(out, text, strlen(text)))
		ret = -ENOMEM;
	free(text);
	return ret;
}

int frame_receive(struct evbuffer *in, json_t **message)
{
	json_error_t error;
	uint32_t len;
	char *text;

	*message = NULL;
	if (evbuffer_copyout(in, &len, sizeof(len)) != sizeof(len))
		return 0;
	len = ntohl(len);
	if (len > FRAME_MAX)
		return -EMSGSIZE;
	if (evbuffer_get_length(in) < sizeof(len) + len)
		return 0;
	evbuffer_drain(in, sizeof(len));
	text = (char *)evbuffer_pullup(in, len);
	if (len && text)
		*message = json_loadb(text, len, JSON_REJECT_DUPLICATES,
				      &error);
	evbuffer_drain(in, len);
	if (json_is_object(*message))
		return 0;
	json_decref(*message);
	*message = NULL;
	return -EBADMSG;
}
