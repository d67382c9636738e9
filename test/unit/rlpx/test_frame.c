/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/frame.h"

#include "p2p/base/writer.h"
#include "test/unit/rlpx/handshake_fixture.h"

/* Where every bit, or every length up to some limit, is tried: what memory is
 * touched depends on few of them, so that valgrind sees one in so many. */
#ifdef TEST_VALGRIND
enum {
	STEP = 13
};
#else
enum {
	STEP = 1
};
#endif

/* Both ends of one connection with the keys of the vectors. */
struct link {
	struct fixture f;
	struct frame_codec a;
	struct frame_codec b;
};

static void link_reset(struct link *l)
{
	struct handshake_secrets s;

	fixture_secrets(&s, &l->f, HANDSHAKE_INITIATOR);
	frame_codec_init(&l->a, &s);
	fixture_secrets(&s, &l->f, HANDSHAKE_RECIPIENT);
	frame_codec_init(&l->b, &s);
}

static void link_open(struct link *l)
{
	fixture_open(&l->f);
	link_reset(l);
}

static void link_clear(struct link *l)
{
	frame_codec_clear(&l->a);
	frame_codec_clear(&l->b);
}

static void link_close(struct link *l)
{
	link_clear(l);
	fixture_close(&l->f);
}

/* A frame of this data on the heap; frame_room(data.len) bytes. */
static uint8_t *sealed(struct frame_codec *c, struct span data)
{
	uint8_t *at = malloc(frame_room(data.len));

	/* What was there before must not matter. */
	memset(at, 0xcc, frame_room(data.len));
	if (data.len)
		memcpy(at + FRAME_HEADER, data.data, data.len);
	frame_seal(c, at, data.len);
	return at;
}

/* Open a whole frame in place, of which the header and the first `ahead` bytes
 * of what follows have come when the header is read, and then the body in steps
 * of this size. */
static enum err open_behind(struct frame_codec *c, uint8_t *frame, size_t len,
			    size_t ahead, size_t step)
{
	uint8_t *body = frame + FRAME_HEADER;
	size_t padded = len - FRAME_HEADER - FRAME_MAC;
	size_t size = SIZE_MAX;
	enum err rc;

	rc = frame_open_header(c, &size, frame, FRAME_HEADER + ahead);
	if (rc) {
		cr_assert_eq(size, SIZE_MAX);
		return rc;
	}
	cr_assert_eq(frame_room(size), len);
	for (size_t at = 0, n; at < padded; at += n) {
		n = padded - at < step ? padded - at : step;
		frame_open_part(c, body + at, body + at, n);
	}
	return frame_open_end(c, body + padded);
}

static enum err open_frame(struct frame_codec *c, uint8_t *frame, size_t len,
			   size_t step)
{
	return open_behind(c, frame, len, 0, step);
}

static void assert_carries(struct frame_codec *from, struct frame_codec *to,
			   struct span data, size_t step)
{
	uint8_t *frame = sealed(from, data);
	uint8_t *body = frame + FRAME_HEADER;
	size_t len = frame_room(data.len);

	if (data.len >= 16)
		cr_assert(memcmp(body, data.data, data.len));
	cr_assert_eq(open_frame(to, frame, len, step), ERR_NONE);
	cr_assert(span_equal(span_of(body, data.len), data));
	cr_assert(all_zero(body + data.len,
			   len - FRAME_HEADER - FRAME_MAC - data.len));
	free(frame);
}

