/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/net/scene.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/stream_internal.h"
#include "p2p/net/work.h"

enum {
	WATCHDOG_MS = 100000
};

static void on_watchdog(void *ctx UNUSED)
{
	cr_assert(false, "the test hangs");
}

void scene_open(struct scene *sc)
{
	cr_assert_eq(net_loop_open(&sc->loop, NULL), ERR_NONE);
	sc->watchdog = net_timer_open(sc->loop, on_watchdog, NULL);
	net_timer_set(sc->watchdog,
		      mono_add_ms(net_loop_now(sc->loop), WATCHDOG_MS));
}

void scene_close(struct scene *sc)
{
	net_timer_close(sc->watchdog);
	cr_assert_eq(sc->loop->open, net_work_waiting(sc->loop));
	net_loop_close(sc->loop);
}

static void stop_loop(void *ctx)
{
	net_loop_stop(ctx);
}

void scene_turns(struct scene *sc, unsigned n)
{
	struct net_timer *t = net_timer_open(sc->loop, stop_loop, sc->loop);

	while (n--) {
		net_timer_set(t, net_loop_now(sc->loop));
		net_loop_run(sc->loop);
	}
	net_timer_close(t);
}

static void tell(struct end *e, const char *event)
{
	if (!e->runs_on)
		net_loop_stop(e->sc->loop);
	if (e->hook)
		e->hook(e, event);
}

static void on_connected(void *ctx, enum err rc, const struct why *why)
{
	struct end *e = ctx;

	cr_assert_eq(e->closed, 0);
	e->connected++;
	e->connect_rc = rc;
	e->why = *why;
	tell(e, "connected");
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct end *e = ctx;

	cr_assert_eq(e->closed, 0);
	cr_assert_eq(e->ended, 0);
	cr_assert_gt(len, 0);
	if (e->in)
		e->in(e, data, len);
	e->bytes += len;
	tell(e, "data");
}

static void on_drained(void *ctx)
{
	struct end *e = ctx;

	cr_assert_eq(e->closed, 0);
	cr_assert_leq(net_stream_queued(e->s), e->s->low);
	e->drained++;
	tell(e, "drained");
}

static void on_ended(void *ctx, enum err rc)
{
	struct end *e = ctx;

	cr_assert_eq(e->closed, 0);
	e->ended++;
	e->end_rc = rc;
	tell(e, "ended");
}

static void on_closed(void *ctx)
{
	struct end *e = ctx;

	e->closed++;
	e->s = NULL;
	tell(e, "closed");
}

const struct net_stream_events end_events = {
	.connected = on_connected,
	.data = on_data,
	.drained = on_drained,
	.ended = on_ended,
	.closed = on_closed,
};

void end_dial(struct scene *sc, struct end *e, const struct addr *to)
{
	struct why why = WHY_NONE;

	e->sc = sc;
	cr_assert_eq(net_stream_dial(&e->s, sc->loop, to, &end_events, e, &why),
		     ERR_NONE, "%s", why.text);
}

void end_adopt(struct scene *sc, struct end *e, struct net_stream *s)
{
	e->sc = sc;
	e->s = s;
	net_stream_adopt(s, &end_events, e);
}

void end_close(struct end *e)
{
	net_stream_close(e->s);
	cr_assert_eq(e->closed, 0);
	UNTIL(e->sc, e->closed);
	cr_assert_eq(e->closed, 1);
}

static void on_accepted(void *ctx, struct net_stream *s)
{
	struct door *d = ctx;

	cr_assert_lt(d->count, ARRAY_LEN(d->streams));
	d->streams[d->count++] = s;
	net_loop_stop(d->sc->loop);
}

void door_open(struct scene *sc, struct door *d, struct addr at)
{
	struct why why = WHY_NONE;

	*d = (struct door){ .sc = sc };
	cr_assert_eq(
		net_listener_open(&d->l, sc->loop, &at, on_accepted, d, &why),
		ERR_NONE, "%s", why.text);
}

