// SPDX-License-Identifier: GPL-2.0-or-later
/* The store in etcd: a real one, on loopback, that is killed and cut off. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "conformance.h"
#include "store_copy.h"

static struct {
	pid_t pid;
	char client[64];
	char peer[64];
	char *data;
} server;

static int free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	getsockname(fd, (struct sockaddr *)&addr, &len);
	close(fd);
	return ntohs(addr.sin_port);
}

static void start_server(void)
{
	char cluster[96];
	int null;

	snprintf(cluster, sizeof(cluster), "default=%s", server.peer);
	server.pid = fork();
	assert_true(server.pid >= 0);
	if (server.pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR);
	dup2(null, 1);
	dup2(null, 2);
	execlp("etcd", "etcd", "--data-dir", server.data,
	       "--listen-client-urls", server.client,
	       "--advertise-client-urls", server.client,
	       "--listen-peer-urls", server.peer,
	       "--initial-advertise-peer-urls", server.peer,
	       "--initial-cluster", cluster, NULL);
	_exit(127);
}

static void end_server(int signal_number)
{
	int status;

	kill(server.pid, SIGCONT);
	kill(server.pid, signal_number);
	assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
}

static const struct store_config *config_of(void **state)
{
	return &((struct subject *)*state)->config;
}

static bool is_lost(void *ctx)
{
	return !store_is_current(((struct lab *)ctx)->store);
}

static bool is_current(void *ctx)
{
	return store_is_current(((struct lab *)ctx)->store);
}

/* What was put while it was away is there when it is back, in order, once. */
static void killed(void **state)
{
	struct lab *lab = lab_open(config_of(state));
	struct lab *other = lab_open(config_of(state));
	json_t *one = number(1);
	struct store_op op = { .key = "k/if", .value = one };
	struct store_compare compare = { STORE_ABSENT, "k/if", 0 };
	struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };
	struct outcome outcome = {};
	int i;

	lab_put(lab, "k/0", 0, 0);
	lab_heard(other, 1);
	end_server(SIGKILL);
	assert_true(lab_until(lab, is_lost, lab));
	/* what is known stays known */
	assert_int_equal(lab_number(lab, "k/0"), 0);
	for (i = 1; i < 6; i++)
		store_put(lab->store, "k/0", number(i), 0);
	/* nobody is kept waiting for an answer */
	store_txn(lab->store, &txn, lab_outcome, &outcome);
	assert_int_equal(lab_result(lab, &outcome), -EIO);
	start_server();
	lab_settle(lab);
	assert_true(lab_until(other, is_current, other));
	lab_heard(other, 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(other->heard[i].n, i);
	assert_null(store_get(other->store, "k/if"));
	json_decref(one);
	store_delete(lab->store, "k/0");
	lab_close(other);
	lab_close(lab);
}

/* The same if it only does not answer any more */
static void stopped(void **state)
{
	struct lab *lab = lab_open(config_of(state));

	lab_put(lab, "h/0", 1, 0);
	kill(server.pid, SIGSTOP);
	assert_true(lab_until(lab, is_lost, lab));
	assert_int_equal(lab_number(lab, "h/0"), 1);
	kill(server.pid, SIGCONT);
	assert_true(lab_until(lab, is_current, lab));
	lab_put(lab, "h/0", 2, 0);
	lab_heard(lab, 2);
	store_delete(lab->store, "h/0");
	lab_close(lab);
}

/* One that is not there at first, and the first of two endpoints never. */
static void comes_up(void **state)
{
	char nobody[64];
	char *endpoints[] = { nobody, server.client };
	struct store_config config = *config_of(state);
	struct lab *lab;

	snprintf(nobody, sizeof(nobody), "http://127.0.0.1:%d", free_port());
	config.endpoints = endpoints;
	config.endpoints_count = 2;
	end_server(SIGTERM);
	start_server();
	lab = lab_open(&config);
	lab_put(lab, "u/0", 1, 0);
	store_delete(lab->store, "u/0");
	lab_close(lab);
}