Test(frame, takes_the_room_of_header_padded_body_and_mac)
{
	static const size_t rows[][2] = {
		{ 0, 48 },  { 1, 64 },	{ 15, 64 },
		{ 16, 64 }, { 17, 80 }, { FRAME_SIZE_MAX, 48 + (1 << 24) },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(frame_room(rows[i][0]), rows[i][1]);
}

/* One frame of the vectors: sealed byte for byte, and opened by the other
 * end. */
static void assert_vector(struct link *l, json_t *c, struct span data)
{
	bool from_a = !strcmp(vectors_text(c, "from"), "A");
	struct span want = vectors_hex(c, "frame");
	uint8_t *frame;

	cr_assert_eq(frame_room(data.len), want.len);
	frame = sealed(from_a ? &l->a : &l->b, data);
	cr_assert_arr_eq(frame, want.data, want.len, "%s",
			 vectors_text(c, "message"));
	free(frame);
	frame = (uint8_t *)want.data;
	cr_assert_eq(open_frame(from_a ? &l->b : &l->a, frame, want.len, 16),
		     ERR_NONE);
	cr_assert_arr_eq(frame + FRAME_HEADER, data.data, data.len);
	free(frame);
}

Test(frame, session_of_the_vectors_in_both_directions)
{
	struct link l;
	json_t *frames;
	json_t *c;
	size_t i;

	link_open(&l);
	frames = vectors_at(l.f.root, "session.frames");
	cr_assert_eq(json_array_size(frames), 7);
	json_array_foreach(frames, i, c)
	{
		struct span data = vectors_hex(c, "frame_data");

		assert_vector(&l, c, data);
		free((void *)data.data);
	}
	link_close(&l);
}

Test(frame, alternative_first_frame_of_the_vectors)
{
	struct link l;
	json_t *c;

	link_open(&l);
	c = vectors_at(l.f.root, "session_alternative_first_frame.frame");
	/* Disconnect [4] instead of Hello: code 1, then the payload. */
	assert_vector(&l, c, span_of("\x01\xc1\x04", 3));
	link_close(&l);
}

/* A second, independent form of the specification's section 4.2, over any
 * hash, to compare the codec with: it builds frames with the header and the
 * padding that it is told. */
struct model {
	void (*absorb)(struct keccak *h, const void *data, size_t len);
	void (*digest)(const struct keccak *h, uint8_t out[32]);
	struct keccak h;
	struct aes_ctr ctr;
	struct aes_block block;
};

static void stub_absorb(struct keccak *h, const void *data, size_t len)
{
	(void)h;
	(void)data;
	(void)len;
}

static void stub_digest(const struct keccak *h, uint8_t out[32])
{
	(void)h;
	memset(out, 1, 32);
}

static void model_init(struct model *m, const struct handshake_secrets *s)
{
	static const uint8_t iv[16];

	*m = (struct model){ .absorb = keccak_absorb,
			     .digest = keccak_digest,
			     .h = s->egress };
	aes_ctr_init(&m->ctr, s->aes.b, 32, iv);
	aes_block_init(&m->block, s->mac.b);
}

static void model_clear(struct model *m)
{
	aes_ctr_clear(&m->ctr);
	aes_block_clear(&m->block);
}

/* t = E(digest(H)[:16]) ^ with; H.absorb(t); out = digest(H)[:16] */
static void model_mac(struct model *m, uint8_t out[16], const uint8_t with[16])
{
	uint8_t s[32];
	uint8_t t[16];

	m->digest(&m->h, s);
	aes_block_encrypt(&m->block, t, s);
	for (size_t i = 0; i < 16; i++)
		t[i] ^= with[i];
	m->absorb(&m->h, t, 16);
	m->digest(&m->h, s);
	memcpy(out, s, 16);
}

static void model_seal(struct model *m, struct buf *out,
		       const uint8_t header[16], struct span padded)
{
	uint8_t *at = buf_grow(out, 32 + padded.len + 16);
	uint8_t s[32];

	cr_assert_not_null(at);
	aes_ctr_xor(&m->ctr, at, header, 16);
	model_mac(m, at + 16, at);
	aes_ctr_xor(&m->ctr, at + 32, padded.data, padded.len);
	m->absorb(&m->h, at + 32, padded.len);
	m->digest(&m->h, s);
	model_mac(m, at + 32 + padded.len, s);
	buf_commit(out, 32 + padded.len + 16);
}

Test(frame, golden_frame_of_the_stub_hash)
{
	struct handshake_secrets s = { 0 };
	uint8_t header[16] = { 0, 0, 6, 0xc2, 0x80, 0x80 };
	uint8_t padded[16] = { 0 };
	struct frame_codec c;
	struct fixture f;
	struct model m;
	struct span want;
	struct span data;
	uint8_t *frame;
	struct buf b;

	fixture_open(&f);
	hex_copy(s.aes.b, 32, vectors_text(f.root, "frame_golden.aes_key"));
	hex_copy(s.mac.b, 32, vectors_text(f.root, "frame_golden.mac_key"));
	want = vectors_hex(f.root, "frame_golden.frame");
	data = vectors_hex(f.root, "frame_golden.frame_data");
	cr_assert_eq(data.len, 6);
	memcpy(padded, data.data, data.len);

	/* The model gives the whole golden frame... */
	model_init(&m, &s);
	m.absorb = stub_absorb;
	m.digest = stub_digest;
	buf_init(&b, 1024);
	model_seal(&m, &b, header, span_of(padded, sizeof(padded)));
	cr_assert(span_equal(span_of(b.data, b.len), want));

	/* ...and the codec all of it that does not come from the hash. */
	keccak_init(&s.egress);
	keccak_init(&s.ingress);
	frame_codec_init(&c, &s);
	frame = sealed(&c, data);
	cr_assert_eq(frame_room(data.len), want.len);
	cr_assert_arr_eq(frame, want.data, 16);
	cr_assert_arr_eq(frame + 32, want.data + 32, 16);

	free(frame);
	frame_codec_clear(&c);
	buf_clear(&b);
	model_clear(&m);
	free((void *)want.data);
	free((void *)data.data);
	fixture_close(&f);
}

Test(frame, is_what_the_model_makes)
{
	struct dice d = { .seed = 20 };
	struct handshake_secrets s;
	uint8_t padded[512];
	struct model m;
	struct link l;

	link_open(&l);
	fixture_secrets(&s, &l.f, HANDSHAKE_INITIATOR);
	model_init(&m, &s);
	for (size_t size = 0; size <= 500; size += 1 + size / 7) {
		uint8_t header[16] = {
			0, (uint8_t)(size >> 8), (uint8_t)size, 0xc2, 0x80, 0x80
		};
		uint8_t *frame;
		struct buf b;

		memset(padded, 0, sizeof(padded));
		dice_bytes(&d, padded, size);
		buf_init(&b, 1024);
		model_seal(&m, &b, header,
			   span_of(padded, (size + 15) / 16 * 16));
		frame = sealed(&l.a, span_of(padded, size));
		cr_assert(span_equal(span_of(b.data, b.len),
				     span_of(frame, frame_room(size))),
			  "%zu", size);
		free(frame);
		buf_clear(&b);
	}
	model_clear(&m);
	link_close(&l);
}

/* The MAC states of one direction at any fill of their block: `extra` bytes
 * more than the handshake left there. */
static void secrets_filled(struct handshake_secrets out[2],
			   const struct handshake_secrets in[2], size_t extra)
{
	static const uint8_t filler[KECCAK_RATE];

	memcpy(out, in, 2 * sizeof(*in));
	keccak_absorb(&out[0].egress, filler, extra);
	keccak_absorb(&out[1].ingress, filler, extra);
}

/* Two frames of this size as the model makes them: the codec makes the same,
 * and opens them whatever was there when it read the header. */
static void check_ahead(const struct handshake_secrets s[2], size_t size)
{
	static const uint8_t zeros[FRAME_HEADER + 512];
	const size_t room = KECCAK_RATE - s[0].egress.fill;
	const size_t len = frame_room(size), behind = len - FRAME_HEADER;
	const size_t aheads[] = { 0,
				  1,
				  room - 1,
				  room,
				  behind,
				  room + 1,
				  behind - 17,
				  behind - 16,
				  len,
				  behind - 15,
				  2 * len - FRAME_HEADER };
	uint8_t header[16] = {
		0, (uint8_t)(size >> 8), (uint8_t)size, 0xc2, 0x80, 0x80
	};
	struct frame_codec from, to;
	struct model m;
	struct buf want;
	uint8_t *got;

	buf_init(&want, 4096);
	model_init(&m, &s[0]);
	frame_codec_init(&from, &s[0]);
	for (int i = 0; i < 2; i++) {
		model_seal(&m, &want, header,
			   span_of(zeros, behind - FRAME_MAC));
		got = sealed(&from, span_of(zeros, size));
		cr_assert_arr_eq(got, want.data + (size_t)i * len, len,
				 "size %zu, room %zu", size, room);
		free(got);
	}
	for (size_t i = 0; i < ARRAY_LEN(aheads); i++) {
		size_t ahead = aheads[i];
		uint8_t two[2 * (FRAME_HEADER + 512)];

		if (ahead > 2 * len - FRAME_HEADER) /* or below 0 */
			continue;
		memcpy(two, want.data, 2 * len);
		frame_codec_init(&to, &s[1]);
		cr_assert_eq(open_behind(&to, two, len, ahead, 33), ERR_NONE,
			     "size %zu, room %zu, %zu ahead", size, room,
			     ahead);
		cr_assert_eq(open_behind(&to, two + len, len,
					 ahead < behind ? ahead : behind, 500),
			     ERR_NONE, "size %zu, room %zu, %zu ahead", size,
			     room, ahead);
		cr_assert(all_zero(two + FRAME_HEADER, behind - FRAME_MAC));
		frame_codec_clear(&to);
	}
	frame_codec_clear(&from);
	model_clear(&m);
	buf_clear(&want);
}

Test(frame, is_the_same_however_its_hashes_fall_into_blocks)
{
	static const size_t sizes[] = { 0,   1,	  16,  17,  64,	 96,  97,
					112, 113, 128, 129, 144, 272, 400 };
	struct handshake_secrets s[2], filled[2];
	struct fixture f;

	fixture_open(&f);
	fixture_secrets(&s[0], &f, HANDSHAKE_INITIATOR);
	fixture_secrets(&s[1], &f, HANDSHAKE_RECIPIENT);
	for (size_t extra = 0; extra < KECCAK_RATE; extra += STEP) {
		secrets_filled(filled, s, extra);
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
			check_ahead(filled, sizes[i]);
	}
	fixture_close(&f);
}

/* Whoever sits on the wire can make the header say any size, as that is only
 * XORed, but not its MAC. */
Test(frame, a_forged_size_is_refused_whatever_follows)
{
	static const uint32_t sizes[] = {
		0, 1, 16, 17, 39, 41, 136, 137, 5000, 0xffff, FRAME_SIZE_MAX
	};
	struct dice d = { .seed = 24 };
	uint8_t data[300];
	struct link l;

	fixture_open(&l.f);
	dice_bytes(&d, data, sizeof(data));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (size_t ahead = 0; ahead <= 200; ahead += STEP) {
			size_t len = frame_room(sizeof(data));
			size_t size = SIZE_MAX;
			uint8_t *frame, *was;

			link_reset(&l);
			frame = sealed(&l.a, span_of(data, sizeof(data)));
			for (int at = 0; at < 3; at++)
				frame[at] ^=
					(uint8_t)((sizes[i] ^ sizeof(data)) >>
						  (16 - 8 * at));
			was = malloc(len);
			memcpy(was, frame, len);
			cr_assert_eq(frame_open_header(&l.b, &size, frame,
						       FRAME_HEADER + ahead),
				     ERR_AUTH, "%u, %zu ahead", sizes[i],
				     ahead);
			cr_assert_eq(size, SIZE_MAX);
			cr_assert_arr_eq(frame, was, len);
			free(was);
			free(frame);
			link_clear(&l);
		}
	}
	fixture_close(&l.f);
}

