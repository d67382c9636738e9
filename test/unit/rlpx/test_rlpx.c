/* SPDX-License-Identifier: Apache-2.0 */
/* test_rlpx.c - the core, both ends of it, and a peer that breaks the rules. */
#include "p2p/rlpx/rlpx.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/rlpx/snappy_block.h"
#include "test/support/raw_peer.h"
#include "test/support/unit.h"

static const struct capability offered[] = {
	{ .name = "bar", .version = 2, .codes = 2, .max_message = 1000 },
	{ .name = "foo", .version = 1, .codes = 3 },
};

/* One end: its core, what it wants to send, and a diary of its events. */
struct end {
	struct rlpx *x;
	struct buf out;
	char diary[8192];
	struct rlpx_event last;
	enum err rc;
};

static struct rlpx_config config_of(enum handshake_side side)
{
	unsigned us = side == HANDSHAKE_INITIATOR ? 0 : 1;

	return (struct rlpx_config){
		.side = side,
		.us = fixed_key(us),
		.remote = fixed_key(1 - us)->pub,
		.entropy = fixed_entropy(us),
		.version = BASE_VERSION,
		.name = us ? "recipient" : "initiator",
		.local = offered,
		.local_count = ARRAY_LEN(offered),
	};
}

static void end_open_with(struct end *e, const struct rlpx_config *config)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->out, 64 << 20);
	cr_assert_eq(rlpx_new(&e->x, config), ERR_NONE);
}

static void end_open(struct end *e, enum handshake_side side)
{
	struct rlpx_config config = config_of(side);

	end_open_with(e, &config);
}

static void end_close(struct end *e)
{
	rlpx_free(e->x);
	buf_clear(&e->out);
}

PRINTF_LIKE(2, 3)
static void note(struct end *e, const char *fmt, ...)
{
	size_t n = strlen(e->diary);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->diary + n, sizeof(e->diary) - n, fmt, ap);
	va_end(ap);
}

static unsigned long checksum(const struct msg *m)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < m->size; i++)
		sum = sum * 31 + m->payload[i];
	return sum;
}

/* Take every event there is, behaving as a well-behaved peer would. */
static void end_drain(struct end *e)
{
	struct rlpx_event ev;

	while (!(e->rc = rlpx_next(e->x, &ev))) {
		e->last = ev;
		switch (ev.kind) {
		case RLPX_JOB:
			rlpx_job_run(ev.job);
			rlpx_job_done(e->x, ev.job, &e->out);
			break;
		case RLPX_SECURED:
			note(e, "secured ");
			cr_assert_eq(rlpx_hello(e->x, &e->out), ERR_NONE);
			break;
		case RLPX_HELLO:
			note(e, "hello(%lu) ",
			     (unsigned long)rlpx_peer_hello(e->x)->version);
			break;
		case RLPX_MESSAGE:
			note(e, "m%u.%u:%lx ", ev.match, ev.msg->code,
			     checksum(ev.msg));
			msg_put(ev.msg);
			break;
		case RLPX_PING:
			note(e, "ping ");
			cr_assert_eq(rlpx_pong(e->x, &e->out), ERR_NONE);
			break;
		case RLPX_PONG:
			note(e, "pong ");
			break;
		case RLPX_DISCONNECT:
			note(e, "disconnect(%u) ", ev.reason);
			break;
		}
	}
}

/* Feed what one end wrote to the other, in pieces of `chunk` bytes. */
static void carry(struct end *from, struct end *to, size_t chunk)
{
	while (from->out.len) {
		size_t n = from->out.len < chunk ? from->out.len : chunk;

		cr_assert_eq(rlpx_feed(to->x, from->out.data, n), ERR_NONE);
		buf_drop(&from->out, n);
		end_drain(to);
	}
}

static void settle(struct end *a, struct end *b, size_t chunk)
{
	end_drain(a);
	end_drain(b);
	while (a->out.len || b->out.len) {
		carry(a, b, chunk);
		carry(b, a, chunk);
	}
}

static struct span pattern(size_t len)
{
	uint8_t *p = malloc(len + 1);
	uint32_t v = 12345;

	for (size_t i = 0; i < len; i++) {
		v = v * 1664525 + 1013904223;
		p[i] = (uint8_t)(v >> 24);
	}
	return span_of(p, len);
}

static void send_pattern(struct end *e, uint32_t match, uint32_t code,
			 size_t len)
{
	struct span p = pattern(len);

	cr_assert_eq(rlpx_send(e->x, &e->out, match, code, p), ERR_NONE);
	free((void *)p.data);
}

