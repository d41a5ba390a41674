// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

static void fail(const char *what)
{
	perror(what);
	abort();
}

void tree_new(char root[64])
{
	strcpy(root, "/tmp/cats.XXXXXX");
	if (!mkdtemp(root))
		fail("mkdtemp");
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void tree_free(const char *root)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_directories(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

void tree_write_octets(const char *root, const char *path, const void *data,
		       size_t len)
{
	char whole[PATH_MAX];
	int fd;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	make_directories(whole);
	/* not a new file: who has the old one open sees what is written */
	fd = open(whole, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || pwrite(fd, data, len, 0) != (ssize_t)len ||
	    ftruncate(fd, len))
		fail(whole);
	close(fd);
}

void tree_write(const char *root, const char *path, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tree_write_octets(root, path, text, strlen(text));
}

void tree_cpu(const char *root, unsigned int cpus, unsigned long busy,
	      unsigned long idle)
{
	char text[4096];
	unsigned int i;
	int len;

	len = sprintf(text, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", busy, idle);
	for (i = 0; i < cpus; i++)
		len += sprintf(text + len, "cpu%u %lu 0 0 %lu 0 0 0 0 0 0\n", i,
			       busy / cpus, idle / cpus);
	sprintf(text + len, "intr 0\nctxt 0\n");
	tree_write(root, "/proc/stat", "%s", text);
}

void tree_memory(const char *root, unsigned long total,
		 unsigned long available)
{
	tree_write(root, "/proc/meminfo",
		   "MemTotal: %8lu kB\nMemFree: 1 kB\nMemAvailable: %lu kB\n",
		   total, available);
}
