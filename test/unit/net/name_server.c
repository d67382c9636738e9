/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/net/name_server.h"

#include <stdio.h>
#include <strings.h>

#include "p2p/net/txt.h"

enum {
	HEAD = 12, /* bytes of a message before its question */
	MESSAGE_MAX = 65535,
	TYPE_TXT = 16,
	CODE_SERVFAIL = 2,
	CODE_NXDOMAIN = 3,
	CODE_REFUSED = 5,
	TTL = 60,
	STRING_MAX = 255,
};

struct message {
	uint8_t data[MESSAGE_MAX];
	size_t len;
};

static void put(struct message *m, unsigned value, size_t bytes)
{
	cr_assert_leq(m->len + bytes, sizeof(m->data));
	while (bytes--)
		m->data[m->len++] = (uint8_t)(value >> 8 * bytes);
}

static void put_bytes(struct message *m, const void *data, size_t len)
{
	cr_assert_leq(m->len + len, sizeof(m->data));
	memcpy(m->data + m->len, data, len);
	m->len += len;
}

/* Returns the length of the question, which is a name, a type and a class. */
static size_t question_of(char name[256], const uint8_t *query, size_t len)
{
	size_t at = HEAD, n = 0;

	while (query[at]) {
		cr_assert_lt(at + query[at], len);
		if (n)
			name[n++] = '.';
		memcpy(name + n, query + at + 1, query[at]);
		n += query[at];
		at += query[at] + 1u;
	}
	name[n] = '\0';
	cr_assert_eq(query[at + 2], TYPE_TXT);
	return at + 5 - HEAD;
}

/* Strings as '|' or their greatest length ends them. */
static void put_value(struct message *m, const char *value)
{
	size_t at;

	put(m, 0xc000 | HEAD, 2); /* the name of the question */
	put(m, TYPE_TXT, 2);
	put(m, 1, 2);
	put(m, TTL, 4);
	put(m, 0, 2);
	at = m->len;
	for (;;) {
		size_t n = strcspn(value, "|");

		n = n > STRING_MAX ? STRING_MAX : n;
		put(m, (unsigned)n, 1);
		put_bytes(m, value, n);
		value += n;
		if (*value == '|')
			value++;
		else if (!*value)
			break;
	}
	m->data[at - 2] = (uint8_t)((m->len - at) >> 8);
	m->data[at - 1] = (uint8_t)(m->len - at);
}

static unsigned put_values(struct message *m, const struct name_row *row)
{
	unsigned n = 0;
	char text[16];

	if (row->saying == SAYS_MANY)
		for (; n <= NET_TXT_VALUES_MAX; n++) {
			snprintf(text, sizeof(text), "%u", n);
			put_value(m, text);
		}
	else
		for (; n < ARRAY_LEN(row->values) && row->values[n]; n++)
			put_value(m, row->values[n]);
	return n;
}

static const struct name_row *find(const struct name_server *s,
				   const char *name)
{
	const struct name_row *row = s->rows;

	while (row->name && strcasecmp(row->name, name))
		row++;
	return row->name ? row : NULL;
}

/* Whether there is an answer at all. */
static bool answer(struct message *m, const struct name_row *row,
		   const uint8_t *query, size_t question, bool is_udp)
{
	enum saying saying = row ? row->saying : SAYS_NOBODY;
	bool is_later = saying == SAYS_LATER || saying == SAYS_LATER_CUT ||
			saying == SAYS_MANY;
	unsigned code = saying == SAYS_NOBODY	 ? CODE_NXDOMAIN
			: saying == SAYS_FAILURE ? CODE_SERVFAIL
			: saying == SAYS_NO	 ? CODE_REFUSED
						 : 0;
	bool is_cut =
		saying == SAYS_CUT || (saying == SAYS_LATER_CUT && !is_udp);
	size_t start;

	m->len = 0;
	put_bytes(m, query, 2);
	/* An answer, recursion asked for and given; TC. */
	put(m, 0x8180 | code | (is_later && is_udp ? 0x200 : 0), 2);
	put(m, 1, 2);
	put(m, 0, 2); /* answers: set below */
	put(m, 0, 4);
	put_bytes(m, query + HEAD, question);
	start = m->len;
	if (row && !code && saying != SAYS_NOTHING && !(is_later && is_udp)) {
		unsigned n = put_values(m, row);

		m->data[6] = (uint8_t)(n >> 8);
		m->data[7] = (uint8_t)n;
	}
	if (is_cut)
		m->len = start + (m->len - start) / 2;
	if (saying == SAYS_LYING)
		m->data[start + 12]++;
	return saying != SAYS_SILENT;
}

static bool reply(struct name_server *s, struct message *m,
		  const uint8_t *query, size_t len, bool is_udp)
{
	char name[256];
	size_t question = question_of(name, query, len);

	return answer(m, find(s, name), query, question, is_udp);
}

static void on_datagram(void *ctx, const struct addr *from, const uint8_t *data,
			size_t len)
{
	static struct message m;
	struct name_server *s = ctx;

	s->asked_udp++;
	if (reply(s, &m, data, len, true))
		net_udp_send(s->udp, from, m.data, m.len);
}

static void on_bytes(struct end *e, const uint8_t *data, size_t len)
{
	static struct message m;
	struct name_server *s = e->test;
	uint8_t prefix[2];

	/* The whole query comes at once, behind its length. */
	cr_assert_eq(len, 2 + (size_t)(data[0] << 8 | data[1]));
	s->asked_tcp++;
	if (!reply(s, &m, data + 2, len - 2, false))
		return;
	prefix[0] = (uint8_t)(m.len >> 8);
	prefix[1] = (uint8_t)m.len;
	cr_assert_eq(buf_append(net_stream_out(e->s), prefix, 2), ERR_NONE);
	cr_assert_eq(buf_append(net_stream_out(e->s), m.data, m.len), ERR_NONE);
}

static void on_accepted(void *ctx, struct net_stream *stream)
{
	struct name_server *s = ctx;
	struct end *e = &s->ends[s->end_count++];

	cr_assert_leq(s->end_count, ARRAY_LEN(s->ends));
	e->runs_on = true;
	e->in = on_bytes;
	e->test = s;
	end_adopt(s->sc, e, stream);
	net_stream_set_limit(stream, 2 + MESSAGE_MAX);
	net_stream_start(stream);
}

void name_server_open(struct scene *sc, struct name_server *s,
		      const struct name_row *rows, struct addr at)
{
	enum err rc = ERR_BUSY;

	*s = (struct name_server){ .sc = sc, .rows = rows };
	/* One port for both. */
	for (unsigned tries = 0; rc == ERR_BUSY && tries < 100; tries++) {
		cr_assert_eq(net_listener_open(&s->tcp, sc->loop, &at,
					       on_accepted, s, NULL),
			     ERR_NONE);
		s->at = net_listener_addr(s->tcp);
		rc = net_udp_open(&s->udp, sc->loop, &s->at, on_datagram, s,
				  NULL);
		if (rc)
			name_server_close_tcp(s);
	}
	cr_assert_eq(rc, ERR_NONE);
}

void name_server_close_tcp(struct name_server *s)
{
	net_listener_close(s->tcp);
	s->tcp = NULL;
}

void name_server_close(struct name_server *s)
{
	net_udp_close(s->udp);
	if (s->tcp)
		name_server_close_tcp(s);
	for (unsigned i = 0; i < s->end_count; i++) {
		s->ends[i].runs_on = false;
		end_close(&s->ends[i]);
	}
}
