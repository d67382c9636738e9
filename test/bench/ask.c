/* SPDX-License-Identifier: Apache-2.0 */
#include "test/bench/ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/bench/usage.h"
#include "p2p/base/mono.h"
#include "p2p/crypto/rng.h"

enum {
	PATIENCE_S = 5, /* for one answer */
};

void ask_must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_ask: %s\n", what);
	exit(1);
}

/* --- the crowd --------------------------------------------------------------
 */

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(port);
	return sa;
}

static void open_socket(struct asker *x, const struct contact *node)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_in sa = loopback(0), to = loopback(node->udp.port);
	socklen_t len = sizeof(sa);

	x->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ask_must(x->fd >= 0 &&
			 !bind(x->fd, (struct sockaddr *)&sa, sizeof(sa)) &&
			 !connect(x->fd, (struct sockaddr *)&to, sizeof(to)) &&
			 !setsockopt(x->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				     sizeof(patience)) &&
			 !getsockname(x->fd, (struct sockaddr *)&sa, &len),
		 "no socket");
	ask_must(!ip_parse(&x->self.udp.ip, "127.0.0.1"), "no address");
	x->self.udp.port = ntohs(sa.sin_port);
}

void ask_identity(struct ecc_keypair *key, struct enr *record,
		  const struct addr *at)
{
	struct enr_draft d = { .seq = 1 };

	rng_key(&key->key);
	ecc_pub_of(&key->pub, &key->key);
	ask_must(!enr_draft_set_ip(&d, &at->ip) &&
			 !enr_draft_set_port(&d, "udp", at->port) &&
			 !enr_sign(record, &d, key),
		 "no record");
}

static void open_asker(struct asker *x, const struct contact *node)
{
	open_socket(x, node);
	ask_identity(&x->key, &x->self.record, &x->self.udp);
	x->self.pub = x->key.pub;
	x->self.id = node_id_of(&x->key.pub);
}

void ask_send(const struct asker *from, const void *data, size_t len)
{
	ask_must(send(from->fd, data, len, 0) == (ssize_t)len, "cannot send");
}

/* What has come to those from `first` on, each in turn once. */
static void hear(struct ask *a, size_t first, int wait_ms,
		 void (*heard)(struct ask *a, struct asker *to,
			       const uint8_t *data, size_t len))
{
	struct pollfd fds[ASK_CROWD];
	uint8_t data[ASK_DATAGRAM];

	for (size_t i = 0; i < ASK_CROWD; i++)
		fds[i] = (struct pollfd){ a->crowd[i].fd, POLLIN, 0 };
	if (poll(fds + first, ASK_CROWD - first, wait_ms) <= 0)
		return;
	for (size_t i = first; i < ASK_CROWD; i++) {
		ssize_t n = recv(fds[i].fd, data, sizeof(data), MSG_DONTWAIT);

		if (n > 0)
			heard(a, &a->crowd[i], data, (size_t)n);
	}
}

void ask_pump(struct ask *a, unsigned ms,
	      void (*heard)(struct ask *a, struct asker *to,
			    const uint8_t *data, size_t len))
{
	const struct mono end = mono_add_ms(mono_now(), ms);

	while (mono_before(mono_now(), end))
		hear(a, 0, 10, heard);
}

/* --- asking -----------------------------------------------------------------
 */

static double cpu_seconds(pid_t pid)
{
	double s;

	ask_must(usage_cpu(&s, pid), "no such process");
	return s;
}

static void run(struct ask *a, const struct ask_shape *shape)
{
	uint8_t data[ASK_DATAGRAM];
	size_t said = 0, over = 0;

	while (over < a->count) {
		ssize_t n;

		while (said < a->count && said - over < ASK_WINDOW)
			shape->say(a, said++);
		n = recv(a->crowd[0].fd, data, sizeof(data), 0);
		ask_must(n > 0, "no answer");
		over += shape->heard(a, data, (size_t)n);
		/* Whoever does not answer is forgotten. */
		if (over % ASK_WINDOW == 0)
			hear(a, 1, 0, shape->crowd);
	}
}

static const struct ask_shape *find_shape(const char *name)
{
	for (const struct ask_shape *s = ask_v4_shapes; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	for (const struct ask_shape *s = ask_v5_shapes; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

int main(int argc, char **argv)
{
	static struct ask a;
	const struct ask_shape *shape = argc == 5 ? find_shape(argv[1]) : NULL;
	struct enr record;
	pid_t pid;
	double cpu, seconds;
	struct mono began;

	if (!shape) {
		fprintf(stderr, "usage: bench_ask SHAPE ENR PID COUNT\n");
		return 2;
	}
	crypto_init();
	ask_must(!enr_parse(&record, argv[2], NULL) &&
			 !enr_verify(&record, NULL) &&
			 contact_of_record(&a.node, &record, NULL),
		 "that is no record with an endpoint");
	pid = atoi(argv[3]);
	a.count = strtoul(argv[4], NULL, 10);
	for (size_t i = 0; i < ASK_CROWD; i++)
		open_asker(&a.crowd[i], &a.node);
	shape->make(&a);

	cpu = cpu_seconds(pid);
	began = mono_now();
	run(&a, shape);
	seconds = (double)mono_since_ns(mono_now(), began) / 1e9;
	cpu = cpu_seconds(pid) - cpu;
	printf("{\"shape\":\"%s\",\"per_second\":%f,\"peer_cpu_us\":%f}\n",
	       shape->name, (double)a.count / seconds,
	       cpu * 1e6 / (double)a.count);
	return 0;
}
