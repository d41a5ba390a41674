// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "carriage/tls.h"
#include "error.h"
#include "mapped.h"

#define SCHEME	"cats://"

static const char *reason(void)
{
	static char text[160];
	unsigned long code = ERR_peek_last_error();

	ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	return code && ERR_reason_error_string(code) ?
		       ERR_reason_error_string(code) : "unknown";
}

SSL_CTX *tls_context(const struct tls_config *config)
{
	SSL_CTX *context = SSL_CTX_new(TLS_method());

	if (!context ||
	    !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)) {
		cats_error(ENOMEM, "tls: %s", reason());
		goto fail;
	}
	if (SSL_CTX_use_certificate_chain_file(context,
					       config->certificate) != 1) {
		cats_error(EINVAL, "tls: certificate: %s: %s",
			   config->certificate, reason());
		goto fail;
	}
	if (SSL_CTX_use_PrivateKey_file(context, config->key,
					SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1) {
		cats_error(EINVAL, "tls: key: %s: %s", config->key, reason());
		goto fail;
	}
	if (SSL_CTX_load_verify_locations(context, config->ca, NULL) != 1) {
		cats_error(EINVAL, "tls: ca: %s: %s", config->ca, reason());
		goto fail;
	}
	SSL_CTX_set_verify(context,
			   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	/* a resumed session would not show what the certificate grants now */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(context, 0);
	return context;
fail:
	SSL_CTX_free(context);
	return NULL;
}

struct bufferevent *tls_accept(struct event_base *base, SSL_CTX *context,
			       evutil_socket_t fd)
{
	SSL *ssl = SSL_new(context);
	struct bufferevent *bev = NULL;

	if (ssl)
		bev = bufferevent_openssl_socket_new(base, fd, ssl,
						     BUFFEREVENT_SSL_ACCEPTING,
						     BEV_OPT_CLOSE_ON_FREE |
						     BEV_OPT_DEFER_CALLBACKS);
	if (bev)
		return bev;
	SSL_free(ssl);
	evutil_closesocket(fd);
	return NULL;
}

/* An address is looked for among the addresses, not the names. */
static bool expect_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	return X509_VERIFY_PARAM_set1_ip_asc(param, name) ||
	       SSL_set1_host(ssl, name);
}

struct bufferevent *tls_connect(struct event_base *base, SSL_CTX *context,
				const char *name)
{
	SSL *ssl = SSL_new(context);
	struct bufferevent *bev = NULL;

	if (ssl && expect_name(ssl, name))
		bev = bufferevent_openssl_socket_new(base, -1, ssl,
						     BUFFEREVENT_SSL_CONNECTING,
						     BEV_OPT_CLOSE_ON_FREE |
						     BEV_OPT_DEFER_CALLBACKS);
	if (!bev)
		SSL_free(ssl);
	return bev;
}

/* ADDRESS[/LEN] */
static bool parse_prefix(const char *text, struct tls_grant *grant)
{
	char addr[INET6_ADDRSTRLEN] = "", *end;
	size_t len = strcspn(text, "/");
	unsigned long given;
	unsigned int bits;

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	if (!mapped_parse(addr, grant->addr))
		return false;
	bits = mapped_is_ipv4(grant->addr) ? 32 : 128;
	grant->len = 128;
	if (!text[len])
		return true;
	given = strtoul(text + len + 1, &end, 10);
	if (end == text + len + 1 || *end || given > bits)
		return false;
	grant->len = 128 - bits + given;
	return true;
}

static bool parse_grant(const char *uri, struct tls_grant *grant)
{
	const char *site = uri + strlen(SCHEME);
	size_t len;

	memset(grant, 0, sizeof(*grant));
	if (strncmp(uri, SCHEME, strlen(SCHEME)))
		return false;
	len = strcspn(site, "/");
	if (!len || len >= sizeof(grant->site))
		return false;
	memcpy(grant->site, site, len);
	grant->whole = !site[len];
	return grant->whole || parse_prefix(site + len + 1, grant);
}

void tls_each_uri(X509 *certificate, tls_uri_fn fn, void *ctx)
{
	GENERAL_NAMES *names;
	int i;

	names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *uri;
		const char *text;

		if (name->type != GEN_URI)
			continue;
		uri = name->d.uniformResourceIdentifier;
		text = (const char *)ASN1_STRING_get0_data(uri);
		/* one with a NUL inside says something else than it seems to */
		if (strlen(text) == (size_t)ASN1_STRING_length(uri))
			fn(ctx, text);
	}
	GENERAL_NAMES_free(names);
}

static void read_grant(void *ctx, const char *uri)
{
	struct tls_peer *peer = ctx;

	if (peer->grants < TLS_GRANTS_MAX &&
	    parse_grant(uri, &peer->grant[peer->grants]))
		peer->grants++;
}

int tls_peer_read(struct bufferevent *bev, struct tls_peer *peer)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;

	memset(peer, 0, sizeof(*peer));
	if (!certificate)
		return -EACCES;
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
				  NID_commonName, peer->name,
				  sizeof(peer->name));
	tls_each_uri(certificate, read_grant, peer);
	X509_free(certificate);
	return 0;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	unsigned int bytes = len / 8, rest = len % 8;

	return !memcmp(a, b, bytes) &&
	       (!rest || !((a[bytes] ^ b[bytes]) >> (8 - rest)));
}

static bool grant_covers(const struct tls_grant *grant, const char *kind,
			 const char *subject)
{
	uint8_t addr[16];

	if (grant->whole)
		return true;
	return strcmp(kind, "path") && mapped_parse(subject, addr) &&
	       same_bits(addr, grant->addr, grant->len);
}

bool tls_peer_may(const struct tls_peer *peer, const char *key)
{
	char kind[16], site[TLS_NAME_MAX], subject[64];
	unsigned int i;
	int end = 0;

	/* KIND/SITE/SUBJECT */
	if (sscanf(key, "%15[^/]/%63[^/]/%63[^/]%n", kind, site, subject,
		   &end) != 3 || key[end])
		return false;
	if (strcmp(kind, "metric") && strcmp(kind, "path") &&
	    strcmp(kind, "instance"))
		return false;
	for (i = 0; i < peer->grants; i++)
		if (!strcmp(peer->grant[i].site, site) &&
		    grant_covers(&peer->grant[i], kind, subject))
			return true;
	return false;
}

const char *tls_problem(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	unsigned long code = bufferevent_get_openssl_error(bev);
	long verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (verify != X509_V_OK)
		return X509_verify_cert_error_string(verify);
	if (code && ERR_reason_error_string(code))
		return ERR_reason_error_string(code);
	return NULL;
}
