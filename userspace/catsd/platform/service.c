// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "api/member.h"
#include "error.h"
#include "platform/service.h"

#define TEXT_MAX	1024
#define LONG_TEXT_MAX	4096
#define TEXTS_MAX	32
#define TIME_MAX	(24ull * 3600 * 1000000)	/* us: a day */
#define WORD_MAX	64

static const char *const columns[] = {
	"id", "name", "input", "description", "code", "computing", "storage",
	"computing-time", "software", "csid", NULL
};

static int check_time(const json_t *time)
{
	static const char *const members[] = { "max-us", "min-us", "note",
					       NULL };
	uint64_t min = 0, max = 0;
	int ret;

	if (!json_is_object(time))
		return cats_error(EINVAL, "computing-time: is not an object with max-us");
	ret = member_only(time, members);
	if (!ret)
		ret = member_number(time, "max-us", 1, TIME_MAX, true, &max);
	if (!ret)
		ret = member_number(time, "min-us", 0, TIME_MAX, false, &min);
	if (!ret)
		ret = member_text(time, "note", TEXT_MAX, false);
	if (!ret && min > max)
		ret = cats_error(EINVAL, "min-us: is more than max-us");
	return ret;
}

static int check_id(const json_t *service, const char *id)
{
	const json_t *given = json_object_get(service, "id");

	if (!member_name_is_valid(id))
		return cats_error(EINVAL, "id: \"%.64s\" is not 1 to 63 letters, digits, \"-\", \".\" and \"_\"",
				  id);
	if (given && (!json_is_string(given) ||
		      strcmp(json_string_value(given), id)))
		return cats_error(EINVAL, "id: is not the one of the path, \"%s\"",
				  id);
	return 0;
}

int service_check(const json_t *service, const char *id)
{
	static const struct {
		const char *name;
		size_t max;
		bool need;
	} texts[] = {
		{ "name", TEXT_MAX, true },
		{ "description", LONG_TEXT_MAX, true },
		{ "code", TEXT_MAX, false },
		{ "computing", TEXT_MAX, true },
		{ "storage", TEXT_MAX, true },
	};
	uint8_t csid[16];
	size_t i;
	int ret;

	ret = member_only(service, columns);
	if (!ret)
		ret = check_id(service, id);
	for (i = 0; !ret && i < sizeof(texts) / sizeof(texts[0]); i++)
		ret = member_text(service, texts[i].name, texts[i].max,
				  texts[i].need);
	if (!ret)
		ret = member_texts(service, "input", TEXTS_MAX, TEXT_MAX);
	if (!ret)
		ret = member_texts(service, "software", TEXTS_MAX, TEXT_MAX);
	if (!ret)
		ret = member_address(service, "csid", false, csid);
	if (!ret)
		ret = check_time(json_object_get(service, "computing-time"));
	return ret;
}

static bool contains(const json_t *value, const char *word)
{
	const json_t *element;
	const char *key;
	size_t i;

	if (json_is_string(value))
		return strcasestr(json_string_value(value), word);
	json_array_foreach(value, i, element)
		if (contains(element, word))
			return true;
	if (!json_is_object(value))
		return false;
	json_object_foreach((json_t *)value, key, element)
		if (contains(element, word))
			return true;
	return false;
}

bool service_has_words(const json_t *service, const char *search)
{
	char word[WORD_MAX];
	size_t len;

	while (*(search += strspn(search, " "))) {
		len = strcspn(search, " ");
		/* nothing holds a word that is longer than we compare */
		if (len >= sizeof(word))
			return false;
		memcpy(word, search, len);
		word[len] = '\0';
		search += len;
		if (!contains(service, word))
			return false;
	}
	return true;
}