/* A conversation in which everything happens that may. */
static void converse(struct end *a, struct end *b, size_t chunk)
{
	end_open(a, HANDSHAKE_INITIATOR);
	end_open(b, HANDSHAKE_RECIPIENT);
	settle(a, b, chunk);
	send_pattern(a, 0, 1, 1000);
	send_pattern(b, 1, 2, 0);
	send_pattern(a, 1, 0, 70000);
	cr_assert_eq(rlpx_ping(a->x, &a->out), ERR_NONE);
	send_pattern(b, 1, 2, 1);
	settle(a, b, chunk);
	cr_assert_eq(rlpx_disconnect(b->x, &b->out, DISC_QUITTING), ERR_NONE);
	settle(a, b, chunk);
}

Test(rlpx, any_chunking_gives_the_same_events)
{
	static const size_t chunks[] = { 1, 2, 15, 16, 17, 31, 33, 1000 };
	struct end a, b, c, d;

	converse(&a, &b, SIZE_MAX);
	cr_assert(strstr(a.diary, "secured hello(5) ") == a.diary, "%s",
		  a.diary);
	cr_assert_not_null(strstr(a.diary, "pong "));
	cr_assert_not_null(strstr(a.diary, "disconnect(8) "));
	cr_assert_not_null(strstr(b.diary, "ping "));
	for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
		converse(&c, &d, chunks[i]);
		cr_assert_str_eq(a.diary, c.diary);
		cr_assert_str_eq(b.diary, d.diary);
		end_close(&c);
		end_close(&d);
	}
	end_close(&a);
	end_close(&b);
}

Test(rlpx, both_ends_know_each_other_and_agree_on_codes)
{
	const struct capability_match *matches;
	struct end a, b;

	end_open(&a, HANDSHAKE_INITIATOR);
	end_open(&b, HANDSHAKE_RECIPIENT);
	settle(&a, &b, SIZE_MAX);
	cr_assert_arr_eq(rlpx_remote(b.x)->b, fixed_key(0)->pub.b, 64);
	cr_assert_eq(rlpx_matches(a.x, &matches), 2);
	cr_assert_eq(matches[0].offset, 16);
	cr_assert_eq(matches[1].offset, 18);
	cr_assert_eq(rlpx_send(a.x, &a.out, 0, 2, span_text("")), ERR_FORMAT,
		     "bar/2 has two codes");
	cr_assert_eq(a.out.len, 0);
	end_close(&a);
	end_close(&b);
}

Test(rlpx, messages_of_every_size_arrive_whole)
{
	static const size_t sizes[] = { 0,     1,	15,	  16,	   17,
					65535, 1 << 20, 15 << 20, 16000000 };
	struct end a, b;

	end_open(&a, HANDSHAKE_INITIATOR);
	end_open(&b, HANDSHAKE_RECIPIENT);
	settle(&a, &b, SIZE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct span p = pattern(sizes[i]);
		struct rlpx_event ev;

		cr_assert_eq(rlpx_send(a.x, &a.out, 1, 2, p), ERR_NONE);
		while (a.out.len) {
			size_t n = a.out.len < 65536 ? a.out.len : 65536;

			cr_assert_eq(rlpx_feed(b.x, a.out.data, n), ERR_NONE);
			buf_drop(&a.out, n);
			if (a.out.len)
				cr_assert_eq(rlpx_next(b.x, &ev), ERR_SHORT);
		}
		cr_assert_eq(rlpx_next(b.x, &ev), ERR_NONE);
		cr_assert_eq(ev.kind, RLPX_MESSAGE);
		cr_assert_eq(ev.match, 1);
		cr_assert_eq(ev.msg->code, 2);
		cr_assert(span_equal(span_of(ev.msg->payload, ev.msg->size), p),
			  "size %zu", sizes[i]);
		msg_put(ev.msg);
		free((void *)p.data);
	}
	end_close(&a);
	end_close(&b);
}

