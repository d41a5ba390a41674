// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A service instance with finite slots and real work, for the demo.
 *
 * A slot is a thread: it takes a connection from the listening socket, whose backlog
 * is the queue, hashes for as long as the request is worth, and answers over HTTP
 * with the name of the instance.  When all slots work they take 12 % of a processor.
 * /health waits for a slot like any request, and is worth a twentieth of one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX	1024
#define SLOTS_MAX	256
#define BACKLOG		4096
#define HEALTH_PART	20
#define NSEC		1000000000LL
#define CHUNK_NS	5000000LL	/* between two rests of a slot */
#define PROCESSOR_PART	0.12		/* of all slots together */
#define OCTETS		4096		/* hashed at a time */
#define SILENT_S	2		/* who says nothing gets no slot */

/**
 * struct instance - what its slots share
 * @name: that it answers with
 * @fd: listening socket
 * @mean_ns: of the exponential time that a request takes
 * @part: of that, that is spent hashing
 */
struct instance {
	const char *name;
	int fd;
	double mean_ns;
	double part;
};

/**
 * struct slot - one thread
 * @instance: of it
 * @seed: of its random numbers
 */
struct slot {
	const struct instance *instance;
	unsigned int seed;
};

static void fail(const char *what)
{
	fprintf(stderr, "instance: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC + now.tv_nsec;
}

static void rest_until(int64_t ns)
{
	struct timespec until = { ns / NSEC, ns % NSEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}

/* Hashes for so much of the processor's time. */
static void hash(double ns)
{
	static const unsigned char octets[OCTETS];
	unsigned char digest[EVP_MAX_MD_SIZE];
	int64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) - start < ns)
		if (!EVP_Digest(octets, OCTETS, digest, NULL, EVP_sha256(),
				NULL))
			fail("SHA-256");
}

/* Hashes and rests in turn, until a request is worth no more. */
static void work(double ns, double part)
{
	int64_t start = now_ns(CLOCK_MONOTONIC), done;
	double chunk;

	for (done = 0; done < ns; done += CHUNK_NS) {
		chunk = fmin(ns - done, CHUNK_NS);
		hash(chunk * part);
		rest_until(start + done + chunk);
	}
}

/* The head of a request; false if there is none. */
static bool hear(int fd, char *head)
{
	size_t used = 0;
	ssize_t n;

	while (used < REQUEST_MAX) {
		n = recv(fd, head + used, REQUEST_MAX - used, 0);
		if (n <= 0)
			return false;
		used += n;
		head[used] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return true;
	}
	return false;
}

static void serve(struct slot *slot, int fd)
{
	const struct timeval silent = { .tv_sec = SILENT_S };
	const struct instance *instance = slot->instance;
	char head[REQUEST_MAX + 1];
	double ns, chance;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silent, sizeof(silent));
	if (!hear(fd, head))
		return;
	chance = (rand_r(&slot->seed) + 1.0) / (RAND_MAX + 2.0);
	ns = -log(chance) * instance->mean_ns;
	if (!strncmp(head, "GET /health ", 12))
		ns = instance->mean_ns / HEALTH_PART;
	work(ns, instance->part);
	dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n%s",
		strlen(instance->name), instance->name);
}

static void *slot_run(void *arg)
{
	struct slot *slot = arg;
	int fd;

	for (;;) {
		fd = accept(slot->instance->fd, NULL, NULL);
		if (fd < 0)
			continue;
		serve(slot, fd);
		close(fd);
	}
	return NULL;
}

static int listen_at(unsigned int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, BACKLOG))
		fail("socket");
	return fd;
}

/* number TEXT MAX: exits if it is not 1 to MAX */
static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > max) {
		fprintf(stderr, "instance: \"%s\" is not 1 to %lu\n", text,
			max);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static struct slot slots[SLOTS_MAX];
	static struct instance instance;
	unsigned long count, i;
	pthread_t thread;

	if (argc != 5) {
		fputs("Usage: instance NAME PORT SLOTS MEAN-US\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	count = number(argv[3], SLOTS_MAX);
	instance.name = argv[1];
	instance.part = PROCESSOR_PART / count;
	instance.mean_ns = number(argv[4], 10000000) * 1000.0;
	instance.fd = listen_at(number(argv[2], 65535));
	for (i = 0; i < count; i++) {
		slots[i].instance = &instance;
		slots[i].seed = i + 1;
		errno = pthread_create(&thread, NULL, slot_run, &slots[i]);
		if (errno)
			fail("pthread_create");
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
