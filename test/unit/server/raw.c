/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/server/raw.h"

#include "p2p/rlpx/snappy_block.h"
#include "p2p/server/entropy.h"

/* --- receiving ----------------------------------------------------------- */

static void take_ack(struct raw *r)
{
	struct handshake_secrets secrets;
	struct handshake_ack ack;
	size_t len;

	if (r->in.len < 2)
		return;
	len = 2 + ((size_t)r->in.data[0] << 8 | r->in.data[1]);
	if (r->in.len < len)
		return;
	cr_assert_eq(handshake_ack_read(&ack, span_of(r->in.data, len),
					HANDSHAKE_EIP8, &r->key),
		     ERR_NONE);
	cr_assert_eq(handshake_secrets_derive(&secrets, HANDSHAKE_INITIATOR,
					      &r->entropy.ephemeral,
					      &ack.recipient_ephemeral,
					      r->entropy.nonce, ack.nonce,
					      span_of(r->auth.b, r->auth.len),
					      span_of(r->in.data, len)),
		     ERR_NONE);
	frame_codec_init(&r->codec, &secrets);
	buf_drop(&r->in, len);
	r->secured = true;
}

static int reason_of(const struct raw *r, struct span payload)
{
	uint8_t plain[64];
	size_t size;

	if (r->hellos && !snappy_block_size(&size, payload, sizeof(plain)) &&
	    !snappy_block_unpack(plain, size, payload))
		payload = span_of(plain, size);
	return disconnect_read(payload);
}

static void take_data(struct raw *r, struct span data)
{
	uint8_t code = data.data[0] == 0x80 ? 0 : data.data[0];

	switch (code) {
	case BASE_HELLO:
		r->hellos++;
		break;
	case BASE_DISCONNECT:
		r->reason = reason_of(r, span_of(data.data + 1, data.len - 1));
		break;
	case BASE_PING:
		r->pings++;
		break;
	case BASE_PONG:
		r->pongs++;
		break;
	default:
		r->messages++;
	}
}

static bool take_frame(struct raw *r)
{
	size_t padded;

	if (!r->in_body) {
		if (r->in.len < FRAME_HEADER)
			return false;
		cr_assert_eq(frame_open_header(&r->codec, &r->size, r->in.data,
					       r->in.len),
			     ERR_NONE);
		buf_drop(&r->in, FRAME_HEADER);
		r->in_body = true;
	}
	padded = frame_room(r->size) - FRAME_HEADER - FRAME_MAC;
	if (r->in.len < padded + FRAME_MAC)
		return false;
	frame_open_part(&r->codec, r->in.data, r->in.data, padded);
	cr_assert_eq(frame_open_end(&r->codec, r->in.data + padded), ERR_NONE);
	take_data(r, span_of(r->in.data, r->size));
	buf_drop(&r->in, padded + FRAME_MAC);
	r->in_body = false;
	return true;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct raw *r = ctx;

	r->bytes_in += len;
	if (r->blind)
		return;
	cr_assert_eq(buf_append(&r->in, data, len), ERR_NONE);
	if (!r->secured && !r->answers)
		take_ack(r);
	while (r->secured && take_frame(r))
		;
}

/* --- the stream ---------------------------------------------------------- */

static void on_connected(void *ctx, enum err rc, const struct why *why)
{
	struct raw *r = ctx;

	cr_assert_eq(rc, ERR_NONE, "%s", why->text);
	r->connected = true;
	net_stream_set_limit(r->stream, 64 << 20);
	net_stream_start(r->stream);
}

static void on_ended(void *ctx, enum err rc UNUSED)
{
	struct raw *r = ctx;

	r->ended = true;
}

static void on_closed(void *ctx)
{
	struct raw *r = ctx;

	r->stream = NULL;
}

static const struct net_stream_events events = {
	.connected = on_connected,
	.data = on_data,
	.ended = on_ended,
	.closed = on_closed,
};

static bool is_connected(void *ctx)
{
	const struct raw *r = ctx;

	return r->connected;
}

static bool is_closed(void *ctx)
{
	const struct raw *r = ctx;

	return !r->stream;
}

static bool has_ended(void *ctx)
{
	const struct raw *r = ctx;

	return r->ended;
}

static bool has_reason(void *ctx)
{
	const struct raw *r = ctx;

	return r->reason != RAW_NO_REASON;
}

static bool is_secured(void *ctx)
{
	const struct raw *r = ctx;

	return r->secured;
}

void raw_open_as(struct raw *r, struct node *to, const struct ecc_keypair *key)
{
	const struct addr at = { to->self.ip, to->self.tcp };

	*r = (struct raw){ .scene = to->scene, .reason = RAW_NO_REASON };
	r->key = *key;
	buf_init(&r->in, 64 << 20);
	cr_assert_eq(net_stream_dial(&r->stream, to->scene->loop, &at, &events,
				     r, NULL),
		     ERR_NONE);
	scene_until(r->scene, is_connected, r);
}

