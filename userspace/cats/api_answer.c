// SPDX-License-Identifier: GPL-2.0-or-later
/* What the objects that talk to an API show of its answers, and read from files. */
#include <errno.h>
#include <stdio.h>

#include "api.h"
#include "error.h"
#include "output.h"

void api_show(const json_t *object, api_text_fn text)
{
	const char *key;
	json_t *value;

	out_open();
	if (options.json)
		json_object_foreach((json_t *)object, key, value)
			out_json(key, value);
	else
		text(object);
	out_close();
}

int api_show_pages(enum api api, const char *member, api_text_fn text,
		   const char *path, const char *search)
{
	char after[256] = "";
	json_t *page, *one;
	const char *next;
	size_t i;
	int ret;

	out_begin();
	do {
		ret = search ? api_ask(api, "GET", NULL, &page, path, search,
				       after, NULL) :
			       api_ask(api, "GET", NULL, &page, path, after,
				       NULL);
		if (ret)
			break;
		json_array_foreach(json_object_get(page, member), i, one)
			api_show(one, text);
		next = json_string_value(json_object_get(page, "next"));
		snprintf(after, sizeof(after), "%s", next ? next : "");
		json_decref(page);
	} while (*after);
	out_end();
	return ret;
}

json_t *api_load(const char *path, const char *member, json_t **file)
{
	json_error_t error;
	json_t *array;

	*file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!*file) {
		cats_error(EINVAL, "%s: line %d: %s", path, error.line,
			   error.text);
		return NULL;
	}
	array = json_is_array(*file) ? *file : json_object_get(*file, member);
	if (json_is_array(array))
		return array;
	cats_error(EINVAL, "%s: is neither an array of %s nor has one", path,
		   member);
	json_decref(*file);
	*file = NULL;
	return NULL;
}