static int run_etcdctl(const char *arguments)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "ETCDCTL_API=3 etcdctl --endpoints %s %s >/dev/null 2>&1",
		 server.client, arguments);
	return system(command);
}

/* Compacted while it was away: the difference is told. */
static void compacted(void **state)
{
	struct lab *lab = lab_open(config_of(state));
	struct lab *other = lab_open(config_of(state));
	char arguments[64];

	lab_put(lab, "c/gone", 1, 0);
	lab_put(lab, "c/stays", 1, 0);
	lab_heard(other, 2);
	/* the other does not run its loop, and loses its connection */
	end_server(SIGKILL);
	start_server();
	store_delete(lab->store, "c/gone");
	lab_settle(lab);
	lab_put(lab, "c/new", 1, 0);
	snprintf(arguments, sizeof(arguments), "compaction %llu",
		 (unsigned long long)store_revision(lab->store));
	assert_int_equal(run_etcdctl(arguments), 0);
	lab_heard(other, 4);
	assert_null(store_get(other->store, "c/gone"));
	assert_int_equal(lab_number(other, "c/new"), 1);
	store_delete(lab->store, "c/new");
	store_delete(lab->store, "c/stays");
	lab_close(other);
	lab_close(lab);
}

/* Keys of others below the prefix, and values that are none, harm nobody. */
static void nonsense(void **state)
{
	struct lab *lab = lab_open(config_of(state));

	assert_int_equal(run_etcdctl("put cats/n/1 nonsense"), 0);
	assert_int_equal(run_etcdctl("put 'cats/a key' '{}'"), 0);
	assert_int_equal(run_etcdctl("put elsewhere '{\"value\":{}}'"), 0);
	lab_put(lab, "n/2", 2, 0);
	lab_heard(lab, 1);
	lab_close(lab);
	lab = lab_open(config_of(state));
	assert_int_equal(store_count(lab->store), 1);
	assert_int_equal(run_etcdctl("del cats/ --prefix"), 0);
	lab_heard(lab, 1);
	lab_close(lab);
}

/* Its quota is used up: writes fail and say why, reads go on. */
static void full(void **state)
{
	struct store_op op = { .key = "f/large" };
	const struct store_txn txn = { .op = &op, .ops = 1 };
	char large[100001];
	struct lab *lab;
	int ret = 0, i;

	end_server(SIGTERM);
	setenv("ETCD_QUOTA_BACKEND_BYTES", "4194304", 1);
	start_server();
	lab = lab_open(config_of(state));
	lab_put(lab, "f/first", 7, 0);
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	op.value = json_pack("{s:s}", "large", large);
	for (i = 0; i < 200 && !ret; i++)
		ret = lab_txn(lab, &txn);
	assert_int_equal(ret, -EIO);
	assert_non_null(strstr(store_problem(lab->store), "space"));
	assert_int_equal(store_failures(lab->store), 1);
	assert_true(store_is_current(lab->store));
	assert_int_equal(lab_number(lab, "f/first"), 7);
	end_server(SIGTERM);
	unsetenv("ETCD_QUOTA_BACKEND_BYTES");
	start_server();
	assert_true(lab_until(lab, is_lost, lab));
	assert_true(lab_until(lab, is_current, lab));
	assert_int_equal(run_etcdctl("alarm disarm"), 0);
	assert_int_equal(lab_txn(lab, &txn), 0);
	json_decref(op.value);
	assert_int_equal(run_etcdctl("del cats/ --prefix"), 0);
	lab_close(lab);
}

/* 300 entries with all that JSON may hold, one with a time, one with a lease. */
static char *fill(const struct store_config *config)
{
	struct lab *lab = lab_open(config);
	struct store_op op = { .key = "zz/leased" };
	const struct store_txn txn = { .op = &op, .ops = 1 };
	char key[16], *text;
	int i;

	for (i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "c/%d", i);
		store_put(lab->store, key,
			  json_pack("{s:i, s:[f, n, b], s:{s:s}}", "n", i,
				    "list", i / 7.0, i & 1, "nested", "text",
				    "\xc3\xa4 \" \\ \n"),
			  i == 150 ? 100000 : 0);
	}
	lab_settle(lab);
	text = lab_dump(lab);
	op.value = number(1);
	op.lease = store_lease_grant(lab->store, 100000);
	assert_int_equal(lab_txn(lab, &txn), 0);
	json_decref(op.value);
	lab_close(lab);
	return text;
}

