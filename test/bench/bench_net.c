/* SPDX-License-Identifier: Apache-2.0 */
/* bench_net - datagrams and connections on the loopback, beside bare system
 * calls. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/base/attr.h"
#include "p2p/net/stream.h"
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

static int raw_bound(struct sockaddr_in *at, int type)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && !bind(fd, (struct sockaddr *)&sa, len));
	must(!getsockname(fd, (struct sockaddr *)at, &len));
	return fd;
}

/* --- datagrams -------------------------------------------------------------
 */

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

static void close_all(struct datagrams *d)
{
	net_udp_close(d->from);
	net_udp_close(d->to);
	net_loop_close(d->loop);
	close(d->raw_from);
	close(d->raw_to);
}

/* --- connections -----------------------------------------------------------
 */

/* What a handshake and both Hellos take of TCP: there, back, and there again;
 * then a reset, so that no port is left waiting. */
enum {
	AUTH = 450,
	ACK_AND_HELLO = 600,
	HELLO = 200,
};

struct visits {
	struct net_loop *loop;
	struct net_listener *door;
	struct addr at;
	struct net_stream *guest, *host;
	size_t heard; /* by the host */

	int raw_door;
	struct sockaddr_in raw_at;
};

static const uint8_t words[ACK_AND_HELLO];

static void say(struct net_stream *s, size_t len)
{
	must(!buf_append(net_stream_out(s), words, len));
}

static void guest_connected(void *ctx, enum err rc,
			    const struct why *why UNUSED)
{
	struct visits *v = ctx;

	must(!rc);
	net_stream_start(v->guest);
	say(v->guest, AUTH);
}

static void guest_heard(void *ctx, const uint8_t *data UNUSED, size_t len)
{
	struct visits *v = ctx;

	must(len == ACK_AND_HELLO);
	say(v->guest, HELLO);
}

static void host_heard(void *ctx, const uint8_t *data UNUSED, size_t len)
{
	struct visits *v = ctx;

	v->heard += len;
	if (v->heard == AUTH) {
		say(v->host, ACK_AND_HELLO);
		return;
	}
	must(v->heard == AUTH + HELLO);
	net_stream_reset(v->guest);
	net_stream_close(v->host);
	net_loop_stop(v->loop);
}

static void accepted(void *ctx, struct net_stream *s)
{
	static const struct net_stream_events events = { .data = host_heard };
	struct visits *v = ctx;

	v->host = s;
	v->heard = 0;
	net_stream_adopt(s, &events, v);
	net_stream_start(s);
}

static void visit_ours(void *arg, size_t times)
{
	static const struct net_stream_events events = {
		.connected = guest_connected,
		.data = guest_heard,
	};
	struct visits *v = arg;

	while (times--) {
		must(!net_stream_dial(&v->guest, v->loop, &v->at, &events, v,
				      NULL));
		net_loop_run(v->loop);
	}
}

static void move(int from, int to, size_t len)
{
	uint8_t got[ACK_AND_HELLO];

	must(send(from, words, len, 0) == (ssize_t)len);
	must(recv(to, got, len, MSG_WAITALL) == (ssize_t)len);
}

static void visit_raw(void *arg, size_t times)
{
	const struct linger reset = { .l_onoff = 1 };
	const struct visits *v = arg;
	const struct sockaddr *at = (const struct sockaddr *)&v->raw_at;

	while (times--) {
		int guest = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int host;

		must(guest >= 0 && !connect(guest, at, sizeof(v->raw_at)));
		host = accept4(v->raw_door, NULL, NULL, SOCK_CLOEXEC);
		must(host >= 0);
		move(guest, host, AUTH);
		move(host, guest, ACK_AND_HELLO);
		move(guest, host, HELLO);
		setsockopt(guest, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(guest);
		close(host);
	}
}

static void bench_visits(void)
{
	struct visits v = { 0 };
	struct bench_run ours = { visit_ours, &v };
	struct bench_run raw = { visit_raw, &v };
	struct addr at = { 0 };

	must(!ip_parse(&at.ip, "127.0.0.1"));
	must(!net_loop_open(&v.loop, NULL));
	must(!net_listener_open(&v.door, v.loop, &at, accepted, &v, NULL));
	v.at = net_listener_addr(v.door);
	v.raw_door = raw_bound(&v.raw_at, SOCK_STREAM);
	must(!listen(v.raw_door, 16));
	bench_rate("TCP connection, both ends", "/s", 1, 1, ours,
		   "system calls", raw);
	close(v.raw_door);
	net_listener_close(v.door);
	net_loop_close(v.loop);
}

/* --- bytes ------------------------------------------------------------------
 */

enum {
	BULK = 1 << 20,
	PIECE = 64 << 10, /* sent before it is received, so neither waits */
};

struct line {
	int from, to;
	uint8_t data[PIECE];
};

static void run_line(void *arg, size_t times)
{
	struct line *l = arg;

	for (size_t left = times * BULK; left; left -= PIECE) {
		must(send(l->from, l->data, PIECE, 0) == PIECE);
		must(recv(l->to, l->data, PIECE, MSG_WAITALL) == PIECE);
	}
}

/* What TCP takes of both ends of a large message. */
static void bench_bytes(void)
{
	const struct bench_run none = { 0 };
	struct sockaddr_in at;
	struct line l = { 0 };
	int door = raw_bound(&at, SOCK_STREAM);

	must(!listen(door, 1));
	l.from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(l.from >= 0);
	must(!connect(l.from, (struct sockaddr *)&at, sizeof(at)));
	l.to = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	must(l.to >= 0);
	bench_rate("bare TCP, both ends, 1 MiB", "MB/s", BULK, 1e6,
		   (struct bench_run){ run_line, &l }, NULL, none);
	close(l.from);
	close(l.to);
	close(door);
}

static void bench_datagrams(void)
{
	struct datagrams d = { 0 };
	struct sockaddr_in unused;
	struct bench_run ours = { run_ours, &d };
	struct bench_run raw = { run_raw, &d };

	open_ours(&d);
	d.raw_from = raw_bound(&unused, SOCK_DGRAM);
	d.raw_to = raw_bound(&d.raw_at, SOCK_DGRAM);
	d.len = 128; /* a small packet of discovery */
	bench_rate("UDP: send and receive 128 B", "k/s", BATCH, 1e3, ours,
		   "sendto, recvfrom", raw);
	d.len = NET_UDP_MAX;
	bench_rate("UDP: send and receive 1280 B", "k/s", BATCH, 1e3, ours,
		   "sendto, recvfrom", raw);
	close_all(&d);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv, "datagrams and connections");
	bench_datagrams();
	bench_visits();
	bench_bytes();
	return bench_end();
}