static void on_accepted(void *ctx, struct net_stream *stream)
{
	struct raw *r = ctx;

	net_listener_close(r->listener);
	r->listener = NULL;
	r->stream = stream;
	net_stream_adopt(stream, &events, r);
	net_stream_set_limit(stream, 64 << 20);
	net_stream_start(stream);
	r->connected = true;
}

void raw_listen(struct raw *r, struct scene *s, const struct ecc_keypair *key)
{
	struct addr at;

	*r = (struct raw){
		.scene = s,
		.reason = RAW_NO_REASON,
		.key = *key,
		.answers = true,
	};
	buf_init(&r->in, 64 << 20);
	cr_assert_eq(addr_parse(&at, "127.0.0.1:0"), ERR_NONE);
	cr_assert_eq(net_listener_open(&r->listener, s->loop, &at, on_accepted,
				       r, NULL),
		     ERR_NONE);
	at = net_listener_addr(r->listener);
	enode_make(&r->self, &key->pub, &at);
}

void raw_wait_dial(struct raw *r)
{
	scene_until(r->scene, is_connected, r);
}

void raw_open(struct raw *r, struct node *to)
{
	struct ecc_keypair key;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	raw_open_as(r, to, &key);
}

static void gone(struct raw *r)
{
	scene_until(r->scene, is_closed, r);
	buf_clear(&r->in);
	frame_codec_clear(&r->codec);
}

void raw_close(struct raw *r)
{
	if (r->listener)
		net_listener_close(r->listener);
	r->listener = NULL;
	if (r->stream)
		net_stream_close(r->stream);
	gone(r);
}

void raw_reset(struct raw *r)
{
	net_stream_reset(r->stream);
	gone(r);
}

/* --- sending ------------------------------------------------------------- */

void raw_bytes(struct raw *r, const void *data, size_t len)
{
	cr_assert_eq(buf_append(net_stream_out(r->stream), data, len),
		     ERR_NONE);
}

void raw_auth(struct raw *r, struct node *to)
{
	entropy_draw(&r->entropy);
	cr_assert_eq(handshake_auth_make(&r->auth, &r->key, &to->key.pub,
					 &r->entropy, (struct span){ 0 }),
		     ERR_NONE);
	raw_bytes(r, r->auth.b, r->auth.len);
}

void raw_handshake(struct raw *r, struct node *to)
{
	raw_auth(r, to);
	scene_until(r->scene, is_secured, r);
}

static bool has_auth(void *ctx)
{
	const struct raw *r = ctx;

	return r->in.len >= 2 &&
	       r->in.len >= 2 + ((size_t)r->in.data[0] << 8 | r->in.data[1]);
}

void raw_answer(struct raw *r)
{
	struct handshake_secrets secrets;
	struct handshake_packet ack;
	struct handshake_auth auth;
	struct span packet;

	scene_until(r->scene, has_auth, r);
	packet = span_of(r->in.data, r->in.len);
	cr_assert_eq(
		handshake_auth_read(&auth, packet, HANDSHAKE_EIP8, &r->key),
		ERR_NONE);
	entropy_draw(&r->entropy);
	cr_assert_eq(handshake_ack_make(&ack, &auth, &r->entropy,
					(struct span){ 0 }),
		     ERR_NONE);
	cr_assert_eq(handshake_secrets_derive(&secrets, HANDSHAKE_RECIPIENT,
					      &r->entropy.ephemeral,
					      &auth.initiator_ephemeral,
					      auth.nonce, r->entropy.nonce,
					      packet, span_of(ack.b, ack.len)),
		     ERR_NONE);
	frame_codec_init(&r->codec, &secrets);
	buf_drop(&r->in, r->in.len);
	r->secured = true;
	raw_bytes(r, ack.b, ack.len);
}

void raw_frame_part(struct raw *r, const void *data, size_t len, size_t n)
{
	uint8_t *frame = calloc(1, frame_room(len));

	cr_assert_not_null(frame);
	memcpy(frame + FRAME_HEADER, data, len);
	frame_seal(&r->codec, frame, len);
	raw_bytes(r, frame, n);
	free(frame);
}

void raw_frame(struct raw *r, const void *data, size_t len)
{
	raw_frame_part(r, data, len, frame_room(len));
}

void raw_hello(struct raw *r)
{
	const struct capability test = { .name = "test",
					 .version = 1,
					 .codes = TEST_CODES };
	struct buf hello;

	buf_init(&hello, HELLO_MAX);
	cr_assert_eq(buf_append(&hello, "\x80", 1), ERR_NONE);
	cr_assert_eq(hello_make(&hello, BASE_VERSION, "raw", &test, 1,
				&r->key.pub, (struct span){ 0 }),
		     ERR_NONE);
	raw_frame(r, hello.data, hello.len);
	buf_clear(&hello);
}

void raw_join(struct raw *r, struct node *to)
{
	size_t peers = server_peers(to->server);

	raw_open(r, to);
	raw_handshake(r, to);
	raw_hello(r);
	node_wait_peers(to, peers + 1);
}

void raw_wait_end(struct raw *r)
{
	scene_until(r->scene, has_ended, r);
}

void raw_wait_reason(struct raw *r)
{
	scene_until(r->scene, has_reason, r);
}