static void copied(void **state)
{
	struct store_config etcd = *config_of(state), nowhere = {};
	struct store_config from = { .type = "sqlite",
				     .path = lab_path("from.db") };
	struct store_config to = { .type = "sqlite", .path = lab_path("to.db") };
	char *before = fill(&from), *after;
	struct store_copied count;
	struct lab *lab;

	etcd.prefix = "copied/";
	assert_int_equal(store_copy(&from, &etcd, &count), 0);
	assert_int_equal(count.entries, 300);
	assert_int_equal(count.leased, 1);
	/* what has entries is not copied over */
	assert_int_equal(store_copy(&from, &etcd, &count), -EEXIST);
	assert_int_equal(store_copy(&etcd, &to, &count), 0);
	assert_int_equal(count.entries, 300);
	lab = lab_open(&to);
	after = lab_dump(lab);
	assert_string_equal(before, after);
	assert_in_range(store_get(lab->store, "c/150")->expires_ms,
			clock_monotonic_ms() + 50000,
			clock_monotonic_ms() + 101000);
	lab_close(lab);
	nowhere.type = "sqlite";
	nowhere.path = lab_path("none.db");
	assert_int_equal(store_copy(&nowhere, &to, &count), -ENOENT);
	free(before);
	free(after);
	free(from.path);
	free(to.path);
	free(nowhere.path);
}

/* The lease lives on, however much waits to be written before. */
static void renewed_first(void **state)
{
	struct lab *lab = lab_open(config_of(state));
	struct outcome many[1000] = {}, renewed = {};
	struct store_compare compare = { .what = STORE_ABSENT };
	struct store_op op = { .value = number(1) };
	const struct store_txn txn = { .compare = &compare, .compares = 1,
				       .op = &op, .ops = 1 };
	uint64_t lease = store_lease_grant(lab->store, 100000);
	char key[16];
	int i;

	lab_settle(lab);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "first/%d", i);
		compare.key = key;
		op.key = key;
		store_txn(lab->store, &txn, lab_outcome, &many[i]);
	}
	store_lease_renew(lab->store, lease, lab_outcome, &renewed);
	assert_int_equal(lab_result(lab, &renewed), 0);
	assert_false(many[999].done);
	assert_int_equal(lab_result(lab, &many[999]), 0);
	/* but not before its own grant */
	memset(&renewed, 0, sizeof(renewed));
	lease = store_lease_grant(lab->store, 100000);
	store_lease_renew(lab->store, lease, lab_outcome, &renewed);
	assert_int_equal(lab_result(lab, &renewed), 0);
	lab_close(lab);
	json_decref(op.value);
}

#define TEST(name)							\
	{ #name, name, NULL, NULL, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed),	 TEST(stopped),	 TEST(comes_up),
		TEST(compacted), TEST(nonsense), TEST(copied),
		TEST(full),	 TEST(renewed_first),
	};
	char *endpoint = server.client;
	struct subject subject = {
		.config = { .type = "etcd", .endpoints = &endpoint,
			    .endpoints_count = 1 },
		.shared = true,
		.lease_ms = 3000,
	};
	int failed;

	if (system("etcd --version >/dev/null 2>&1") ||
	    system("etcdctl version >/dev/null 2>&1")) {
		puts("1..0 # SKIP needs etcd-server and etcd-client");
		return 4;
	}
	snprintf(server.client, sizeof(server.client), "http://127.0.0.1:%d",
		 free_port());
	snprintf(server.peer, sizeof(server.peer), "http://127.0.0.1:%d",
		 free_port());
	server.data = lab_path("etcd");
	start_server();
	failed = conformance(&subject, tests,
			     sizeof(tests) / sizeof(tests[0]));
	end_server(SIGTERM);
	free(server.data);
	lab_cleanup();
	return failed;
}
