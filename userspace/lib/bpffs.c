// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpffs.h"
#include "error.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

static int is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], name[64];
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%63[^)]) %*c %d", name, &parent) != 2)
		parent = 0;
	fclose(file);
	return parent;
}

/*
 * The process whose mount namespace keeps the bpffs: process 1; where we may
 * not look into that one (a container without CAP_SYS_PTRACE), the eldest
 * ancestor we may look into, which `ip netns exec` has not moved.
 */
static pid_t mount_owner(void)
{
	char path[64];
	pid_t pid, owner = getpid();

	if (access("/proc/1/root/run", F_OK) == 0)
		return 1;
	for (pid = owner; pid > 1; pid = parent_of(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/root/run", pid);
		if (access(path, F_OK) == 0)
			owner = pid;
	}
	return owner;
}

/* Seen from here, or, where mounts do not propagate, through that process. */
static int find_root(char *root, size_t size)
{
	char path[PATH_MAX];

	root[0] = '\0';
	if (is_bpffs("/run/cats/bpf"))
		return access("/run/cats/bpf", R_OK | X_OK) ? -errno : 0;
	snprintf(root, size, "/proc/%d/root", mount_owner());
	snprintf(path, sizeof(path), "%s/run/cats/bpf", root);
	if (is_bpffs(path))
		return 0;
	return geteuid() ? -EACCES : -ENOENT;
}

/*
 * Into the mount namespace of @owner, and to its root there, which need not be
 * the namespace's.  In a child, because this is for good.
 */
static int enter(pid_t owner)
{
	char path[64];
	int ns, root;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", owner);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/root", owner);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ns < 0 || root < 0 || setns(ns, CLONE_NEWNS) || fchdir(root) ||
	    chroot("."))
		return errno;
	return 0;
}

static int mount_in(pid_t owner)
{
	int err = owner == getppid() ? 0 : enter(owner);

	if (err)
		return err;
	if (mkdir("/run/cats", 0755) && errno != EEXIST)
		return errno;
	if (mkdir("/run/cats/bpf", 0700) && errno != EEXIST)
		return errno;
	if (!is_bpffs("/run/cats/bpf") &&
	    mount("bpf", "/run/cats/bpf", "bpf", 0, "mode=0700"))
		return errno;
	return 0;
}

static int mount_bpffs(void)
{
	pid_t pid, owner = mount_owner();
	int status = 0;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return cats_error_kernel(errno, "fork");
	if (!pid)
		_exit(mount_in(owner));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cats_error_kernel(errno, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return cats_error_kernel(WIFEXITED(status) ?
						 WEXITSTATUS(status) : EIO,
					 "mounting /run/cats/bpf");
	return 0;
}

/*
 * An inode number comes back when its namespace is gone, the cookie never
 * does.  The inode number lets others see whether the namespace lives.
 */
static int name_netns(char *name, size_t size)
{
	socklen_t len = sizeof(uint64_t);
	struct stat st;
	uint64_t cookie;
	int fd, err;

	if (stat("/proc/thread-self/ns/net", &st))
		return cats_error_kernel(errno, "/proc/thread-self/ns/net");
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cats_error_kernel(errno, "socket");
	err = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) ?
		      errno : 0;
	close(fd);
	if (err)
		return cats_error_kernel(err, "network namespace cookie");
	snprintf(name, size, "%ju-%" PRIu64, (uintmax_t)st.st_ino, cookie);
	return 0;
}

/* Is a namespace of this inode number held by a process or by a name? */
static int inode_in_use(unsigned long ino)
{
	static const char *const dirs[] = { "/proc", "/run/netns" };
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	unsigned int i;
	int used = 0;
	DIR *dir;

	for (i = 0; i < 2 && !used; i++) {
		dir = opendir(dirs[i]);
		while (dir && !used && (entry = readdir(dir))) {
			snprintf(path, sizeof(path), "%s/%s%s", dirs[i],
				 entry->d_name, i ? "" : "/ns/net");
			used = !stat(path, &st) && st.st_ino == ino;
		}
		if (dir)
			closedir(dir);
	}
	return used;
}

static int link_is_dead(const char *path)
{
	struct bpf_link_info info = {};
	uint32_t len = sizeof(info);
	int fd, err;

	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	return !err && !info.xdp.ifindex;
}

/*
 * Had it devices, and are they all gone?  A namespace takes its devices with
 * it.  Not seeing its inode is not enough: we may be in a mount namespace that
 * does not show the names of all others.
 */
static int links_are_dead(const char *path)
{
	char file[PATH_MAX + 1024];
	struct dirent *entry;
	int links = 0, dead = 0;
	DIR *dir;

	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "link-", 5))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		links++;
		dead += link_is_dead(file);
	}
	if (dir)
		closedir(dir);
	return links && links == dead;
}

static void remove_folder(const char *path)
{
	char file[PATH_MAX + 1024];
	struct dirent *entry;
	DIR *dir;

	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(file);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

/* The maps of a namespace that is gone would hold their memory for ever. */
static void remove_dead(const char *root)
{
	char path[PATH_MAX], folder[PATH_MAX + 512], lock[PATH_MAX + 512];
	struct dirent *entry;
	unsigned long ino;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/run/cats/bpf", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		ino = strtoul(entry->d_name, NULL, 10);
		snprintf(folder, sizeof(folder), "%s/%s", path, entry->d_name);
		if (!ino || inode_in_use(ino) || !links_are_dead(folder))
			continue;
		remove_folder(folder);
		snprintf(lock, sizeof(lock), "%s/run/cats/%s.lock", root,
			 entry->d_name);
		unlink(lock);
	}
	if (dir)
		closedir(dir);
}

int cats_place_find(struct cats_place *place, int create)
{
	char root[32], name[64];
	int ret;

	ret = name_netns(name, sizeof(name));
	if (ret)
		return ret;
	ret = find_root(root, sizeof(root));
	if (ret == -EACCES)
		return cats_error_kernel(EACCES, "/run/cats/bpf");
	if (ret && create) {
		ret = mount_bpffs();
		if (ret)
			return ret;
		ret = find_root(root, sizeof(root));
	}
	if (ret)
		return cats_error(ENOENT, "/run/cats/bpf is not mounted");
	snprintf(place->dir, sizeof(place->dir), "%s/run/cats/bpf/%s", root,
		 name);
	snprintf(place->lock, sizeof(place->lock), "%s/run/cats/%s.lock", root,
		 name);
	if (access(place->dir, F_OK) == 0)
		return 0;
	if (!create)
		return cats_error(ENOENT, "nothing is configured in this network namespace");
	remove_dead(root);
	if (mkdir(place->dir, 0700) && errno != EEXIST)
		return cats_error_kernel(errno, place->dir);
	return 0;
}

void cats_place_remove(const struct cats_place *place)
{
	remove_folder(place->dir);
}

int cats_place_lock(const struct cats_place *place, int operation)
{
	int fd, err;

	/* cats monitor watches for the writers to close it */
	fd = open(place->lock, O_CREAT | O_CLOEXEC |
			       (operation == LOCK_EX ? O_RDWR : O_RDONLY), 0600);
	if (fd < 0)
		return cats_error_kernel(errno, place->lock);
	while (flock(fd, operation)) {
		if (errno == EINTR)
			continue;
		err = errno;
		close(fd);
		return cats_error_kernel(err, place->lock);
	}
	return fd;
}