/* The very bytes of rlpx_send, compressed or not. */
static void check_packed(uint64_t version, size_t size)
{
	struct span p = pattern(size);
	struct packed packed = packed_of(p);
	struct end ends[2][2];

	for (int i = 0; i < 2; i++) {
		struct rlpx_config ca = config_of(HANDSHAKE_INITIATOR);
		struct rlpx_config cb = config_of(HANDSHAKE_RECIPIENT);
		struct end *a = &ends[i][0], *b = &ends[i][1];

		cb.version = version;
		end_open_with(a, &ca);
		end_open_with(b, &cb);
		settle(a, b, SIZE_MAX);
		if (i)
			cr_assert_eq(
				rlpx_send_packed(a->x, &a->out, 1, 2, &packed),
				ERR_NONE);
		else
			cr_assert_eq(rlpx_send(a->x, &a->out, 1, 2, p),
				     ERR_NONE);
	}
	cr_assert_eq(!packed.block, version == BASE_VERSION_PLAIN);
	cr_assert(span_equal(span_of(ends[0][0].out.data, ends[0][0].out.len),
			     span_of(ends[1][0].out.data, ends[1][0].out.len)),
		  "version %lu, %zu bytes", (unsigned long)version, size);
	for (int i = 0; i < 4; i++)
		end_close(&ends[i / 2][i % 2]);
	packed_clear(&packed);
	free((void *)p.data);
}

Test(rlpx, what_is_packed_for_many_is_what_each_would_get)
{
	static const size_t sizes[] = { 0, 1, 17, 70000 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		check_packed(BASE_VERSION, sizes[i]);
		check_packed(BASE_VERSION_PLAIN, sizes[i]);
	}
}

Test(rlpx, what_cannot_be_framed_is_refused_and_leaves_the_stream_intact)
{
	struct span p = pattern(RLPX_MESSAGE_MAX + 1);
	struct packed packed;
	struct end a, b;

	end_open(&a, HANDSHAKE_INITIATOR);
	end_open(&b, HANDSHAKE_RECIPIENT);
	settle(&a, &b, SIZE_MAX);
	cr_assert_eq(rlpx_send(a.x, &a.out, 1, 0, p), ERR_LIMIT);
	packed = packed_of(p);
	cr_assert_eq(rlpx_send_packed(a.x, &a.out, 1, 0, &packed), ERR_LIMIT);
	cr_assert_null(packed.block);
	p.len--; /* allowed by itself, but not compressible into a frame */
	cr_assert_eq(rlpx_send(a.x, &a.out, 1, 0, p), ERR_LIMIT);
	packed = packed_of(p);
	cr_assert_eq(rlpx_send_packed(a.x, &a.out, 1, 0, &packed), ERR_LIMIT);
	packed_clear(&packed);
	packed = packed_of(span_text("x"));
	cr_assert_eq(rlpx_send_packed(a.x, &a.out, 0, 2, &packed), ERR_FORMAT);
	cr_assert_eq(a.out.len, 0);
	send_pattern(&a, 1, 0, 5);
	settle(&a, &b, SIZE_MAX);
	cr_assert_eq(b.last.kind, RLPX_MESSAGE);
	free((void *)p.data);
	end_close(&a);
	end_close(&b);
}

Test(rlpx, nothing_is_compressed_when_either_side_speaks_version_4)
{
	for (unsigned old = 0; old < 2; old++) {
		struct rlpx_config ca = config_of(HANDSHAKE_INITIATOR);
		struct rlpx_config cb = config_of(HANDSHAKE_RECIPIENT);
		static const uint8_t zeros[900];
		struct end a, b;

		*(old ? &ca.version : &cb.version) = BASE_VERSION_PLAIN;
		end_open_with(&a, &ca);
		end_open_with(&b, &cb);
		settle(&a, &b, SIZE_MAX);
		cr_assert_eq(rlpx_send(a.x, &a.out, 0, 0,
				       span_of(zeros, sizeof(zeros))),
			     ERR_NONE);
		cr_assert_gt(a.out.len, sizeof(zeros));
		settle(&a, &b, SIZE_MAX);
		cr_assert_eq(b.last.kind, RLPX_MESSAGE);
		end_close(&a);
		end_close(&b);
	}
}

/* --- jobs ----------------------------------------------------------------- */

Test(rlpx, bytes_that_arrive_during_a_job_are_kept_up_to_a_limit)
{
	static uint8_t flood[RLPX_PENDING_MAX + HANDSHAKE_MAX + 1];
	struct rlpx_event ev;
	struct end b;

	end_open(&b, HANDSHAKE_INITIATOR);
	cr_assert_eq(rlpx_next(b.x, &ev), ERR_NONE);
	cr_assert_eq(ev.kind, RLPX_JOB);
	cr_assert_null(rlpx_job_point(ev.job));
	cr_assert_eq(rlpx_next(b.x, &ev), ERR_SHORT);
	cr_assert_eq(rlpx_feed(b.x, flood, sizeof(flood) - 1), ERR_NONE);
	cr_assert_eq(rlpx_feed(b.x, flood, 1), ERR_LIMIT);
	rlpx_job_done(b.x, ev.job, &b.out); /* not run: nothing to send */
	end_close(&b);
}

