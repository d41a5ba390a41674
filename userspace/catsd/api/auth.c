// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "carriage/tls.h"
#include "error.h"

#define TOKENS_MAX	65536
#define TOKEN_MIN	16	/* fewer characters can be guessed */
#define TOKEN_MAX	256
#define SCHEME		"cats-role:"

static const struct {
	const char *name;
	unsigned int kind;
} kinds[] = {
	{ "operator", API_OPERATOR },
	{ "site", API_SITE },
	{ "client", API_CLIENT },
	{ "forwarder", API_FORWARDER },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *api_kind_name(unsigned int kind)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "nobody";
}

static unsigned int find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	return API_ANYBODY;
}

static void digest_of(const char *token, unsigned char *digest)
{
	SHA256((const unsigned char *)token, strlen(token), digest);
}

static int by_digest(const void *a, const void *b)
{
	const struct api_token *left = a, *right = b;

	return memcmp(left->digest, right->digest, sizeof(left->digest));
}

static int add_line(struct api_tokens *tokens, char *line, unsigned int nr)
{
	char *save, *kind, *name, *token;
	struct api_token *grown, *added;

	kind = strtok_r(line, " \t\n", &save);
	if (!kind || kind[0] == '#')
		return 0;
	name = strtok_r(NULL, " \t\n", &save);
	token = strtok_r(NULL, " \t\n", &save);
	if (!token || strtok_r(NULL, " \t\n", &save) || !find_kind(kind) ||
	    strlen(name) >= TLS_NAME_MAX)
		return cats_error(EINVAL, "tokens: %s: line %u is not KIND NAME TOKEN; KIND is operator, site, client or forwarder",
				  tokens->path, nr);
	if (strlen(token) < TOKEN_MIN || strlen(token) > TOKEN_MAX)
		return cats_error(EINVAL, "tokens: %s: line %u: a token has %d to %d characters",
				  tokens->path, nr, TOKEN_MIN, TOKEN_MAX);
	if (tokens->count == TOKENS_MAX)
		return cats_error(EINVAL, "tokens: %s: more than %d",
				  tokens->path, TOKENS_MAX);
	grown = realloc(tokens->token,
			(tokens->count + 1) * sizeof(*tokens->token));
	if (!grown)
		return cats_error_kernel(ENOMEM, "tokens");
	tokens->token = grown;
	added = &grown[tokens->count++];
	memset(added, 0, sizeof(*added));
	added->kind = find_kind(kind);
	strcpy(added->name, name);
	digest_of(token, added->digest);
	return 0;
}

static int check_unique(const struct api_tokens *tokens)
{
	size_t i;

	for (i = 1; i < tokens->count; i++)
		if (!by_digest(&tokens->token[i - 1], &tokens->token[i]))
			return cats_error(EINVAL, "tokens: %s: \"%s\" and \"%s\" have the same token",
					  tokens->path,
					  tokens->token[i - 1].name,
					  tokens->token[i].name);
	return 0;
}

static int read_file(struct api_tokens *tokens, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	unsigned int nr = 0;
	int ret = 0;

	if (fstat(fileno(file), &tokens->seen))
		return cats_error(errno, "tokens: %s: %s", tokens->path,
				  strerror(errno));
	if (tokens->seen.st_mode & 077)
		return cats_error(EACCES, "tokens: %s: others than its owner may read or write it",
				  tokens->path);
	while (!ret && getline(&line, &room, file) >= 0)
		ret = add_line(tokens, line, ++nr);
	if (line)
		explicit_bzero(line, room);
	free(line);
	if (ret)
		return ret;
	if (tokens->count)
		qsort(tokens->token, tokens->count, sizeof(*tokens->token),
		      by_digest);
	return check_unique(tokens);
}

int api_tokens_load(struct api_tokens *tokens)
{
	struct api_tokens fresh = { .path = tokens->path };
	FILE *file;
	int ret;

	if (!tokens->path)
		return 0;
	file = fopen(tokens->path, "re");
	if (!file)
		return cats_error(errno, "tokens: %s: %s", tokens->path,
				  strerror(errno));
	ret = read_file(&fresh, file);
	fclose(file);
	/* looked at, good or not: said once */
	tokens->seen = fresh.seen;
	if (ret) {
		api_tokens_free(&fresh);
		return ret;
	}
	api_tokens_free(tokens);
	tokens->token = fresh.token;
	tokens->count = fresh.count;
	return 0;
}

void api_tokens_free(struct api_tokens *tokens)
{
	free(tokens->token);
	tokens->token = NULL;
	tokens->count = 0;
}

static void reload_if_changed(struct api_tokens *tokens)
{
	struct stat now;

	if (!tokens->path || stat(tokens->path, &now))
		return;
	if (now.st_mtim.tv_sec == tokens->seen.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == tokens->seen.st_mtim.tv_nsec &&
	    now.st_size == tokens->seen.st_size &&
	    now.st_ino == tokens->seen.st_ino)
		return;
	if (api_tokens_load(tokens))
		catsd_log_limited(&tokens->limit, LOG_WARNING,
				  "%s; the tokens read before stay in force",
				  cats_error_message());
}

static void read_token(struct api_who *who, struct api_tokens *tokens,
		       const char *header)
{
	struct api_token key, *found;

	if (strncmp(header, "Bearer ", 7))
		return;
	reload_if_changed(tokens);
	digest_of(header + 7, key.digest);
	/* of a digest nothing can be learnt from the time this takes */
	found = tokens->count ? bsearch(&key, tokens->token, tokens->count,
					sizeof(key), by_digest) : NULL;
	if (!found)
		return;
	who->kinds = found->kind;
	strcpy(who->name, found->name);
}

/* sites are cats://SITE */
static void read_role(void *ctx, const char *uri)
{
	struct api_who *who = ctx;

	if (!strncmp(uri, SCHEME, strlen(SCHEME)))
		who->kinds |= find_kind(uri + strlen(SCHEME)) & ~API_SITE;
}

static int read_certificate(struct api_who *who, struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
	unsigned int i;

	if (!certificate)
		return 0;
	who->peer = calloc(1, sizeof(*who->peer));
	if (!who->peer) {
		X509_free(certificate);
		return -ENOMEM;
	}
	tls_peer_read(bev, who->peer);
	strcpy(who->name, who->peer->name);
	tls_each_uri(certificate, read_role, who);
	X509_free(certificate);
	for (i = 0; i < who->peer->grants; i++)
		if (who->peer->grant[i].whole)
			who->kinds |= API_SITE;
	return 0;
}

int api_who_read(struct api_who *who, struct api_tokens *tokens,
		 struct bufferevent *bev, const char *header)
{
	int ret;

	memset(who, 0, sizeof(*who));
	ret = read_certificate(who, bev);
	if (!ret && !who->kinds && header)
		read_token(who, tokens, header);
	return ret;
}

void api_who_clear(struct api_who *who)
{
	free(who->peer);
	who->peer = NULL;
}

bool api_who_is_site(const struct api_who *who, const char *site)
{
	unsigned int i;

	if (!(who->kinds & API_SITE))
		return false;
	if (!who->peer)
		return !strcmp(who->name, site);
	for (i = 0; i < who->peer->grants; i++)
		if (who->peer->grant[i].whole &&
		    !strcmp(who->peer->grant[i].site, site))
			return true;
	return false;
}
