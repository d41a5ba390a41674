// SPDX-License-Identifier: GPL-2.0-or-later
/* Section store of type etcd: what may be in it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "libcurl.h"
#include "store_etcd.h"

static bool is_loopback(const char *host)
{
	return !strcmp(host, "127.0.0.1") || !strcmp(host, "[::1]") ||
	       !strcmp(host, "localhost");
}

static int check_endpoint(const struct store_config *config, const char *text)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
	CURLU *url;
	int ret;

	ret = libcurl_load();
	if (ret)
		return ret;
	url = libcurl.url();
	if (!url)
		return cats_error(ENOMEM, "store: out of memory");
	if (libcurl.url_set(url, CURLUPART_URL, text, 0) ||
	    libcurl.url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
	    libcurl.url_get(url, CURLUPART_HOST, &host, 0) ||
	    libcurl.url_get(url, CURLUPART_PORT, &port, 0) ||
	    libcurl.url_get(url, CURLUPART_PATH, &path, 0) ||
	    strcmp(path, "/") || text[strlen(text) - 1] == '/')
		ret = cats_error(EINVAL, "store: endpoints: \"%s\" is not https://HOST:PORT",
				 text);
	else if (!strcmp(scheme, "https") && !config->certificate)
		ret = cats_error(EINVAL, "store: endpoints: \"%s\" needs certificate, key and ca",
				 text);
	else if (strcmp(scheme, "https") &&
		 (strcmp(scheme, "http") || !is_loopback(host)))
		ret = cats_error(EINVAL, "store: endpoints: \"%s\" has to be https: it is no loopback address",
				 text);
	libcurl.free(scheme);
	libcurl.free(host);
	libcurl.free(port);
	libcurl.free(path);
	libcurl.url_cleanup(url);
	return ret;
}

static int check_files(const struct store_config *config)
{
	const char *const names[] = { "certificate", "key", "ca" };
	const char *const files[] = { config->certificate, config->key,
				      config->ca };
	unsigned int i, given = 0;

	for (i = 0; i < 3; i++) {
		if (!files[i])
			continue;
		given++;
		if (access(files[i], R_OK))
			return cats_error(EINVAL, "store: %s: %s: %s",
					  names[i], files[i],
					  strerror(errno));
	}
	if (given && given < 3)
		return cats_error(EINVAL, "store: certificate, key and ca belong together");
	return 0;
}

int etcd_check(const struct store_config *config)
{
	unsigned int i;
	int ret;

	if (config->path)
		return cats_error(EINVAL, "store: type etcd takes no path");
	if (!config->endpoints_count)
		return cats_error(EINVAL, "store: endpoints: type etcd needs one at least");
	if (config->prefix && (!store_key_is_valid(config->prefix) ||
			       strlen(config->prefix) > 128))
		return cats_error(EINVAL, "store: prefix: \"%s\" is not up to 128 printable characters",
				  config->prefix);
	ret = check_files(config);
	for (i = 0; !ret && i < config->endpoints_count; i++)
		ret = check_endpoint(config, config->endpoints[i]);
	return ret;
}