Test(rlpx, a_core_freed_during_a_job_abandons_it)
{
	struct rlpx_event ev;
	struct end a;

	end_open(&a, HANDSHAKE_INITIATOR);
	cr_assert_eq(rlpx_next(a.x, &ev), ERR_NONE);
	rlpx_free(a.x);
	a.x = NULL;
	rlpx_job_run(ev.job);
	rlpx_job_done(NULL, ev.job, NULL);
	end_close(&a);
}

/* --- handshakes that fail --------------------------------------------------
 */

static void refuse_auth(struct span bytes, enum rlpx_plain plain,
			enum rlpx_fault expected)
{
	struct rlpx_config config = config_of(HANDSHAKE_RECIPIENT);
	struct end b;

	config.plain = plain;
	end_open_with(&b, &config);
	cr_assert_eq(rlpx_feed(b.x, bytes.data, bytes.len), ERR_NONE);
	end_drain(&b);
	cr_assert_eq(rlpx_fault(b.x), expected, "got %s, expected %s",
		     rlpx_fault_name(rlpx_fault(b.x)),
		     rlpx_fault_name(expected));
	cr_assert_eq(b.out.len, 0, "nothing is sent");
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_PROTOCOL), ERR_CLOSED);
	end_close(&b);
}

Test(rlpx, handshake_sizes_are_refused_before_waiting_for_them)
{
	refuse_auth(span_of("\x00\x70", 2), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_SIZE);
	refuse_auth(span_of("\x08\x01", 2), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_SIZE);
	refuse_auth(span_of("\xff\xff", 2), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_SIZE);
	refuse_auth(span_of("\x00\x71", 2), RLPX_PLAIN_REFUSE, RLPX_FAULT_NONE);
	refuse_auth(span_of("\x08\x00", 2), RLPX_PLAIN_REFUSE, RLPX_FAULT_NONE);
}

Test(rlpx, a_packet_to_somebody_else_is_refused)
{
	struct handshake_entropy entropy = fixed_entropy(0);
	struct handshake_packet auth;
	struct ecc_keypair other;

	crypto_init();
	rng_key(&other.key);
	ecc_pub_of(&other.pub, &other.key);
	cr_assert_eq(handshake_auth_make(&auth, fixed_key(0), &other.pub,
					 &entropy, (struct span){ 0 }),
		     ERR_NONE);
	refuse_auth(span_of(auth.b, auth.len), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH);
	auth.b[HANDSHAKE_SIZE_PREFIX + 1] ^= 1; /* the point's x */
	refuse_auth(span_of(auth.b, auth.len), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_POINT);
}

Test(rlpx, plain_auth_is_answered_only_where_allowed)
{
	json_t *v = vectors_load("rlpx.json");
	struct span plain = vectors_hex(v, "auth.cases.0.packet");
	struct ecc_keypair us;
	struct rlpx_config config = config_of(HANDSHAKE_RECIPIENT);
	struct end b;

	crypto_init();
	hex_copy(us.key.b, 32, vectors_text(v, "keys.static_B"));
	ecc_pub_of(&us.pub, &us.key);
	cr_assert_eq(plain.len, HANDSHAKE_PLAIN_AUTH);
	config.us = &us;

	/* By default 04 xx is a size, and the rest of it never comes. */
	end_open_with(&b, &config);
	cr_assert_eq(rlpx_feed(b.x, plain.data, plain.len), ERR_NONE);
	end_drain(&b);
	cr_assert_eq(b.rc, ERR_SHORT);
	cr_assert_eq(b.out.len, 0);
	end_close(&b);

	config.plain = RLPX_PLAIN_ACCEPT;
	end_open_with(&b, &config);
	for (size_t i = 0; i < plain.len; i++) {
		cr_assert_eq(b.out.len, 0);
		cr_assert_eq(rlpx_feed(b.x, plain.data + i, 1), ERR_NONE);
		end_drain(&b);
	}
	cr_assert_gt(b.out.len, HANDSHAKE_PLAIN_ACK, "ack, then our Hello");
	cr_assert(strstr(b.diary, "secured") != NULL);
	end_close(&b);
	free((void *)plain.data);
	json_decref(v);
}

