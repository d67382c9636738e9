/* SPDX-License-Identifier: Apache-2.0 */
/* bench_rlpx.c - the pure core, without I/O: handshakes, and frames of four
 * sizes through the sender alone, the receiver alone, and both. Payloads are
 * random, so compression shrinks nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/rlpx/snappy_block.h"
#include "test/bench/bench.h"
#include "test/support/raw_peer.h"

static const struct capability offered[] = {
	{ .name = "sink", .version = 1, .codes = 2 },
};

struct pair {
	struct rlpx *a, *b;
	struct buf a_out, b_out;
	struct span payload;
	size_t received;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct rlpx *core(enum handshake_side side)
{
	unsigned us = side == HANDSHAKE_INITIATOR ? 0 : 1;
	struct rlpx_config config = {
		.side = side,
		.us = fixed_key(us),
		.remote = fixed_key(1 - us)->pub,
		.entropy = fixed_entropy(us),
		.version = BASE_VERSION,
		.name = "bench",
		.local = offered,
		.local_count = 1,
	};
	struct rlpx *x;

	must(!rlpx_new(&x, &config));
	return x;
}

static void drain(struct pair *p, struct rlpx *x, struct buf *out)
{
	struct rlpx_event ev;
	enum err rc;

	while (!(rc = rlpx_next(x, &ev))) {
		switch (ev.kind) {
		case RLPX_JOB:
			rlpx_job_run(ev.job);
			rlpx_job_done(x, ev.job, out);
			break;
		case RLPX_SECURED:
			must(!rlpx_hello(x, out));
			break;
		case RLPX_MESSAGE:
			p->received++;
			msg_put(ev.msg);
			break;
		case RLPX_HELLO:
		case RLPX_PING:
		case RLPX_PONG:
		case RLPX_DISCONNECT:
			break;
		}
	}
	must(rc == ERR_SHORT);
}

/* In pieces of 64 KiB, as the socket layer reads them. */
static void carry(struct pair *p, struct buf *from, struct rlpx *to,
		  struct buf *to_out)
{
	while (from->len) {
		size_t n = from->len < 65536 ? from->len : 65536;

		must(!rlpx_feed(to, from->data, n));
		buf_drop(from, n);
		drain(p, to, to_out);
	}
}

static void pair_open(struct pair *p)
{
	p->a = core(HANDSHAKE_INITIATOR);
	p->b = core(HANDSHAKE_RECIPIENT);
	buf_init(&p->a_out, 1u << 31);
	buf_init(&p->b_out, 1u << 31);
	drain(p, p->a, &p->a_out);
	while (p->a_out.len || p->b_out.len) {
		carry(p, &p->a_out, p->b, &p->b_out);
		carry(p, &p->b_out, p->a, &p->a_out);
	}
	must(rlpx_peer_hello(p->a) && rlpx_peer_hello(p->b));
}

static void pair_close(struct pair *p)
{
	rlpx_free(p->a);
	rlpx_free(p->b);
	buf_clear(&p->a_out);
	buf_clear(&p->b_out);
}

static void run_handshakes(void *arg, size_t times)
{
	(void)arg;
	for (size_t i = 0; i < times; i++) {
		struct pair p = { 0 };

		pair_open(&p);
		pair_close(&p);
	}
}

static void run_send(void *arg, size_t times)
{
	struct pair *p = arg;

	for (size_t i = 0; i < times; i++) {
		must(!rlpx_send(p->a, &p->a_out, 0, 0, p->payload));
		/* What a turn of the loop would hand to the kernel. */
		if (p->a_out.len > 256 * 1024)
			buf_drop(&p->a_out, p->a_out.len);
	}
	buf_drop(&p->a_out, p->a_out.len);
}

static void run_both(void *arg, size_t times)
{
	struct pair *p = arg;
	size_t before = p->received;

	for (size_t i = 0; i < times; i++) {
		must(!rlpx_send(p->a, &p->a_out, 0, 0, p->payload));
		if (p->a_out.len > 256 * 1024 || i + 1 == times)
			carry(p, &p->a_out, p->b, &p->b_out);
	}
	must(p->received - before == times);
}

/* --- compression ------------------------------------------------------------
 */

enum {
	BULK = 1 << 20,
};

struct press {
	uint8_t *plain, *block;
};

static void run_press(void *arg, size_t times)
{
	const struct press *p = arg;

	while (times--) {
		struct span block = span_of(p->block, 0);

		block.len =
			snappy_block_pack(p->block, span_of(p->plain, BULK));
		must(!snappy_block_unpack(p->plain, BULK, block));
	}
}

static void bench_press(void)
{
	const struct bench_run none = { 0 };
	struct press p = { malloc(BULK), malloc(snappy_block_room(BULK)) };

	must(p.plain && p.block);
	rng_bytes(p.plain, BULK);
	bench_rate("snappy, pack and unpack 1 MiB", "MB/s", BULK, 1e6,
		   (struct bench_run){ run_press, &p }, NULL, none);
	free(p.plain);
	free(p.block);
}

/* -------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 64, 1024, 16384, 1 << 20 };
	const struct bench_run none = { 0 };

	crypto_init();
	bench_begin(argc, argv, "RLPx core: one thread, no I/O");
	bench_rate("handshake, both ends and Hello", "/s", 1, 1,
		   (struct bench_run){ run_handshakes, NULL }, NULL, none);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i];
		uint8_t *payload = malloc(size);
		struct pair sender = { 0 };
		struct pair both = { 0 };
		char row[64];

		rng_bytes(payload, size);
		sender.payload = both.payload = span_of(payload, size);
		/* A sender whose frames nobody reads is out of step with its
		 * peer, so the two measurements have a session each. */
		pair_open(&sender);
		pair_open(&both);
		snprintf(row, sizeof(row), "send %zu B", size);
		bench_rate(row, size < 16384 ? "frames/s" : "MB/s",
			   size < 16384 ? 1 : (double)size,
			   size < 16384 ? 1 : 1e6,
			   (struct bench_run){ run_send, &sender }, NULL, none);
		snprintf(row, sizeof(row), "send and receive %zu B", size);
		bench_rate(row, size < 16384 ? "frames/s" : "MB/s",
			   size < 16384 ? 1 : (double)size,
			   size < 16384 ? 1 : 1e6,
			   (struct bench_run){ run_both, &both }, NULL, none);
		pair_close(&sender);
		pair_close(&both);
		free(payload);
	}
	bench_press();
	return bench_end();
}
