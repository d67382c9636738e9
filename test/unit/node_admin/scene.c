/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_admin/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/admin/socket.h"

enum {
	WATCHDOG_MS = 60000
};

static void on_watchdog(void *ctx UNUSED)
{
	cr_assert(false, "the test hangs");
}

void scene_open(struct scene *sc)
{
	*sc = (struct scene){ .limits = admin_limits_default };
	cr_assert_eq(net_loop_open(&sc->loop, NULL), ERR_NONE);
	sc->watchdog = net_timer_open(sc->loop, on_watchdog, NULL);
	net_timer_set(sc->watchdog,
		      mono_add_ms(net_loop_now(sc->loop), WATCHDOG_MS));
	scratch_open(&sc->scratch);
	fake_node_init(&sc->node);
	strcpy(sc->folder, sc->scratch.path);
	cr_assert_eq(admin_socket_path(sc->path, sc->folder, NULL), ERR_NONE);
}

void scene_dig(struct scene *sc)
{
	size_t len = strlen(sc->folder);

	snprintf(sc->folder + len, sizeof(sc->folder) - len, "/%0100d", 0);
	cr_assert_eq(mkdir(sc->folder, 0700), 0);
	cr_assert_eq(admin_socket_path(sc->path, sc->folder, NULL), ERR_NONE);
}

static void on_closed(void *ctx)
{
	struct scene *sc = ctx;

	sc->admin = NULL;
}

void scene_admin(struct scene *sc)
{
	const struct admin_config config = {
		.node = &sc->node.node,
		.folder = sc->folder,
		.limits = &sc->limits,
		.uid_of = sc->uid_of,
		.closed = on_closed,
		.ctx = sc,
	};
	struct why why = WHY_NONE;

	cr_assert_eq(admin_open(&sc->admin, sc->loop, &config, &why), ERR_NONE,
		     "%s", why.text);
}

void scene_close(struct scene *sc)
{
	if (sc->admin)
		admin_close(sc->admin);
	UNTIL(sc, !sc->admin);
	net_timer_close(sc->watchdog);
	net_loop_close(sc->loop);
	scratch_close(&sc->scratch);
}

static void stop_loop(void *ctx)
{
	net_loop_stop(ctx);
}

void scene_turn(struct scene *sc)
{
	struct net_timer *t = net_timer_open(sc->loop, stop_loop, sc->loop);

	net_timer_set(t, net_loop_now(sc->loop));
	net_loop_run(sc->loop);
	net_timer_close(t);
}

void client_open(struct client *c, struct scene *sc)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	*c = (struct client){ .sc = sc };
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_geq(c->fd, 0);
	cr_assert_lt(strlen(sc->path), sizeof(un.sun_path));
	strcpy(un.sun_path, sc->path);
	cr_assert_eq(connect(c->fd, (struct sockaddr *)&un, sizeof(un)), 0);
	cr_assert_eq(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
}

void client_close(struct client *c)
{
	close(c->fd);
	free(c->text);
}

bool client_send_n(struct client *c, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return false;
		if (sent < 0) {
			scene_turn(c->sc);
			continue;
		}
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

bool client_send(struct client *c, const char *text)
{
	return client_send_n(c, text, strlen(text));
}

/* Read what is there. */
static void fill(struct client *c)
{
	enum {
		PIECE = 65536
	};
	ssize_t n;

	c->text = realloc(c->text, c->len + PIECE + 1);
	cr_assert_not_null(c->text);
	n = recv(c->fd, c->text + c->len, PIECE, 0);
	if (n > 0)
		c->len += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		c->over = true;
	c->text[c->len] = '\0';
}

const char *client_line(struct client *c)
{
	static char *line;
	char *end;

	fill(c);
	while (!(end = memchr(c->text, '\n', c->len)) && !c->over) {
		scene_turn(c->sc);
		fill(c);
	}
	free(line);
	line = strndup(c->text, end ? (size_t)(end - c->text) : 0);
	cr_assert_not_null(line);
	if (end) {
		c->len -= (size_t)(end + 1 - c->text);
		memmove(c->text, end + 1, c->len + 1);
	}
	return line;
}

const char *client_ask(struct client *c, const char *method)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}\n", method);
	cr_assert(client_send(c, text));
	return client_line(c);
}

bool client_is_over(struct client *c)
{
	if (!c->over)
		fill(c);
	return c->over && !c->len;
}

bool client_is_dropped(const struct client *c)
{
	struct pollfd p = { .fd = c->fd };

	return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

void client_wait_over(struct client *c)
{
	while (!c->over) {
		c->len = 0;
		fill(c);
		scene_turn(c->sc);
	}
	c->len = 0;
}
