// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

#define BOOT_ID	"/proc/sys/kernel/random/boot_id"
#define TEXT	64

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static void read_boot(char text[TEXT])
{
	FILE *file = fopen(BOOT_ID, "re");

	text[0] = '\0';
	if (!file)
		return;
	if (fgets(text, TEXT, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

static void read_link(const char *path, char text[TEXT])
{
	ssize_t len = readlink(path, text, TEXT - 1);

	text[len > 0 ? len : 0] = '\0';
}

/* "" if /proc is of another namespace: it says nothing of our PIDs. */
static void read_namespace(char text[TEXT])
{
	read_link("/proc/self", text);
	if (atoi(text) == getpid())
		read_link("/proc/self/ns/pid", text);
	else
		text[0] = '\0';
}

/* Return: ticks since boot; 0: there is no such process, or it is a zombie. */
static unsigned long long start_of(json_int_t pid)
{
	unsigned long long start = 0;
	char path[TEXT], text[1024], *at;
	FILE *file;
	size_t len;
	char state;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	/* the name, in parentheses, may have some of its own: proc_pid_stat(5) */
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			  &state, &start) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : start;
}

json_t *process_self(void)
{
	char boot[TEXT], namespace[TEXT];

	read_boot(boot);
	read_namespace(namespace);
	return json_pack("{s:s, s:s, s:I, s:I}", "boot", boot, "namespace",
			 namespace, "pid", (json_int_t)getpid(), "start",
			 (json_int_t)start_of(getpid()));
}

enum process_life process_life(const json_t *process)
{
	json_int_t pid = json_integer_value(json_object_get(process, "pid"));
	json_int_t start = json_integer_value(json_object_get(process,
							      "start"));
	char boot[TEXT], namespace[TEXT];

	read_boot(boot);
	read_namespace(namespace);
	if (!*boot || !*namespace || !start ||
	    strcmp(text_of(process, "boot"), boot) ||
	    strcmp(text_of(process, "namespace"), namespace))
		return PROCESS_UNKNOWN;
	if (start_of(pid) != (unsigned long long)start)
		return PROCESS_OVER;
	return pid == getpid() ? PROCESS_OURS : PROCESS_ALIVE;
}
