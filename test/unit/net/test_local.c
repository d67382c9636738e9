/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/local.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/unit/net/scene.h"

struct place {
	char folder[64];
	char path[PATH_MAX];
};

static void place_open(struct place *p)
{
	strcpy(p->folder, "/tmp/weft-local-XXXXXX");
	cr_assert_not_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/socket", p->folder);
}

static void place_close(struct place *p)
{
	unlink(p->path);
	cr_assert_eq(rmdir(p->folder), 0);
}

static void on_accepted(void *ctx, struct net_stream *s)
{
	struct door *d = ctx;

	d->streams[d->count++] = s;
	net_loop_stop(d->sc->loop);
}

static void listen_at(struct scene *sc, struct door *d, const char *path)
{
	struct why why = WHY_NONE;

	*d = (struct door){ .sc = sc };
	cr_assert_eq(
		net_local_listen(&d->l, sc->loop, path, on_accepted, d, &why),
		ERR_NONE, "%s", why.text);
}

/* Both ends of one connection; the listener is closed again. */
static void local_pair(struct scene *sc, struct end *a, struct end *b,
		       const char *path)
{
	struct why why = WHY_NONE;
	struct door d;

	listen_at(sc, &d, path);
	a->sc = sc;
	cr_assert_eq(
		net_local_dial(&a->s, sc->loop, path, &end_events, a, &why),
		ERR_NONE, "%s", why.text);
	UNTIL(sc, d.count);
	end_adopt(sc, b, d.streams[0]);
	d.streams[0] = NULL;
	door_close(&d);
}

static void compare(struct end *e, const uint8_t *data, size_t len)
{
	cr_assert(pattern_matches(data, e->bytes, len));
}

Test(local, carries_bytes_both_ways)
{
	enum {
		TOTAL = 3 * 1000 * 1000 /* far beyond the kernel's buffers */
	};
	static uint8_t bytes[TOTAL];
	struct end a = { .in = compare }, b = { .in = compare };
	struct place p;
	struct scene sc;

	place_open(&p);
	scene_open(&sc);
	local_pair(&sc, &a, &b, p.path);
	pattern_fill(bytes, 0, TOTAL);
	net_stream_set_limit(a.s, TOTAL);
	net_stream_set_limit(b.s, TOTAL);
	cr_assert_eq(buf_append(net_stream_out(a.s), bytes, TOTAL), ERR_NONE);
	cr_assert_eq(buf_append(net_stream_out(b.s), bytes, 1000), ERR_NONE);
	net_stream_start(a.s);
	net_stream_start(b.s);
	UNTIL(&sc, b.bytes == TOTAL && a.bytes == 1000 && a.drained);
	cr_assert_eq(net_stream_bytes_out(a.s), TOTAL);
	cr_assert_eq(a.connected, 0);
	cr_assert_eq(net_stream_remote(b.s).ip.family, IP_NONE);
	cr_assert_eq(net_stream_local(b.s).ip.family, IP_NONE);

	net_stream_shutdown(a.s);
	UNTIL(&sc, b.ended);
	cr_assert_eq(b.end_rc, ERR_CLOSED);
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
	place_close(&p);
}

Test(local, tells_a_reset_of_the_other_end)
{
	struct end a = { 0 }, b = { 0 };
	struct place p;
	struct scene sc;

	place_open(&p);
	scene_open(&sc);
	local_pair(&sc, &a, &b, p.path);
	net_stream_start(b.s);
	net_stream_reset(a.s);
	UNTIL(&sc, a.closed && b.ended);
	end_close(&b);
	scene_close(&sc);
	place_close(&p);
}

Test(local, makes_a_socket_for_its_owner_alone)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	struct place p;
	struct scene sc;

	place_open(&p);
	scene_open(&sc);
	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		struct stat st;
		struct door d;

		umask(masks[i]);
		listen_at(&sc, &d, p.path);
		cr_assert_eq(umask(masks[i]), masks[i]);
		cr_assert_eq(lstat(p.path, &st), 0);
		cr_assert(S_ISSOCK(st.st_mode));
		cr_assert_eq(st.st_mode & 07777, 0600);
		door_close(&d);
		cr_assert_eq(unlink(p.path), 0);
	}
	scene_close(&sc);
	place_close(&p);
}

