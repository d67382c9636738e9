/* SPDX-License-Identifier: Apache-2.0 */
/* bench_net - datagrams on the loopback, beside bare system calls. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/base/attr.h"
#include "p2p/net/udp.h"
#include "test/bench/bench.h"

enum {
	BATCH = NET_UDP_TURN_MAX, /* sent before they are received */
};

static void must(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "bench_net: failed\n");
	exit(1);
}

/* Both ways send a batch and then receive it, so neither waits. */
struct datagrams {
	uint8_t data[NET_UDP_MAX];
	size_t len;

	struct net_loop *loop;
	struct net_udp *from, *to;
	struct addr at;
	unsigned due; /* sent, and not received yet */

	int raw_from, raw_to;
	struct sockaddr_in raw_at;
};

static void on_datagram(void *ctx, const struct addr *from UNUSED,
			const uint8_t *data UNUSED, size_t len)
{
	struct datagrams *d = ctx;

	must(len == d->len);
	if (--d->due == 0)
		net_loop_stop(d->loop);
}

static void run_ours(void *arg, size_t times)
{
	struct datagrams *d = arg;

	while (times--) {
		for (d->due = 0; d->due < BATCH; d->due++)
			net_udp_send(d->from, &d->at, d->data, d->len);
		net_loop_run(d->loop);
	}
}

static void run_raw(void *arg, size_t times)
{
	struct datagrams *d = arg;
	uint8_t got[NET_UDP_MAX + 1];

	while (times--) {
		for (int i = 0; i < BATCH; i++)
			must(sendto(d->raw_from, d->data, d->len, 0,
				    (struct sockaddr *)&d->raw_at,
				    sizeof(d->raw_at)) == (ssize_t)d->len);
		for (int i = 0; i < BATCH; i++) {
			struct sockaddr_in sa;
			socklen_t len = sizeof(sa);

			must(recvfrom(d->raw_to, got, sizeof(got), 0,
				      (struct sockaddr *)&sa,
				      &len) == (ssize_t)d->len);
		}
	}
}

static void open_ours(struct datagrams *d)
{
	struct addr at = { 0 };

	must(!ip_parse(&at.ip, "127.0.0.1"));
	must(!net_loop_open(&d->loop, NULL));
	must(!net_udp_open(&d->from, d->loop, &at, on_datagram, d, NULL));
	must(!net_udp_open(&d->to, d->loop, &at, on_datagram, d, NULL));
	d->at = net_udp_addr(d->to);
}

static int raw_udp(struct sockaddr_in *at)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && !bind(fd, (struct sockaddr *)&sa, len));
	must(!getsockname(fd, (struct sockaddr *)at, &len));
	return fd;
}

static void close_all(struct datagrams *d)
{
	net_udp_close(d->from);
	net_udp_close(d->to);
	net_loop_close(d->loop);
	close(d->raw_from);
	close(d->raw_to);
}

int main(int argc, char **argv)
{
	struct datagrams d = { 0 };
	struct sockaddr_in unused;
	struct bench_run ours = { run_ours, &d };
	struct bench_run raw = { run_raw, &d };

	bench_begin(argc, argv, "datagrams");
	open_ours(&d);
	d.raw_from = raw_udp(&unused);
	d.raw_to = raw_udp(&d.raw_at);
	d.len = 128; /* a small packet of discovery */
	bench_rate("UDP: send and receive 128 B", "k/s", BATCH, 1e3, ours,
		   "sendto, recvfrom", raw);
	d.len = NET_UDP_MAX;
	bench_rate("UDP: send and receive 1280 B", "k/s", BATCH, 1e3, ours,
		   "sendto, recvfrom", raw);
	close_all(&d);
	return bench_end();
}