Test(rlpx, eip8_is_still_understood_where_plain_is_accepted)
{
	struct rlpx_config config = config_of(HANDSHAKE_RECIPIENT);
	struct end a, b;

	config.plain = RLPX_PLAIN_ACCEPT;
	end_open(&a, HANDSHAKE_INITIATOR);
	end_open_with(&b, &config);
	settle(&a, &b, 1);
	cr_assert_not_null(rlpx_peer_hello(a.x));
	cr_assert_not_null(rlpx_peer_hello(b.x));
	end_close(&a);
	end_close(&b);
}

/* --- a peer that breaks the rules ----------------------------------------- */

struct attack {
	struct raw_peer peer;
	struct buf wire;
	struct end victim;
};

static void attack_begin(struct attack *t)
{
	end_open(&t->victim, HANDSHAKE_RECIPIENT);
	raw_peer_join(&t->peer, t->victim.x);
	buf_init(&t->wire, 64 << 20);
	cr_assert_eq(rlpx_hello(t->victim.x, &t->victim.out), ERR_NONE);
}

static void attack_end(struct attack *t)
{
	raw_peer_clear(&t->peer);
	buf_clear(&t->wire);
	end_close(&t->victim);
}

static void attack_hello(struct attack *t)
{
	raw_peer_hello(&t->peer, &t->wire, BASE_VERSION, offered,
		       ARRAY_LEN(offered));
}

static void attack_frame(struct attack *t, const char *hex)
{
	struct span data = hex_bytes(hex);

	raw_peer_seal(&t->peer, &t->wire, data.data, data.len);
	free((void *)data.data);
}

/* The first bytes of what is sealed, in pieces as a socket gives them. */
static void attack_feed(struct attack *t, size_t len)
{
	while (len) {
		size_t n = len < 65536 ? len : 65536;

		cr_assert_eq(rlpx_feed(t->victim.x, t->wire.data, n), ERR_NONE);
		buf_drop(&t->wire, n);
		len -= n;
		end_drain(&t->victim);
	}
}

static void attack_deliver(struct attack *t)
{
	attack_feed(t, t->wire.len);
}

/* After Hello (if asked for), this frame must end in this fault. */
static void expect_fault(const char *hex, bool after_hello,
			 enum rlpx_fault expected)
{
	struct attack t;
	uint8_t reason = rlpx_fault_reason(expected);

	attack_begin(&t);
	if (after_hello)
		attack_hello(&t);
	attack_frame(&t, hex);
	attack_deliver(&t);
	cr_assert_eq(rlpx_fault(t.victim.x), expected, "%s: got %s", hex,
		     rlpx_fault_name(rlpx_fault(t.victim.x)));
	cr_assert_eq(t.victim.rc, rlpx_next(t.victim.x, &t.victim.last),
		     "the error is final");
	cr_assert_eq(rlpx_disconnect(t.victim.x, &t.victim.out, DISC_PROTOCOL),
		     reason == DISC_NETWORK ? ERR_CLOSED : ERR_NONE, "%s", hex);
	cr_assert_eq(rlpx_send(t.victim.x, &t.victim.out, 0, 0, span_text("x")),
		     ERR_CLOSED);
	attack_end(&t);
}

