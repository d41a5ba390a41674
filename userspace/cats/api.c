// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "error.h"
#include "libcurl.h"

#define TIMEOUT_S	30
#define ANSWER_MAX	(64u << 20)

static const struct {
	const char *variable;
	const char *url;
} servers[] = {
	[API_PLATFORM] = { "CATS_PLATFORM", "http://127.0.0.1:9850" },
	[API_CMAS] = { "CATS_CMAS", "http://127.0.0.1:9851" },
};

/**
 * struct answer - what has come
 * @text: octets
 * @len: of them
 */
struct answer {
	char *text;
	size_t len;
};

static size_t take(char *data, size_t size, size_t count, void *ctx)
{
	struct answer *answer = ctx;
	char *grown;

	if (answer->len + size * count > ANSWER_MAX)
		return 0;
	grown = realloc(answer->text, answer->len + size * count + 1);
	if (!grown)
		return 0;
	answer->text = grown;
	memcpy(grown + answer->len, data, size * count);
	answer->len += size * count;
	return size * count;
}

static const char *base_url(enum api api)
{
	const char *url = getenv(servers[api].variable);

	return url && *url ? url : servers[api].url;
}

/* URL with @path, whose {} are the arguments; to be freed */
static char *make_url(CURL *curl, enum api api, const char *path, va_list ap)
{
	const char *base = base_url(api), *text;
	size_t size = 0, len = strlen(base);
	FILE *out;
	char *url = NULL, *escaped;

	out = open_memstream(&url, &size);
	if (!out)
		return NULL;
	/* "http://host/" and "/services" */
	fprintf(out, "%.*s", (int)(len - (len && base[len - 1] == '/')), base);
	for (; *path; path++) {
		if (*path != '{') {
			fputc(*path, out);
			continue;
		}
		text = va_arg(ap, const char *);
		escaped = libcurl.easy_escape(curl, text, 0);
		fputs(escaped ? escaped : "", out);
		libcurl.free(escaped);
		path++;
	}
	fclose(out);
	return url;
}

static int add_token(struct curl_slist **headers)
{
	const char *path = getenv("CATS_TOKEN_FILE");
	char token[300] = "", line[350];
	FILE *file;

	if (!path || !*path)
		return 0;
	file = fopen(path, "re");
	if (!file)
		return cats_error(errno, "CATS_TOKEN_FILE: %s: %s", path,
				  strerror(errno));
	if (fgets(token, sizeof(token), file))
		token[strcspn(token, " \t\r\n")] = '\0';
	fclose(file);
	if (!*token)
		return cats_error(EINVAL, "CATS_TOKEN_FILE: %s: has no token in its first line",
				  path);
	snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	*headers = libcurl.slist_append(*headers, line);
	return 0;
}

static void set_file(CURL *curl, CURLoption option, const char *variable)
{
	const char *path = getenv(variable);

	if (path && *path)
		libcurl.easy_setopt(curl, option, path);
}

static int send_request(CURL *curl, const char *url, const char *method,
			const char *text, struct answer *answer)
{
	struct curl_slist *headers;
	CURLcode code;
	int ret;

	headers = libcurl.slist_append(NULL, "Content-Type: application/json");
	ret = add_token(&headers);
	if (ret)
		goto out;
	libcurl.easy_setopt(curl, CURLOPT_URL, url);
	libcurl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	libcurl.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	if (text)
		libcurl.easy_setopt(curl, CURLOPT_POSTFIELDS, text);
	libcurl.easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	libcurl.easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	/* these are hosts of ours: no proxy stands between */
	libcurl.easy_setopt(curl, CURLOPT_PROXY, "");
	libcurl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	libcurl.easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	set_file(curl, CURLOPT_CAINFO, "CATS_CA");
	set_file(curl, CURLOPT_SSLCERT, "CATS_CERTIFICATE");
	set_file(curl, CURLOPT_SSLKEY, "CATS_KEY");
	code = libcurl.easy_perform(curl);
	if (code != CURLE_OK)
		ret = cats_error(code == CURLE_COULDNT_CONNECT ? ECONNREFUSED :
								 EIO,
				 "%s: %s", url, libcurl.easy_strerror(code));
out:
	libcurl.slist_free_all(headers);
	return ret;
}

static int error_of(long status)
{
	switch (status) {
	case 401:
	case 403:
		return EPERM;
	case 404:
		return ENOENT;
	case 409:
	case 412:
		return EEXIST;
	default:
		return EREMOTEIO;
	}
}

static int judge(long status, const struct answer *got, const char *url,
		 json_t **answer)
{
	const char *why;
	json_t *body;
	int ret;

	body = got->len ? json_loadb(got->text, got->len, 0, NULL) : NULL;
	if (status >= 200 && status < 300 && (!got->len || body)) {
		*answer = body;
		return 0;
	}
	why = json_string_value(json_object_get(body, "error"));
	if (why && status >= 400)
		ret = cats_error(error_of(status), "%s", why);
	else
		ret = cats_error(EREMOTEIO, "%s: answers with status %ld and no JSON of ours",
				 url, status);
	json_decref(body);
	return ret;
}

int api_ask(enum api api, const char *method, json_t *body, json_t **answer,
	    const char *path, ...)
{
	char *text = NULL, *url = NULL;
	struct answer got = {};
	long status = 0;
	CURL *curl;
	va_list ap;
	int ret;

	*answer = NULL;
	ret = libcurl_load();
	if (ret) {
		json_decref(body);
		return ret;
	}
	curl = libcurl.easy_init();
	text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	va_start(ap, path);
	if (curl)
		url = make_url(curl, api, path, ap);
	va_end(ap);
	if (url && (text || !body))
		ret = send_request(curl, url, method, text, &got);
	else
		ret = cats_error_kernel(ENOMEM, "request");
	if (!ret) {
		libcurl.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		ret = judge(status, &got, url, answer);
	}
	libcurl.easy_cleanup(curl);
	json_decref(body);
	free(got.text);
	free(text);
	free(url);
	return ret;
}
