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
	char diary[2048];
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
	struct net_loop *loop;
	struct channel ch;
	struct foobar_host host;
	struct protocol protocol;
	char told[2048];
	uint64_t left_out;
	unsigned notices;
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

static void left_out(void *ctx, const struct node_id *peer, uint64_t count)
{
	struct scene *s = ctx;

	cr_assert_eq(peer->b[0], 0xab);
	cr_assert_gt(count, 0);
	s->left_out += count;
	s->notices++;
}

static void scene_open(struct scene *s, uint64_t interval_ms)
{
	memset(s, 0, sizeof(*s));
	cr_assert_eq(net_loop_open(&s->loop, NULL), ERR_NONE);
	s->ch.room = 100;
	s->host = (struct foobar_host){ .loop = s->loop,
					.interval_ms = interval_ms,
					.told = told,
					.left_out = left_out,
					.ctx = s };
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
	net_loop_run(s->loop); /* ends: no timer is left */
	net_loop_close(s->loop);
}

/* Turn until that time of the loop has come. */
static void pass_ms(struct scene *s, uint64_t ms)
{
	struct mono at = mono_add_ms(net_loop_now(s->loop), ms);
	struct net_timer *t = net_timer_open(
		s->loop, (void (*)(void *))net_loop_stop, s->loop);

	net_timer_set(t, at);
	net_loop_run(s->loop);
	net_timer_close(t);
}

static unsigned count(const char *told, const char *text)
{
	unsigned n = 0;

	while ((told = strstr(told, text))) {
		told += strlen(text);
		n++;
	}
	return n;
}

Test(foobar_channel, offers_what_the_specification_says)
{
	struct capability c;

	foobar_capability(&c);
	cr_assert_str_eq(c.name, "foobar");
	cr_assert_eq(c.version, 1);
	cr_assert_eq(c.codes, 1);
	cr_assert_geq(c.max_message, 5u);
	cr_assert_leq(c.max_message, 1024u);
}

Test(foobar_channel, says_foo_once_answers_foo_and_nothing_else)
{
	struct scene s;

	scene_open(&s, 0);
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

		scene_open(&s, 0);
		cr_assert_eq(hear(&s, cases[i].bytes, cases[i].len),
			     PROTOCOL_END(DISC_PROTOCOL), "case %zu", i);
		cr_assert_str_eq(s.told, ">foo ");
		scene_close(&s);
	}
}

Test(foobar_channel, reads_no_more_from_one_that_does_not_take_its_answers)
{
	struct scene s;

	scene_open(&s, 0);
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
	struct scene s;

	scene_open(&s, 1);
	s.ch.room = 3;
	while (s.ch.room)
		pass_ms(&s, 1);
	cr_assert_str_eq(s.ch.diary, "foo foo foo foo ");
	scene_close(&s);
	cr_assert_str_eq(s.told, ">foo >foo >foo >foo ");
}

Test(foobar_channel, tells_a_flood_in_part_and_how_much_it_left_out)
{
	enum {
		FLOOD = 100, /* foo; our answers are lines as well */
	};
	struct scene s;

	scene_open(&s, 0);
	s.ch.room = FLOOD;
	for (int i = 0; i < FLOOD; i++)
		cr_assert_eq(hear(&s, FOO, 5), PROTOCOL_GO_ON);
	cr_assert_eq(count(s.told, "<foo ") + count(s.told, ">bar "),
		     FOOBAR_TOLD_AT_ONCE);
	cr_assert_eq(s.notices, 0);
	cr_assert_eq(s.ch.room, 0); /* answered all the same */
	while (!s.notices)
		pass_ms(&s, 10);
	cr_assert_eq(s.left_out, 2 * FLOOD - FOOBAR_TOLD_AT_ONCE);

	/* By now some may be told again. */
	s.ch.room = 1;
	cr_assert_eq(hear(&s, FOO, 5), PROTOCOL_GO_ON);
	cr_assert_eq(count(s.told, "<foo ") + count(s.told, ">bar "),
		     FOOBAR_TOLD_AT_ONCE + 2);
	cr_assert_eq(s.notices, 1);
	scene_close(&s);
	cr_assert_eq(s.notices, 1);
}

Test(foobar_channel, says_at_the_end_what_it_left_out)
{
	struct scene s;

	scene_open(&s, 0);
	for (int i = 0; i < FOOBAR_TOLD_AT_ONCE; i++)
		cr_assert_eq(hear(&s, FOO, 5), PROTOCOL_GO_ON);
	scene_close(&s);
	cr_assert_eq(s.left_out, FOOBAR_TOLD_AT_ONCE);
	cr_assert_eq(s.notices, 1);
}

Test(foobar_channel, tells_all_that_is_of_our_own_doing)
{
	enum {
		ROUNDS = 3 * FOOBAR_TOLD_AT_ONCE,
	};
	struct scene s;

	scene_open(&s, 1);
	s.ch.room = ROUNDS - 1;
	while (s.ch.room) {
		pass_ms(&s, 1);
		s.told[0] = '\0';
	}
	for (int i = 0; i < ROUNDS; i++)
		cr_assert_eq(hear(&s, BAR, 5), PROTOCOL_GO_ON);
	cr_assert_eq(count(s.told, "<bar "), ROUNDS);

	/* These answer nothing. */
	s.told[0] = '\0';
	for (int i = 0; i < ROUNDS; i++)
		cr_assert_eq(hear(&s, BAR, 5), PROTOCOL_GO_ON);
	cr_assert_lt(count(s.told, "<bar "), ROUNDS);
	scene_close(&s);
	cr_assert_eq(count(s.told, "<bar ") + s.left_out, ROUNDS);
}