Test(frame, header_bytes_behind_the_size_and_padding_are_ignored)
{
	uint8_t header[16] = { 0, 0, 3 };
	uint8_t padded[16] = { 'a', 'b', 'c' };
	struct handshake_secrets s;
	struct model m;
	struct link l;
	struct buf b;

	memset(header + 3, 0xee, 13);
	memset(padded + 3, 0xdd, 13);
	link_open(&l);
	fixture_secrets(&s, &l.f, HANDSHAKE_INITIATOR);
	model_init(&m, &s);
	buf_init(&b, 1024);
	model_seal(&m, &b, header, span_of(padded, sizeof(padded)));
	cr_assert_eq(open_frame(&l.b, b.data, b.len, 16), ERR_NONE);
	cr_assert_arr_eq(b.data + FRAME_HEADER, "abc", 3);
	buf_clear(&b);
	model_clear(&m);
	link_close(&l);
}

Test(frame, any_split_of_the_body_opens_it)
{
	static const size_t steps[] = { 1,   3,	  7,   15,  16,	 17,
					135, 136, 137, 272, 1000 };
	struct dice d = { .seed = 21 };
	uint8_t data[999];
	struct link l;

	link_open(&l);
	dice_bytes(&d, data, sizeof(data));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		assert_carries(&l.b, &l.a, span_of(data, sizeof(data)),
			       steps[i]);
	/* Empty pieces count for nothing. */
	frame_open_part(&l.a, NULL, NULL, 0);
	assert_carries(&l.b, &l.a, span_of(data, 1), 1);
	link_close(&l);
}

