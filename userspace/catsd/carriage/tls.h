/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutual TLS 1.3 between agents and C-PS (RFC 10053 section 6).  What a
 * certificate may speak for stands in it, as URIs of the subject's alternative
 * names:
 *
 *	cats://SITE			the site, its instances and its paths
 *	cats://SITE/ADDRESS[/LEN]	instances in that prefix, their metrics
 */
#ifndef CATSD_TLS_H
#define CATSD_TLS_H

#include <event2/bufferevent.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#include "config.h"

#define TLS_GRANTS_MAX	64
#define TLS_NAME_MAX	64

/**
 * struct tls_grant - one thing a peer may speak for
 * @site: name
 * @whole: all of the site
 * @addr: else instances in this prefix, IPv4-mapped
 * @len: of the 128 bits
 */
struct tls_grant {
	char site[TLS_NAME_MAX];
	bool whole;
	uint8_t addr[16];
	uint8_t len;
};

/**
 * struct tls_peer - who is at the other end
 * @name: common name of the certificate
 * @incarnation: of its process, as it says; empty before its hello
 * @grants: how many
 * @grant: what it may speak for
 */
struct tls_peer {
	char name[TLS_NAME_MAX];
	char incarnation[TLS_NAME_MAX];
	unsigned int grants;
	struct tls_grant grant[TLS_GRANTS_MAX];
};

/**
 * tls_context - certificate, key and authority of the file
 * @config: section tls
 *
 * Return: context for both ends, or NULL with a message that names the file.
 */
SSL_CTX *tls_context(const struct tls_config *config);

/** tls_accept - a connection that came; NULL: no memory; @fd is taken. */
struct bufferevent *tls_accept(struct event_base *base, SSL_CTX *context,
			       evutil_socket_t fd);

/**
 * tls_connect - one to be made; connect it with bufferevent_socket_connect()
 * @name: that the certificate at the other end must have, DNS name or address
 */
struct bufferevent *tls_connect(struct event_base *base, SSL_CTX *context,
				const char *name);

/** tls_uri_fn - a URI of a certificate's subjectAltName */
typedef void (*tls_uri_fn)(void *ctx, const char *uri);

/** tls_each_uri - call @fn for each. */
void tls_each_uri(X509 *certificate, tls_uri_fn fn, void *ctx);

/** tls_peer_read - after the handshake; -EACCES if it has no certificate. */
int tls_peer_read(struct bufferevent *bev, struct tls_peer *peer);

/** tls_peer_may - may it put or delete this key of the store? */
bool tls_peer_may(const struct tls_peer *peer, const char *key);

/** tls_problem - what OpenSSL says of a connection that failed. */
const char *tls_problem(struct bufferevent *bev);

#endif /* CATSD_TLS_H */
