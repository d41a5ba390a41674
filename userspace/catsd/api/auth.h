/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who asks, over HTTP.  Either the client certificate says so, in URIs of its
 * subject's alternative names,
 *
 *	cats://SITE		a site
 *	cats-role:operator	or client, or forwarder; by its common name
 *
 * or "Authorization: Bearer TOKEN" does, with a line in a file that only its
 * owner can read:
 *
 *	KIND NAME TOKEN		KIND is operator, site, client or forwarder
 */
#ifndef CATSD_API_AUTH_H
#define CATSD_API_AUTH_H

#include <event2/bufferevent.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "carriage/tls.h"
#include "log.h"

/** enum api_kind - what somebody is; a mask says who may do something */
enum api_kind {
	API_ANYBODY = 0,
	API_OPERATOR = 1,
	API_SITE = 2,
	API_CLIENT = 4,
	API_FORWARDER = 8,
};

/**
 * struct api_who - who asks
 * @kinds: mask of enum api_kind; API_ANYBODY: nobody we know
 * @name: of it; of a site with a token, that site
 * @peer: certificate, with the sites it speaks for; NULL: a token
 */
struct api_who {
	unsigned int kinds;
	char name[TLS_NAME_MAX];
	struct tls_peer *peer;
};

/**
 * struct api_token - a line of the file
 * @digest: SHA-256 of the token
 * @kind: enum api_kind
 * @name: whose
 */
struct api_token {
	unsigned char digest[SHA256_DIGEST_LENGTH];
	unsigned int kind;
	char name[TLS_NAME_MAX];
};

/**
 * struct api_tokens - the file; read again when it has changed
 * @path: NULL: there is none
 * @token: sorted by digest
 * @count: of them
 * @seen: the file as it was read last
 * @limit: of the lines about a file that is wrong; the last good one counts
 */
struct api_tokens {
	const char *path;
	struct api_token *token;
	size_t count;
	struct stat seen;
	struct log_limit limit;
};

/** api_tokens_load - 0; -EACCES, -EINVAL, -ENOENT with a message. */
int api_tokens_load(struct api_tokens *tokens);
/** api_tokens_free - what was read. */
void api_tokens_free(struct api_tokens *tokens);

/**
 * api_who_read - who is at the other end
 * @who: result, to be cleared
 * @tokens: file
 * @bev: connection
 * @header: field Authorization, or NULL
 *
 * Return: 0 also if it is nobody we know; -ENOMEM.
 */
int api_who_read(struct api_who *who, struct api_tokens *tokens,
		 struct bufferevent *bev, const char *header);
/** api_who_clear - free what it holds. */
void api_who_clear(struct api_who *who);

/** api_who_is_site - may it speak for that site? */
bool api_who_is_site(const struct api_who *who, const char *site);

/** api_kind_name - "operator", ...; of one kind. */
const char *api_kind_name(unsigned int kind);

#endif /* CATSD_API_AUTH_H */
