/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP with JSON, to the service platform or to the C-PS; by libcurl. */
#ifndef CATS_API_H
#define CATS_API_H

#include <jansson.h>

/** enum api - whom to ask */
enum api {
	API_PLATFORM,	/* CATS_PLATFORM, http://127.0.0.1:9850 */
	API_CMAS,	/* CATS_CMAS, http://127.0.0.1:9851 */
};

/**
 * api_ask - one request
 * @api: to whom
 * @method: GET, PUT, ...
 * @path: below the URL; {} stand for the texts that follow, a NULL ends them,
 *	which are escaped
 * @body: the reference is taken; NULL: none
 * @answer: result, an object; NULL if there is none or it failed
 *
 * The environment has, besides the URLs, CATS_TOKEN_FILE: a file with the
 * token; CATS_CA, CATS_CERTIFICATE and CATS_KEY: PEM files, for https.
 *
 * Return: 0; -ENOENT for 404, -EPERM for 401 and 403, -EEXIST for 409 and 412,
 * -EREMOTEIO for other refusals, -ECONNREFUSED and the like if nobody answers;
 * with a message, that of the other end if it has one.
 */
int api_ask(enum api api, const char *method, json_t *body, json_t **answer,
	    const char *path, ...) __attribute__((sentinel));

#endif /* CATS_API_H */