Test(rlpx, each_breach_is_told_from_the_others)
{
	static const struct {
		const char *hex;
		bool after_hello;
		enum rlpx_fault fault;
	} rows[] = {
		{ "", false, RLPX_FAULT_FRAME_SIZE },
		{ "", true, RLPX_FAULT_FRAME_SIZE },
		{ "00c0", false, RLPX_FAULT_CODE },
		{ "8100c0", true, RLPX_FAULT_CODE },
		{ "c0c0", true, RLPX_FAULT_CODE },
		{ "02c0", false, RLPX_FAULT_FIRST },
		{ "10c0", false, RLPX_FAULT_FIRST },
		{ "80c0", false, RLPX_FAULT_HELLO },
		{ "80", false, RLPX_FAULT_HELLO },
		{ "15010003", true, RLPX_FAULT_RANGE },
		{ "88ffffffffffffffff0100c0", true, RLPX_FAULT_RANGE },
		{ "10", true, RLPX_FAULT_SNAPPY },
		{ "1005", true, RLPX_FAULT_SNAPPY },
		{ "10ffffffffff", true, RLPX_FAULT_SNAPPY },
		/* these declare 16 MiB, and one byte less, in a few bytes */
		{ "108080800800", true, RLPX_FAULT_BOMB },
		{ "10ffffff0700", true, RLPX_FAULT_BOMB },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_fault(rows[i].hex, rows[i].after_hello, rows[i].fault);
}

/* Take the next frame that the victim sent: the first bytes of its data. */
static void take_sent(struct attack *t, uint8_t *data, size_t len)
{
	struct buf *out = &t->victim.out;
	uint8_t *body;
	size_t padded;
	size_t size;

	cr_assert_geq(out->len, FRAME_HEADER);
	body = out->data + FRAME_HEADER;
	cr_assert_eq(frame_open_header(&t->peer.codec, &size, out->data),
		     ERR_NONE);
	cr_assert_geq(out->len, frame_room(size));
	cr_assert_geq(size, len);
	padded = frame_room(size) - FRAME_HEADER - FRAME_MAC;
	frame_absorb(&t->peer.codec, body, padded);
	cr_assert_eq(frame_open_body(&t->peer.codec, body, padded), ERR_NONE);
	memcpy(data, body, len);
	buf_drop(out, frame_room(size));
}

Test(rlpx, hello_must_carry_the_identity_of_the_handshake)
{
	uint8_t sent[5];
	struct attack t;
	struct buf data;

	attack_begin(&t);
	buf_init(&data, 1 + HELLO_MAX);
	cr_assert_eq(buf_append(&data, "\x80", 1), ERR_NONE);
	cr_assert_eq(hello_make(&data, BASE_VERSION, "liar", offered,
				ARRAY_LEN(offered), &fixed_key(1)->pub,
				(struct span){ 0 }),
		     ERR_NONE);
	raw_peer_seal(&t.peer, &t.wire, data.data, data.len);
	buf_clear(&data);
	attack_deliver(&t);
	cr_assert_eq(rlpx_fault(t.victim.x), RLPX_FAULT_IDENTITY);
	cr_assert_eq(rlpx_fault_reason(RLPX_FAULT_IDENTITY),
		     DISC_UNEXPECTED_IDENTITY);

	/* Hellos have been exchanged, so the Disconnect is compressed: 2 bytes,
	 * a literal of 2, [9]. The peer could not read it otherwise. */
	take_sent(&t, sent, 1);
	cr_assert_eq(sent[0], 0x80, "our Hello");
	cr_assert_eq(rlpx_disconnect(t.victim.x, &t.victim.out,
				     DISC_UNEXPECTED_IDENTITY),
		     ERR_NONE);
	take_sent(&t, sent, sizeof(sent));
	cr_assert_arr_eq(sent, "\x01\x02\x04\xc1\x09", sizeof(sent));
	cr_assert_eq(t.victim.out.len, 0);
	attack_end(&t);
}

Test(rlpx, says_hello_once)
{
	struct attack t;
	size_t len;

	attack_begin(&t);
	len = t.victim.out.len;
	cr_assert_eq(rlpx_hello(t.victim.x, &t.victim.out), ERR_CLOSED);
	attack_hello(&t);
	attack_deliver(&t);
	cr_assert_str_eq(t.victim.diary, "hello(5) ");
	cr_assert_eq(rlpx_hello(t.victim.x, &t.victim.out), ERR_CLOSED);
	cr_assert_eq(t.victim.out.len, len);
	attack_end(&t);
}

Test(rlpx, unknown_base_codes_and_a_second_hello_are_dropped)
{
	struct attack t;

	attack_begin(&t);
	attack_hello(&t);
	attack_hello(&t);
	attack_frame(&t, "04ff");
	attack_frame(&t, "0f");
	attack_frame(&t, "02"); /* a Ping of any payload is a Ping */
	attack_frame(&t, "0380");
	attack_deliver(&t);
	cr_assert_eq(t.victim.rc, ERR_SHORT);
	cr_assert_str_eq(t.victim.diary, "hello(5) ping pong ");
	attack_end(&t);
}

Test(rlpx, disconnect_is_understood_compressed_and_not)
{
	static const struct {
		const char *hex;
		uint8_t reason;
	} rows[] = {
		{ "010204c104", 4 },	{ "01c104", 4 },	  { "0104", 4 },
		{ "01", DISC_INVALID }, { "0100", DISC_INVALID }, /* snappy for
								     no payload
								     at all */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct attack t;

		attack_begin(&t);
		attack_hello(&t);
		attack_frame(&t, rows[i].hex);
		attack_deliver(&t);
		cr_assert_eq(t.victim.last.kind, RLPX_DISCONNECT, "%s",
			     rows[i].hex);
		cr_assert_eq(t.victim.last.reason, rows[i].reason, "%s",
			     rows[i].hex);
		cr_assert_eq(t.victim.rc, ERR_CLOSED);
		attack_end(&t);
	}
}

Test(rlpx, limits_of_a_capability_hold_from_both_sides)
{
	struct span p = pattern(1001);
	struct attack t;
	struct buf data;

	for (size_t size = 1000; size <= 1001; size++) {
		uint8_t *at;

		attack_begin(&t);
		attack_hello(&t);
		buf_init(&data, 4096);
		cr_assert_eq(buf_append(&data, "\x10", 1), ERR_NONE);
		at = buf_grow(&data, snappy_block_room(size));
		buf_commit(&data, snappy_block_pack(at, span_of(p.data, size)));
		raw_peer_seal(&t.peer, &t.wire, data.data, data.len);
		attack_deliver(&t);
		cr_assert_eq(rlpx_fault(t.victim.x),
			     size == 1000 ? RLPX_FAULT_NONE
					  : RLPX_FAULT_MESSAGE_MAX);
		buf_clear(&data);
		attack_end(&t);
	}
	free((void *)p.data);
}

Test(rlpx, before_hello_a_frame_has_2048_bytes_of_payload_at_most)
{
	static uint8_t data[HELLO_MAX + 10];

	for (size_t size = sizeof(data) - 1; size <= sizeof(data); size++) {
		struct attack t;

		attack_begin(&t);
		data[0] = 0x80;
		raw_peer_seal(&t.peer, &t.wire, data, size);
		/* The header alone decides. */
		cr_assert_eq(rlpx_feed(t.victim.x, t.wire.data, FRAME_HEADER),
			     ERR_NONE);
		end_drain(&t.victim);
		cr_assert_eq(rlpx_fault(t.victim.x),
			     size == sizeof(data) ? RLPX_FAULT_FRAME_SIZE
						  : RLPX_FAULT_NONE);
		attack_end(&t);
	}
}

Test(rlpx, memory_follows_what_arrived_and_not_what_was_announced)
{
	static uint8_t data[FRAME_SIZE_MAX];
	size_t before, idle;
	struct attack t;

	attack_begin(&t);
	attack_hello(&t);
	attack_deliver(&t);
	before = rlpx_memory(t.victim.x);
	data[0] = 0x12;
	raw_peer_seal(&t.peer, &t.wire, data, sizeof(data));
	cr_assert_eq(rlpx_feed(t.victim.x, t.wire.data, FRAME_HEADER + 1000),
		     ERR_NONE);
	end_drain(&t.victim);
	cr_assert_eq(t.victim.rc, ERR_SHORT);
	cr_assert_eq(rlpx_progress(t.victim.x), RLPX_IN_BODY);
	cr_assert_leq(rlpx_memory(t.victim.x) - before, 4096);
	buf_drop(&t.wire, FRAME_HEADER + 1000);
	attack_deliver(&t);
	cr_assert_eq(rlpx_fault(t.victim.x), RLPX_FAULT_SNAPPY);
	idle = rlpx_memory(t.victim.x);
	cr_assert_leq(idle, before, "nothing is held after it");
	attack_end(&t);
}

/* A peer that never lets the buffer run empty must not keep the room of its
 * one large frame for ever. */
Test(rlpx, room_of_a_large_frame_is_given_back_after_small_ones)
{
	struct span large = pattern(4 << 20);
	size_t before;
	struct attack t;

	attack_begin(&t);
	attack_hello(&t);
	attack_deliver(&t);
	before = rlpx_memory(t.victim.x);

	((uint8_t *)large.data)[0] = 0x04; /* a base code that is ignored */
	raw_peer_seal(&t.peer, &t.wire, large.data, large.len);
	for (unsigned i = 0; i < 40; i++) {
		size_t whole = t.wire.len;

		/* All of the last frame and one byte of the next. */
		attack_frame(&t, "02c0");
		attack_feed(&t, whole + 1);
		cr_assert_eq(t.victim.rc, ERR_SHORT);
		if (i == 0)
			cr_assert_geq(rlpx_memory(t.victim.x), large.len);
	}
	cr_assert_leq(rlpx_memory(t.victim.x), before + 4096);
	free((void *)large.data);
	attack_end(&t);
}

Test(rlpx, flipped_bits_anywhere_end_in_a_mac_fault)
{
	for (size_t at = 0; at < frame_room(5); at++) {
		struct attack t;

		attack_begin(&t);
		attack_hello(&t);
		attack_deliver(&t);
		attack_frame(&t, "10020400c0");
		t.wire.data[at] ^= (uint8_t)(1 << at % 8);
		attack_deliver(&t);
		cr_assert_eq(rlpx_fault(t.victim.x), RLPX_FAULT_MAC, "at %zu",
			     at);
		attack_end(&t);
	}
}

Test(rlpx, progress_tells_header_from_body)
{
	struct attack t;

	attack_begin(&t);
	attack_hello(&t);
	attack_deliver(&t);
	cr_assert_eq(rlpx_progress(t.victim.x), RLPX_BETWEEN);
	attack_frame(&t, "10010000");
	cr_assert_eq(rlpx_feed(t.victim.x, t.wire.data, 1), ERR_NONE);
	end_drain(&t.victim);
	cr_assert_eq(rlpx_progress(t.victim.x), RLPX_IN_HEADER);
	cr_assert_eq(rlpx_feed(t.victim.x, t.wire.data + 1, 32), ERR_NONE);
	end_drain(&t.victim);
	cr_assert_eq(rlpx_progress(t.victim.x), RLPX_IN_BODY);
	cr_assert_eq(rlpx_feed(t.victim.x, t.wire.data + 33, t.wire.len - 33),
		     ERR_NONE);
	end_drain(&t.victim);
	cr_assert_eq(rlpx_progress(t.victim.x), RLPX_BETWEEN);
	cr_assert_eq(t.victim.last.kind, RLPX_MESSAGE);
	attack_end(&t);
}

Test(rlpx, a_disconnect_instead_of_hello_is_not_compressed)
{
	struct rlpx_event ev;
	struct end a, b;

	end_open(&a, HANDSHAKE_INITIATOR);
	end_open(&b, HANDSHAKE_RECIPIENT);
	end_drain(&a);
	cr_assert_eq(rlpx_feed(b.x, a.out.data, a.out.len), ERR_NONE);
	buf_drop(&a.out, a.out.len);
	cr_assert_eq(rlpx_next(b.x, &ev), ERR_NONE);
	rlpx_job_run(ev.job);
	rlpx_job_done(b.x, ev.job, &b.out);
	cr_assert_eq(rlpx_next(b.x, &ev), ERR_NONE);
	cr_assert_eq(ev.kind, RLPX_SECURED);
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_TOO_MANY_PEERS),
		     ERR_NONE);
	cr_assert_eq(rlpx_hello(b.x, &b.out), ERR_CLOSED,
		     "nothing follows a Disconnect");
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_QUITTING), ERR_CLOSED);
	carry(&b, &a, SIZE_MAX);
	cr_assert_eq(a.last.kind, RLPX_DISCONNECT);
	cr_assert_eq(a.last.reason, DISC_TOO_MANY_PEERS);
	end_close(&a);
	end_close(&b);
}

