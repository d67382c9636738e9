/* SPDX-License-Identifier: Apache-2.0 */
/* test_foobar_channel.c - foobar on a channel that is a diary: the server's
 * channel functions are defined here, and no server is linked. */
#include "node/foobar_channel.h"

#include <stdio.h>
#include <string.h>

#include "test/support/unit.h"

#define FOO        \
	"\xc4\x83" \
	"foo"
#define BAR        \
	"\xc4\x83" \
	"bar"

struct channel {
	char diary[512];
	unsigned room; /* messages until ERR_BUSY */
	bool paused;
};

static void note(struct channel *ch, const char *text, size_t len)
{
	size_t n = strlen(ch->diary);

	snprintf(ch->diary + n, sizeof(ch->diary) - n, "%.*s ", (int)len, text);
}

enum err channel_send(struct channel *ch, uint32_t code, struct span payload)
{
	cr_assert_eq(code, 0);
	if (!ch->room)
		return ERR_BUSY;
	ch->room--;
	cr_assert_eq(payload.len, 5);
	cr_assert_not(memcmp(payload.data, FOO, 2));
	note(ch, (const char *)payload.data + 2, 3);
	return ERR_NONE;
}

void channel_pause(struct channel *ch)
{
	ch->paused = true;
}

void channel_resume(struct channel *ch)
{
	ch->paused = false;
}

void channel_facts(const struct channel *ch, struct peer_facts *out)
{
	(void)ch;
	*out = (struct peer_facts){ .id = { { 0xab } } };
}

struct scene {
	struct channel ch;
	struct foobar_host host;
	struct protocol protocol;
	char told[512];
	void *user;
};

static void told(void *ctx, const struct node_id *peer, enum foobar_way way,
		 const char *text)
{
	struct scene *s = ctx;
	size_t n = strlen(s->told);

	cr_assert_eq(peer->b[0], 0xab);
	snprintf(s->told + n, sizeof(s->told) - n, "%s%s ",
		 way == FOOBAR_SENT ? ">" : "<", text);
}

static void scene_open(struct scene *s, struct net_loop *loop,
		       uint64_t interval_ms)
{
	memset(s, 0, sizeof(*s));
	s->ch.room = 100;
	s->host = (struct foobar_host){
		.loop = loop, .interval_ms = interval_ms, .told = told, .ctx = s
	};
	foobar_protocol(&s->protocol, &s->host);
	cr_assert_eq(s->protocol.opened(&s->ch, s->protocol.state, &s->user),
		     PROTOCOL_GO_ON);
}

static int hear(struct scene *s, const char *payload, size_t len)
{
	struct msg *m = msg_new(0, len);
	int rc;

	memcpy(m->payload, payload, len);
	rc = s->protocol.message(&s->ch, s->user, m);
	msg_put(m);
	return rc;
}

static void scene_close(struct scene *s)
{
	s->protocol.closed(&s->ch, s->user);
}

Test(foobar_channel, offers_what_the_specification_says)
{
	struct capability c;

	foobar_capability(&c);
	cr_assert_str_eq(c.name, "foobar");
	cr_assert_eq(c.version, 1);
	cr_assert_eq(c.codes, 1);
}

Test(foobar_channel, says_foo_once_answers_foo_and_nothing_else)
{
	struct scene s;

	scene_open(&s, NULL, 0);
	cr_assert_str_eq(s.ch.diary, "foo ");
	cr_assert_eq(hear(&s, FOO, 5), PROTOCOL_GO_ON);
	cr_assert_str_eq(s.ch.diary, "foo bar ");
	cr_assert_eq(hear(&s, BAR, 5), PROTOCOL_GO_ON);
	cr_assert_eq(hear(&s,
			  "\xc4\x83"
			  "baz",
			  5),
		     PROTOCOL_GO_ON);
	cr_assert_str_eq(s.ch.diary, "foo bar ");
	cr_assert_str_eq(s.told, ">foo <foo >bar <bar ");
	scene_close(&s);
}

Test(foobar_channel, ends_the_session_over_any_other_shape)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "", 0 },
		{ "\x83"
		  "foo",
		  4 }, /* a string, no list */
		{ "\xc0", 1 },
		{ "\xc2\x01\x02", 3 },
		{ FOO "\x01", 6 }, /* something behind it */
		{ "\xc5\x83"
		  "foo",
		  5 }, /* cut */
		{ "\xc1\xc0", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene s;

		scene_open(&s, NULL, 0);
		cr_assert_eq(hear(&s, cases[i].bytes, cases[i].len),
			     PROTOCOL_END(DISC_PROTOCOL), "case %zu", i);
		cr_assert_str_eq(s.told, ">foo ");
		scene_close(&s);
	}
}

Test(foobar_channel, reads_no_more_from_one_that_does_not_take_its_answers)
{
	struct scene s;

	scene_open(&s, NULL, 0);
	s.ch.room = 1;
	cr_assert_eq(hear(&s, FOO, 5), PROTOCOL_GO_ON);
	cr_assert_not(s.ch.paused);
	cr_assert_eq(hear(&s, FOO, 5), PROTOCOL_GO_ON);
	cr_assert(s.ch.paused);
	cr_assert_str_eq(s.ch.diary, "foo bar ");
	cr_assert_eq(s.protocol.writable(&s.ch, s.user), PROTOCOL_GO_ON);
	cr_assert(s.ch.paused); /* no room after all */
	s.ch.room = 5;
	cr_assert_eq(s.protocol.writable(&s.ch, s.user), PROTOCOL_GO_ON);
	cr_assert_not(s.ch.paused);
	cr_assert_str_eq(s.ch.diary, "foo bar bar ");
	cr_assert_str_eq(s.told, ">foo <foo >bar <foo >bar ");
	scene_close(&s);
}

Test(foobar_channel, repeats_foo_at_the_interval_and_stops_when_closed)
{
	struct net_loop *loop;
	struct net_timer *end;
	struct scene s;

	cr_assert_eq(net_loop_open(&loop, NULL), ERR_NONE);
	scene_open(&s, loop, 1);
	s.ch.room = 3;
	end = net_timer_open(loop, (void (*)(void *))net_loop_stop, loop);
	net_timer_set(end, mono_add_ms(net_loop_now(loop), 60000));
	while (s.ch.room)
		net_timer_set(end, net_loop_now(loop)), net_loop_run(loop);
	cr_assert_str_eq(s.ch.diary, "foo foo foo foo ");
	scene_close(&s);
	net_timer_close(end);
	net_loop_run(loop); /* ends: no timer is left */
	net_loop_close(loop);
	cr_assert_str_eq(s.told, ">foo >foo >foo >foo ");
}
