/* SPDX-License-Identifier: Apache-2.0 */
/* test_rlpx_breach.c - a peer that breaks the rules once it is secured. */
#include <stdlib.h>

#include "p2p/rlpx/snappy_block.h"
#include "test/support/raw_peer.h"
#include "test/unit/rlpx/end.h"

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
	raw_peer_hello(&t->peer, &t->wire, BASE_VERSION, end_offered,
		       END_OFFERED);
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
	cr_assert_eq(
		frame_open_header(&t->peer.codec, &size, out->data, out->len),
		ERR_NONE);
	cr_assert_geq(out->len, frame_room(size));
	cr_assert_geq(size, len);
	padded = frame_room(size) - FRAME_HEADER - FRAME_MAC;
	frame_open_part(&t->peer.codec, body, body, padded);
	cr_assert_eq(frame_open_end(&t->peer.codec, body + padded), ERR_NONE);
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
	cr_assert_eq(hello_make(&data, BASE_VERSION, "liar", end_offered,
				END_OFFERED, &fixed_key(1)->pub,
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

/* A size that nobody vouches for decides nothing: neither which fault it is,
 * nor what is held, nor whether more is waited for. */
Test(rlpx, a_forged_size_is_a_mac_fault_at_once)
{
	static const uint32_t sizes[] = { 0,   1,    16,     17,
					  136, 2049, 0xffff, FRAME_SIZE_MAX };
	static uint8_t data[100] = { 0x10 };

	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		uint32_t bits = sizes[i / 2] ^ (uint32_t)sizeof(data);
		struct attack t;
		size_t before;

		attack_begin(&t);
		attack_hello(&t);
		attack_deliver(&t);
		raw_peer_seal(&t.peer, &t.wire, data, sizeof(data));
		for (int at = 0; at < 3; at++)
			t.wire.data[at] ^= (uint8_t)(bits >> (16 - 8 * at));
		before = rlpx_memory(t.victim.x);
		attack_feed(&t, i % 2 ? FRAME_HEADER : t.wire.len);
		cr_assert_eq(rlpx_fault(t.victim.x), RLPX_FAULT_MAC, "%u",
			     sizes[i / 2]);
		cr_assert_leq(rlpx_memory(t.victim.x),
			      before + frame_room(sizeof(data)));
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
