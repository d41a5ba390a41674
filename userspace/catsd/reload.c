// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "log.h"
#include "reload.h"

/* no answer to a role that has ended may be under way */
#define STORE_WAIT_MS	5000

/* what more than roles stand on */
static const char *const fixed[] = { "store", "openmetrics" };

#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

static bool same_text(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

static int check_fixed(const struct catsd_config *old,
		       const struct catsd_config *fresh)
{
	const char *what = NULL;
	size_t i;

	for (i = 0; i < FIXED; i++)
		if (!catsd_config_same(old, fresh, fixed[i]))
			what = fixed[i];
	if (!same_text(old->site, fresh->site))
		what = "site";
	if (!same_text(old->control, fresh->control))
		what = "control";
	return what ? cats_error(EINVAL, "%s: is another one: that takes a restart",
				 what) : 0;
}

static bool same_file(const struct stat *one, const struct stat *other)
{
	return one->st_ino == other->st_ino && one->st_size == other->st_size &&
	       one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
	       one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* The whole of it, and right, or nothing. */
static int read_file(const struct reload *reload, struct catsd_config **fresh)
{
	struct catsd with = *reload->catsd;
	struct stat before, after;
	int ret;

	*fresh = NULL;
	if (stat(reload->path, &before))
		return cats_error(errno, "%s: %s", reload->path,
				  strerror(errno));
	ret = catsd_config_load(reload->path, fresh);
	if (ret)
		return ret;
	if (stat(reload->path, &after) || !same_file(&before, &after))
		return cats_error(EAGAIN, "%s: is being written",
				  reload->path);
	ret = check_fixed(reload->config, *fresh);
	with.site = (*fresh)->site;
	with.tls = (*fresh)->tls;
	return ret ? ret : roles_check(&with, *fresh);
}

/* Certificates are of all roles. */
static bool is_changed(const struct catsd_config *old,
		       const struct catsd_config *fresh,
		       const struct running *r)
{
	return !catsd_config_same(old, fresh, r->role->name) ||
	       !catsd_config_same(old, fresh, "tls");
}

/**
 * swing - end the roles that differ, start them with another file
 *
 * Return: 0; a negative errno with a message: some of them may run.
 */
static int swing(struct reload *reload, const struct catsd_config *from,
		 const struct catsd_config *to)
{
	struct running *r = reload->role;

	while (r->role)
		r++;
	while (r-- > reload->role) {
		if (!is_changed(from, to, r))
			continue;
		role_stop(r);
		r->config = *catsd_config_section(to, r->role->name);
	}
	reload->catsd->tls = to->tls;
	return roles_start(reload->role, reload->catsd);
}

/* What stayed the same is used where it was. */
static void take_over(struct reload *reload, struct catsd_config *fresh)
{
	struct catsd_config *old = reload->config;
	struct running *r;
	char *text;
	size_t i;

	for (r = reload->role; r->role; r++)
		if (!is_changed(old, fresh, r))
			catsd_config_keep(fresh, old, r->role->name);
	for (i = 0; i < FIXED; i++)
		catsd_config_keep(fresh, old, fixed[i]);
	if (catsd_config_same(old, fresh, "tls"))
		catsd_config_keep(fresh, old, "tls");
	text = old->site, old->site = fresh->site, fresh->site = text;
	text = old->control, old->control = fresh->control;
	fresh->control = text;
	reload->catsd->tls = fresh->tls;
	reload->config = fresh;
	catsd_config_free(old);
}

static void refuse(struct reload *reload)
{
	reload->refused++;
	snprintf(reload->problem, sizeof(reload->problem), "%s",
		 cats_error_message());
	catsd_log(LOG_ERR, "%s; the configuration in force stays",
		  reload->problem);
}

static void say(const struct reload *reload, const struct catsd_config *fresh)
{
	const struct running *r;
	char names[256] = "";
	size_t len;

	for (r = reload->role; r->role; r++) {
		if (!is_changed(reload->config, fresh, r) ||
		    (!r->config && catsd_config_same(reload->config, fresh,
						     r->role->name)))
			continue;
		len = strlen(names);
		snprintf(names + len, sizeof(names) - len, " %s",
			 r->role->name);
	}
	catsd_log(LOG_NOTICE, "%s: read again; %s%s", reload->path,
		  *names ? "changed:" : "nothing has changed", names);
}

int reload_file(struct reload *reload)
{
	struct catsd_config *fresh;
	int ret;

	ret = read_file(reload, &fresh);
	if (!ret)
		ret = store_wait(reload->catsd->store, STORE_WAIT_MS);
	if (ret) {
		refuse(reload);
		catsd_config_free(fresh);
		return 0;
	}
	ret = swing(reload, reload->config, fresh);
	if (!ret) {
		say(reload, fresh);
		take_over(reload, fresh);
		reload->problem[0] = '\0';
		reload->done++;
		return 0;
	}
	refuse(reload);
	/* those that were started have asked the store by now */
	ret = store_wait(reload->catsd->store, STORE_WAIT_MS);
	if (!ret)
		ret = swing(reload, fresh, reload->config);
	catsd_config_free(fresh);
	return ret;
}
