// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "error.h"
#include "libcurl.h"

struct libcurl libcurl;

static const struct {
	const char *name;
	void *member;
} functions[] = {
#define LIBCURL_ENTRY(name) { "curl_" #name, &libcurl.name },
	LIBCURL_FUNCTIONS(LIBCURL_ENTRY)
#undef LIBCURL_ENTRY
};

int libcurl_load(void)
{
	static void *library;
	void *function;
	size_t i;

	if (library)
		return 0;
	library = dlopen("libcurl.so.4", RTLD_NOW);
	if (!library)
		return cats_error(ENOENT, "cannot load libcurl: %s", dlerror());
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		function = dlsym(library, functions[i].name);
		if (!function) {
			dlclose(library);
			library = NULL;
			return cats_error(ENOENT, "this libcurl is too old: it has no %s",
					  functions[i].name);
		}
		memcpy(functions[i].member, &function, sizeof(function));
	}
	return 0;
}