Test(local, does_not_replace_what_is_there)
{
	struct why why = WHY_NONE;
	struct net_listener *l;
	struct place p;
	struct scene sc;
	struct stat st;

	place_open(&p);
	scene_open(&sc);
	cr_assert_eq(symlink("/tmp/not-there", p.path), 0);
	cr_assert_eq(
		net_local_listen(&l, sc.loop, p.path, on_accepted, NULL, &why),
		ERR_BUSY);
	cr_assert_null(l);
	cr_assert(strstr(why.text, p.path), "%s", why.text);
	cr_assert_eq(lstat(p.path, &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_neq(access("/tmp/not-there", F_OK), 0);
	scene_close(&sc);
	place_close(&p);
}

Test(local, says_why_it_cannot_listen_or_dial)
{
	struct end e = { 0 };
	char path[2 * PATH_MAX];
	struct why why = WHY_NONE;
	struct net_listener *l;
	struct place p;
	struct scene sc;
	struct door d;

	place_open(&p);
	scene_open(&sc);
	cr_assert_eq(net_local_listen(&l, sc.loop, "/tmp/weft-none/x",
				      on_accepted, NULL, &why),
		     ERR_NOT_FOUND);
	cr_assert_eq(
		net_local_dial(&e.s, sc.loop, p.path, &end_events, &e, &why),
		ERR_NOT_FOUND);
	cr_assert_null(e.s);
	listen_at(&sc, &d, p.path);
	door_close(&d);
	cr_assert_eq(
		net_local_dial(&e.s, sc.loop, p.path, &end_events, &e, &why),
		ERR_CLOSED);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(
		net_local_listen(&l, sc.loop, path, on_accepted, NULL, &why),
		ERR_SYSTEM);
	path[0] = '/';
	cr_assert_eq(
		net_local_listen(&l, sc.loop, path, on_accepted, NULL, &why),
		ERR_SYSTEM);
	scene_close(&sc);
	place_close(&p);
}

Test(local, takes_paths_beyond_the_room_of_an_address)
{
	struct end a = { 0 }, b = { 0 };
	struct place p;
	struct scene sc;
	char deep[PATH_MAX], longer[PATH_MAX];
	int len;

	place_open(&p);
	scene_open(&sc);
	len = snprintf(deep, sizeof(deep), "%s/%0100d", p.folder, 0);
	cr_assert_gt(len, 108);
	cr_assert_eq(mkdir(deep, 0700), 0);
	snprintf(longer, sizeof(longer), "%.200s/socket", deep);
	local_pair(&sc, &a, &b, longer);
	end_close(&a);
	end_close(&b);
	cr_assert_eq(unlink(longer), 0);
	cr_assert_eq(rmdir(deep), 0);
	scene_close(&sc);
	place_close(&p);
}

/* A path of 107 bytes fits, one of 108 goes the other way: both work. */
Test(local, takes_paths_on_either_side_of_that_room)
{
	const size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);

	for (size_t n = room - 2; n <= room; n++) {
		struct end a = { 0 }, b = { 0 };
		struct place p;
		struct scene sc;
		int pad;

		place_open(&p);
		scene_open(&sc);
		pad = (int)(n - strlen(p.folder) - 1);
		snprintf(p.path, sizeof(p.path), "%s/%0*d", p.folder, pad, 0);
		cr_assert_eq(strlen(p.path), n);
		local_pair(&sc, &a, &b, p.path);
		end_close(&a);
		end_close(&b);
		scene_close(&sc);
		place_close(&p);
	}
}

Test(local, knows_whose_process_connected)
{
	struct end a = { 0 }, b = { 0 };
	struct place p;
	struct scene sc;
	uid_t uid;

	place_open(&p);
	scene_open(&sc);
	local_pair(&sc, &a, &b, p.path);
	uid = geteuid() + 1;
	cr_assert_eq(net_local_uid(&uid, b.s), ERR_NONE);
	cr_assert_eq(uid, geteuid());
	uid = geteuid() + 1;
	cr_assert_eq(net_local_uid(&uid, a.s), ERR_NONE);
	cr_assert_eq(uid, geteuid());
	end_close(&a);
	end_close(&b);
	scene_close(&sc);
	place_close(&p);
}

Test(local, leaves_connections_in_the_backlog_while_paused)
{
	struct end a = { 0 };
	struct place p;
	struct scene sc;
	struct door d;

	place_open(&p);
	scene_open(&sc);
	listen_at(&sc, &d, p.path);
	net_listener_pause(d.l);
	a.sc = &sc;
	cr_assert_eq(
		net_local_dial(&a.s, sc.loop, p.path, &end_events, &a, NULL),
		ERR_NONE);
	scene_turns(&sc, 3);
	cr_assert_eq(d.count, 0);
	net_listener_resume(d.l);
	UNTIL(&sc, d.count);
	end_close(&a);
	door_close(&d);
	scene_close(&sc);
	place_close(&p);
}
