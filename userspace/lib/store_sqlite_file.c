// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of the SQLite backend: found sound, made, brought into this boot. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "store_sqlite.h"

#define APPLICATION_ID	"1128354899" /* "CATS" */

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS meta("
	" name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS entry("
	" key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL,"
	" ttl INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" lease INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS entry_lease ON entry(lease)"
	" WHERE lease != 0;"
	"CREATE TABLE IF NOT EXISTS lease("
	" id INTEGER PRIMARY KEY, ttl INTEGER NOT NULL,"
	" expires INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS change("
	" id INTEGER PRIMARY KEY, revision INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, key TEXT NOT NULL, value TEXT,"
	" expires INTEGER NOT NULL, lease INTEGER NOT NULL);"
	"PRAGMA application_id = " APPLICATION_ID ";"
	"PRAGMA user_version = 1;"
	"COMMIT";

int sqlite_wrong(struct sqlite *s, const char *path)
{
	return cats_error(EIO, "store: %s: %s", path,
			  sqlite3_errmsg(s->db));
}

int sqlite_check(const struct store_config *config)
{
	if (config->endpoints || config->certificate || config->key ||
	    config->ca || config->prefix)
		return cats_error(EINVAL, "store: type sqlite takes no other key than path");
	if (config->path && config->path[0] != '/')
		return cats_error(EINVAL, "store: path: \"%s\" does not begin with /",
				  config->path);
	return 0;
}

static int is_ours(void *ctx, int columns, char **text, char **names)
{
	(void)columns, (void)names;
	strncat(ctx, text[0] ? text[0] : "", 64);
	strcat(ctx, ";");
	return 0;
}

/* Damage is found before anything is built on it. */
static int examine(struct sqlite *s, const char *path)
{
	char said[512] = "";

	if (sqlite3_exec(s->db, "PRAGMA application_id; PRAGMA user_version;"
			 "SELECT count(*) FROM sqlite_schema;", is_ours, said,
			 NULL) != SQLITE_OK)
		return sqlite_wrong(s, path);
	if (!strcmp(said, "0;0;0;"))
		return 0;
	if (strncmp(said, APPLICATION_ID ";1;", strlen(APPLICATION_ID) + 3))
		return cats_error(EINVAL, "store: %s: not a store of this version of cats",
				  path);
	said[0] = '\0';
	if (sqlite3_exec(s->db, "PRAGMA quick_check(1)", is_ours, said,
			 NULL) != SQLITE_OK)
		return sqlite_wrong(s, path);
	if (strcmp(said, "ok;"))
		return cats_error(EIO, "store: %s: the database is damaged: %s",
				  path, said);
	return 0;
}

int sqlite_connect(struct sqlite *s, const char *path)
{
	char *copy = strdup(path);
	mode_t mask = umask(0077);
	int code, ret;

	if (copy)
		mkdir(dirname(copy), 0755);
	free(copy);
	code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE |
			       SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	umask(mask);
	if (code != SQLITE_OK)
		return sqlite_wrong(s, path);
	sqlite3_busy_timeout(s->db, SQLITE_BUSY_MS);
	sqlite3_wal_autocheckpoint(s->db, 0);
	ret = examine(s, path);
	if (ret)
		return ret;
	if (sqlite3_exec(s->db, "PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL;", NULL, NULL, NULL) !=
		    SQLITE_OK ||
	    sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_wrong(s, path);
	return 0;
}

/* Of the boot's id, enough to tell one boot from another. */
static int64_t this_boot(void)
{
	char text[18] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, text, 8) != 8)
			text[0] = '\0';
		close(fd);
	}
	return strtoll(text, NULL, 16);
}

/* Another boot, another CLOCK_BOOTTIME: what has a time gets it all again. */
int sqlite_start_clocks(struct sqlite *s, const char *path)
{
	int64_t boot = this_boot(), at = clock_ms(CLOCK_BOOTTIME);

	if (sqlite_step(s, SQL_BEGIN, "") != SQLITE_DONE)
		return sqlite_wrong(s, path);
	if (sqlite_get_meta(s, "boot") != boot &&
	    (sqlite_step(s, SQL_AGAIN, "i", at) != SQLITE_DONE ||
	     sqlite_step(s, SQL_AGAIN_LEASES, "i", at) != SQLITE_DONE ||
	     sqlite_step(s, SQL_SET_META, "si", "boot", boot) != SQLITE_DONE))
		return sqlite_wrong(s, path);
	if (sqlite_step(s, SQL_COMMIT, "") != SQLITE_DONE)
		return sqlite_wrong(s, path);
	return 0;
}