void door_close(struct door *d)
{
	net_listener_close(d->l);
	for (unsigned i = 0; i < d->count; i++)
		if (d->streams[i])
			net_stream_close(d->streams[i]);
}

static struct net_stream *take_first(struct door *d)
{
	struct net_stream *s = d->streams[0];

	d->streams[0] = NULL;
	return s;
}

void pair_open(struct scene *sc, struct end *a, struct end *b)
{
	struct door d;
	struct addr at;

	door_open(sc, &d, loopback4(0));
	at = net_listener_addr(d.l);
	end_dial(sc, a, &at);
	UNTIL(sc, a->connected && d.count);
	cr_assert_eq(a->connect_rc, ERR_NONE, "%s", a->why.text);
	end_adopt(sc, b, take_first(&d));
	door_close(&d);
}

/* A listener is the only thing here that polls. */
static void widen(uv_handle_t *h, void *arg UNUSED)
{
	int bytes = 1024 * 1024;
	int fd;

	if (h->type != UV_POLL || uv_is_closing(h))
		return;
	cr_assert_eq(uv_fileno(h, &fd), 0);
	cr_assert_eq(
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)),
		0);
}

int half_pair(struct scene *sc, struct end *b)
{
	struct door d;
	struct addr at;
	int fd;

	door_open(sc, &d, loopback4(0));
	uv_walk(&sc->loop->uv, widen, NULL);
	at = net_listener_addr(d.l);
	fd = raw_connect(&at);
	UNTIL(sc, d.count);
	end_adopt(sc, b, take_first(&d));
	door_close(&d);
	return fd;
}

struct addr loopback4(uint16_t port)
{
	struct addr a = { .port = port };

	cr_assert_eq(ip_parse(&a.ip, "127.0.0.1"), ERR_NONE);
	return a;
}

struct addr loopback6(uint16_t port)
{
	struct addr a = { .port = port };

	cr_assert_eq(ip_parse(&a.ip, "::1"), ERR_NONE);
	return a;
}

bool has_ipv6(void)
{
	struct addr at = loopback6(0);
	struct sockaddr_storage sa;
	socklen_t len = net_to_sockaddr(&sa, &at);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && !bind(fd, (struct sockaddr *)&sa, len);

	if (fd >= 0)
		close(fd);
	return has;
}

int raw_connect(const struct addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = net_to_sockaddr(&sa, to);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(connect(fd, (struct sockaddr *)&sa, len), 0);
	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

void raw_reset(int fd)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	close(fd);
}

int raw_error(int fd)
{
	int errnum = 0;
	socklen_t len = sizeof(errnum);

	cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len), 0);
	return errnum;
}

size_t raw_send(int fd, const void *data, size_t len)
{
	size_t sent = 0;

	while (sent < len) {
		ssize_t n = send(fd, (const char *)data + sent, len - sent,
				 MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	return sent;
}

long raw_recv(int fd, void *out, size_t room)
{
	return (long)recv(fd, out, room, 0);
}

uint8_t pattern_at(size_t pos)
{
	uint32_t x = (uint32_t)pos * 2654435761u;

	return (uint8_t)(x >> 24 ^ x >> 11);
}

void pattern_fill(uint8_t *out, size_t pos, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = pattern_at(pos + i);
}

bool pattern_matches(const uint8_t *data, size_t pos, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != pattern_at(pos + i))
			return false;
	return true;
}

void end_send_pattern(struct end *e, size_t pos, size_t len)
{
	uint8_t *to = buf_grow(net_stream_out(e->s), len);

	cr_assert_not_null(to);
	pattern_fill(to, pos, len);
	buf_commit(net_stream_out(e->s), len);
}

void end_in_pattern(struct end *e, const uint8_t *data, size_t len)
{
	cr_assert(pattern_matches(data, e->bytes, len), "at %zu", e->bytes);
}

void end_send_text(struct end *e, const char *text)
{
	cr_assert_eq(buf_append(net_stream_out(e->s), text, strlen(text)),
		     ERR_NONE);
}
