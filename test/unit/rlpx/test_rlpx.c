/* SPDX-License-Identifier: Apache-2.0 */
/* test_rlpx.c - the core, both ends of it. */
#include <stdlib.h>

#include "test/support/raw_peer.h"
#include "test/unit/rlpx/end.h"

/* A conversation in which everything happens that may. */
static void converse(struct end *a, struct end *b, size_t chunk)
{
	end_open(a, HANDSHAKE_INITIATOR);
	end_open(b, HANDSHAKE_RECIPIENT);
	end_settle(a, b, chunk);
	end_send(a, 0, 1, 1000);
	end_send(b, 1, 2, 0);
	end_send(a, 1, 0, 70000);
	cr_assert_eq(rlpx_ping(a->x, &a->out), ERR_NONE);
	end_send(b, 1, 2, 1);
	end_settle(a, b, chunk);
	cr_assert_eq(rlpx_disconnect(b->x, &b->out, DISC_QUITTING), ERR_NONE);
	end_settle(a, b, chunk);
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
	end_settle(&a, &b, SIZE_MAX);
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
	end_settle(&a, &b, SIZE_MAX);
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

/* What is fed is taken in order, looked at in between or not: here of three
 * frames the header and a byte are looked at, and nothing more until the end.
 */
Test(rlpx, pieces_may_wait_for_a_look_until_all_are_there)
{
	static const size_t pieces[] = { 1, 15, 16, 17, 1000, 4096 };

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct end a, b;

		end_open(&a, HANDSHAKE_INITIATOR);
		end_open(&b, HANDSHAKE_RECIPIENT);
		end_settle(&a, &b, SIZE_MAX);
		b.diary[0] = '\0';
		for (uint32_t code = 0; code < 3; code++)
			end_send(&a, 1, code, 3000);
		cr_assert_eq(rlpx_feed(b.x, a.out.data, 33), ERR_NONE);
		buf_drop(&a.out, 33);
		end_drain(&b);
		for (size_t n; a.out.len; buf_drop(&a.out, n)) {
			n = a.out.len < pieces[i] ? a.out.len : pieces[i];
			cr_assert_eq(rlpx_feed(b.x, a.out.data, n), ERR_NONE);
		}
		end_drain(&b);
		cr_assert_eq(rlpx_fault(b.x), RLPX_FAULT_NONE);
		cr_assert_eq(rlpx_frames(b.x), 1 + 1 + 3,
			     "auth, Hello and three messages");
		cr_assert_eq(b.last.kind, RLPX_MESSAGE);
		end_close(&a);
		end_close(&b);
	}
}

/* The very bytes of rlpx_send, compressed or not. */
static void check_packed(uint64_t version, size_t size)
{
	struct span p = pattern(size);
	struct packed packed = packed_of(p);
	struct end ends[2][2];

	for (int i = 0; i < 2; i++) {
		struct rlpx_config ca = end_config(HANDSHAKE_INITIATOR);
		struct rlpx_config cb = end_config(HANDSHAKE_RECIPIENT);
		struct end *a = &ends[i][0], *b = &ends[i][1];

		cb.version = version;
		end_open_with(a, &ca);
		end_open_with(b, &cb);
		end_settle(a, b, SIZE_MAX);
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
	end_settle(&a, &b, SIZE_MAX);
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
	end_send(&a, 1, 0, 5);
	end_settle(&a, &b, SIZE_MAX);
	cr_assert_eq(b.last.kind, RLPX_MESSAGE);
	free((void *)p.data);
	end_close(&a);
	end_close(&b);
}

Test(rlpx, nothing_is_compressed_when_either_side_speaks_version_4)
{
	for (unsigned old = 0; old < 2; old++) {
		struct rlpx_config ca = end_config(HANDSHAKE_INITIATOR);
		struct rlpx_config cb = end_config(HANDSHAKE_RECIPIENT);
		static const uint8_t zeros[900];
		struct end a, b;

		*(old ? &ca.version : &cb.version) = BASE_VERSION_PLAIN;
		end_open_with(&a, &ca);
		end_open_with(&b, &cb);
		end_settle(&a, &b, SIZE_MAX);
		cr_assert_eq(rlpx_send(a.x, &a.out, 0, 0,
				       span_of(zeros, sizeof(zeros))),
			     ERR_NONE);
		cr_assert_gt(a.out.len, sizeof(zeros));
		end_settle(&a, &b, SIZE_MAX);
		cr_assert_eq(b.last.kind, RLPX_MESSAGE);
		end_close(&a);
		end_close(&b);
	}
}

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

/* Until B may say Hello, and no further. */
static void secure_recipient(struct end *a, struct end *b)
{
	struct rlpx_event ev;

	end_drain(a);
	cr_assert_eq(rlpx_feed(b->x, a->out.data, a->out.len), ERR_NONE);
	buf_drop(&a->out, a->out.len);
	cr_assert_eq(rlpx_next(b->x, &ev), ERR_NONE);
	rlpx_job_run(ev.job);
	rlpx_job_done(b->x, ev.job, &b->out);
	cr_assert_eq(rlpx_next(b->x, &ev), ERR_NONE);
	cr_assert_eq(ev.kind, RLPX_SECURED);
}

Test(rlpx, a_disconnect_instead_of_hello_is_not_compressed)
{
	struct end a, b;

	end_open(&a, HANDSHAKE_INITIATOR);
	end_open(&b, HANDSHAKE_RECIPIENT);
	secure_recipient(&a, &b);
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_TOO_MANY_PEERS),
		     ERR_NONE);
	cr_assert_eq(rlpx_hello(b.x, &b.out), ERR_CLOSED,
		     "nothing follows a Disconnect");
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_QUITTING), ERR_CLOSED);
	end_carry(&b, &a, SIZE_MAX);
	cr_assert_eq(a.last.kind, RLPX_DISCONNECT);
	cr_assert_eq(a.last.reason, DISC_TOO_MANY_PEERS);
	end_close(&a);
	end_close(&b);
}

/* B gives up before it read A's Hello. What A, of this version, makes of it. */
static uint8_t reason_behind_hello(uint64_t version_a, uint64_t version_b)
{
	struct rlpx_config ca = end_config(HANDSHAKE_INITIATOR);
	struct rlpx_config cb = end_config(HANDSHAKE_RECIPIENT);
	struct end a, b;
	uint8_t reason;

	ca.version = version_a;
	cb.version = version_b;
	end_open_with(&a, &ca);
	end_open_with(&b, &cb);
	secure_recipient(&a, &b);
	cr_assert_eq(rlpx_hello(b.x, &b.out), ERR_NONE);
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_TOO_MANY_PEERS),
		     ERR_NONE);
	end_carry(&b, &a, SIZE_MAX);
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
