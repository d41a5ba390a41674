// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "root.h"

ssize_t sma_pread(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (len < size - 1) {
		n = pread(fd, buf + len, size - 1 - len, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		len += n;
	}
	buf[len] = '\0';
	return len;
}

ssize_t sma_root_read(const char *root, char *buf, size_t size, const char *fmt,
		      ...)
{
	char path[PATH_MAX];
	ssize_t len;
	size_t at;
	va_list ap;
	int fd;

	at = snprintf(path, sizeof(path), "%s", root);
	if (at >= sizeof(path))
		return -1;
	va_start(ap, fmt);
	at += vsnprintf(path + at, sizeof(path) - at, fmt, ap);
	va_end(ap);
	if (at >= sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = sma_pread(fd, buf, size);
	close(fd);
	return len;
}

double sma_root_number(const char *root, const char *path)
{
	char buf[64], *end;
	double value;

	if (sma_root_read(root, buf, sizeof(buf), "%s", path) <= 0)
		return NAN;
	value = strtod(buf, &end);
	return end == buf ? NAN : value;
}

bool sma_field(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	char *end;

	while (text && *text) {
		if (!strncmp(text, name, len)) {
			text += len;
			*value = strtoull(text, &end, 10);
			return end != text;
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return false;
}