Test(frame, carries_every_size)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 0, 255, 256, 65536 };
	struct dice d = { .seed = 22 };
	uint8_t *data = malloc(65536);
	struct link l;

	link_open(&l);
	dice_bytes(&d, data, 65536);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		assert_carries(&l.a, &l.b, span_of(data, sizes[i]), 4096);
		assert_carries(&l.b, &l.a, span_of(data, sizes[i]), 4096);
	}
	free(data);
	link_close(&l);
}

Test(frame, carries_the_largest_frame)
{
	uint8_t *data = malloc(FRAME_SIZE_MAX);
	struct link l;

	link_open(&l);
	for (size_t i = 0; i < FRAME_SIZE_MAX; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	assert_carries(&l.a, &l.b, span_of(data, FRAME_SIZE_MAX), 65536);
	/* And the stream goes on behind it. */
	assert_carries(&l.a, &l.b, span_of(data, 5), 5);
	free(data);
	link_close(&l);
}

Test(frame, refuses_every_flipped_bit)
{
	struct dice d = { .seed = 23 };
	uint8_t data[40];
	struct link l;
	size_t len = frame_room(sizeof(data));

	fixture_open(&l.f);
	dice_bytes(&d, data, sizeof(data));
	for (size_t bit = 0; bit < len * 8; bit += STEP) {
		uint8_t was[128];
		uint8_t *frame;

		link_reset(&l);
		frame = sealed(&l.a, span_of(data, sizeof(data)));
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		memcpy(was, frame, len);
		/* open_frame checks that a refused header gives no size. */
		cr_assert_eq(open_frame(&l.b, frame, len, 16), ERR_AUTH, "%zu",
			     bit);
		/* And of what is behind such a header nothing is touched. */
		if (bit < 8 * FRAME_HEADER)
			cr_assert_arr_eq(frame, was, len);
		free(frame);
		link_clear(&l);
	}
	fixture_close(&l.f);
}

/* Whether `at` as the next frame of A's stream is refused by B. */
static void assert_refused(struct frame_codec *c, const uint8_t *frame,
			   size_t len)
{
	uint8_t copy[256];

	memcpy(copy, frame, len);
	cr_assert_eq(open_frame(c, copy, len, 16), ERR_AUTH);
}

Test(frame, refuses_replayed_swapped_and_reflected_frames)
{
	struct link l;
	uint8_t *one;
	uint8_t *two;
	size_t len = frame_room(20);

	fixture_open(&l.f);
	for (unsigned way = 0; way < 4; way++) {
		uint8_t copy[256];

		link_reset(&l);
		one = sealed(&l.a, span_of("the first frame here", 20));
		two = sealed(&l.a, span_of("and the second of it", 20));
		memcpy(copy, one, len);
		switch (way) {
		case 0: /* replayed */
			cr_assert_eq(open_frame(&l.b, copy, len, 16), ERR_NONE);
			assert_refused(&l.b, one, len);
			break;
		case 1: /* out of order, or one lost */
			assert_refused(&l.b, two, len);
			break;
		case 2: /* back to its sender */
			assert_refused(&l.a, one, len);
			break;
		case 3: /* the header of one, the body of another */
			memcpy(copy + FRAME_HEADER, two + FRAME_HEADER,
			       len - FRAME_HEADER);
			assert_refused(&l.b, copy, len);
			break;
		}
		free(one);
		free(two);
		link_clear(&l);
	}
	fixture_close(&l.f);
}

Test(frame, stays_refused_after_a_bad_mac)
{
	struct link l;
	uint8_t *frame;
	size_t len = frame_room(3);

	link_open(&l);
	frame = sealed(&l.a, span_of("abc", 3));
	frame[16] ^= 1;
	assert_refused(&l.b, frame, len);
	frame[16] ^= 1;
	assert_refused(&l.b, frame, len);
	free(frame);
	link_close(&l);
}

Test(frame, refuses_a_body_that_was_not_wholly_opened)
{
	struct link l;
	uint8_t *frame, *body;
	size_t size;

	link_open(&l);
	frame = sealed(&l.a, span_of("twenty bytes of text", 20));
	body = frame + FRAME_HEADER;
	cr_assert_eq(frame_open_header(&l.b, &size, frame, FRAME_HEADER + 31),
		     ERR_NONE);
	cr_assert_eq(size, 20);
	frame_open_part(&l.b, body, body, 31);
	cr_assert_eq(frame_open_end(&l.b, body + 32), ERR_AUTH);
	free(frame);
	link_close(&l);
}

Test(frame, clearing_leaves_nothing_and_may_be_repeated)
{
	struct link l;

	link_open(&l);
	frame_codec_clear(&l.a);
	cr_assert(all_zero(&l.a, sizeof(l.a)));
	frame_codec_clear(&l.a);
	frame_codec_clear(&l.b);
	fixture_close(&l.f);
}