/* B gives up before it read A's Hello. What A, of this version, makes of it. */
static uint8_t reason_behind_hello(uint64_t version_a, uint64_t version_b)
{
	struct rlpx_config ca = config_of(HANDSHAKE_INITIATOR);
	struct rlpx_config cb = config_of(HANDSHAKE_RECIPIENT);
	struct rlpx_event ev;
	struct end a, b;
	uint8_t reason;

	ca.version = version_a;
	cb.version = version_b;
	end_open_with(&a, &ca);
	end_open_with(&b, &cb);
	end_drain(&a);
	cr_assert_eq(rlpx_feed(b.x, a.out.data, a.out.len), ERR_NONE);
	buf_drop(&a.out, a.out.len);
	cr_assert_eq(rlpx_next(b.x, &ev), ERR_NONE);
	rlpx_job_run(ev.job);
	rlpx_job_done(b.x, ev.job, &b.out);
	cr_assert_eq(rlpx_next(b.x, &ev), ERR_NONE);
	cr_assert_eq(ev.kind, RLPX_SECURED);
	cr_assert_eq(rlpx_hello(b.x, &b.out), ERR_NONE);
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_TOO_MANY_PEERS),
		     ERR_NONE);
	carry(&b, &a, SIZE_MAX);
	cr_assert_eq(a.last.kind, RLPX_DISCONNECT);
	reason = a.last.reason;
	end_close(&a);
	end_close(&b);
	return reason;
}

/* Who has read our Hello of version 5 expects it compressed. One of version 4,
 * who does not, shows that it was. */
Test(rlpx, a_disconnect_behind_hello_is_compressed)
{
	cr_assert_eq(reason_behind_hello(BASE_VERSION, BASE_VERSION),
		     DISC_TOO_MANY_PEERS);
	cr_assert_neq(reason_behind_hello(BASE_VERSION_PLAIN, BASE_VERSION),
		      DISC_TOO_MANY_PEERS);
	cr_assert_eq(reason_behind_hello(BASE_VERSION, BASE_VERSION_PLAIN),
		     DISC_TOO_MANY_PEERS);
}
