/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded when something is to be fetched.  It brings thirty libraries
 * along, which would make every `cats route` start five times as slowly.
 */
#ifndef CATS_LIBCURL_H
#define CATS_LIBCURL_H

#include <curl/curl.h>

/* Functions that are used; curl_easy_init() is libcurl.easy_init(). */
#define LIBCURL_FUNCTIONS(X)						\
	X(easy_cleanup) X(easy_escape) X(easy_getinfo) X(easy_init)	\
	X(easy_perform) X(easy_setopt) X(easy_strerror) X(free)		\
	X(multi_add_handle) X(multi_assign) X(multi_cleanup)		\
	X(multi_info_read) X(multi_init) X(multi_remove_handle)		\
	X(multi_setopt) X(multi_socket_action) X(slist_append)		\
	X(slist_free_all) X(url) X(url_cleanup) X(url_get) X(url_set)

/* with arguments of any type in <curl/curl.h> these are macros as well */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

/** struct libcurl - its functions, by name; valid after libcurl_load() */
struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *name;
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};

extern struct libcurl libcurl;

/** libcurl_load - once; 0 or -ENOENT with a message. */
int libcurl_load(void);

#endif /* CATS_LIBCURL_H */
