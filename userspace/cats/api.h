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

/** api_text_fn - one object of an answer, as text */
typedef void (*api_text_fn)(const json_t *object);

/** api_show - one object: all its members as JSON, or @text. */
void api_show(const json_t *object, api_text_fn text);

/**
 * api_show_pages - a list that comes in pages, all of it
 * @api: to whom
 * @member: of the answer that is the list
 * @text: of an element
 * @path: below the URL; its last {} stands for where a page begins
 * @search: for the {} before that, if it has two; else NULL
 *
 * Return: as api_ask().
 */
int api_show_pages(enum api api, const char *member, api_text_fn text,
		   const char *path, const char *search);

/**
 * api_load - an array out of a file, which is one or has one
 * @path: file
 * @member: its name if it has one
 * @file: result, to be freed
 *
 * Return: the array, in @file; NULL with a message, and @file NULL.
 */
json_t *api_load(const char *path, const char *member, json_t **file);

#endif /* CATS_API_H */
