// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sma_groups.h"
#include "tree.h"

#define MIB (1UL << 20)

static void path_of(char path[256], const char *mount, unsigned int i)
{
	snprintf(path, 256, "%s/cats-bench-%u", mount, i);
}

const char *groups_find(void)
{
	static const char *const mounts[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
	};
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		snprintf(path, sizeof(path), "%s/cgroup.controllers",
			 mounts[i]);
		if (access(path, R_OK))
			continue;
		path_of(path, mounts[i], 0);
		if (mkdir(path, 0755) && errno != EEXIST)
			continue;
		rmdir(path);
		return mounts[i];
	}
	return NULL;
}

bool groups_make(const char *mount, unsigned int count, const char **what)
{
	char path[256], file[300];
	unsigned int i;

	for (i = 0; i < count; i++) {
		path_of(path, mount, i);
		if (mkdir(path, 0755) && errno != EEXIST)
			return false;
	}
	snprintf(file, sizeof(file), "%s/memory.current", path);
	*what = access(file, R_OK) ? "cpu.stat" : "cpu.stat, memory.current";
	return true;
}

void groups_remove(const char *mount, unsigned int count)
{
	char path[256];
	unsigned int i;

	for (i = 0; i < count; i++) {
		path_of(path, mount, i);
		rmdir(path);
	}
}

static void write_file(const char *root, unsigned int i, const char *name,
		       const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "/cg/cats-bench-%u/%s", i, name);
	tree_write(root, path, "%s\n", text);
}

static void write_memory(const char *root, unsigned int i)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", random() % 1024 * MIB);
	write_file(root, i, "memory.current", text);
}

void groups_write(const char *root, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		/* as long as a real one with the CPU controller */
		write_file(root, i, "cpu.stat",
			   "usage_usec 123456789\nuser_usec 100000000\n"
			   "system_usec 23456789\nnice_usec 0\nnr_periods 0\n"
			   "nr_throttled 0\nthrottled_usec 0\nnr_bursts 0\n"
			   "burst_usec 0");
		write_file(root, i, "cpu.max", "200000 100000");
		write_file(root, i, "memory.max", "1073741824");
		write_memory(root, i);
	}
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

pid_t groups_change(const char *root, unsigned int count, unsigned int each)
{
	pid_t pid = child();
	unsigned int i;

	if (pid)
		return pid;
	for (;;) {
		for (i = 0; i < each; i++)
			write_memory(root, random() % count);
		sleep(1);
	}
}

static void serve(int fd)
{
	static const char answer[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
	char request[1024];
	int client;

	for (;;) {
		client = accept(fd, NULL, NULL);
		if (client < 0)
			continue;
		if (recv(client, request, sizeof(request), 0) > 0)
			send(client, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		close(client);
	}
}

pid_t server_start(uint16_t *port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);
	pid_t pid;

	if (fd < 0 || bind(fd, (void *)&at, len) || listen(fd, 1024) ||
	    getsockname(fd, (void *)&at, &len))
		return -1;
	*port = ntohs(at.sin_port);
	pid = child();
	if (!pid)
		serve(fd);
	close(fd);
	return pid;
}
