/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/stun.h"

#include <assert.h>
#include <string.h>

#include "p2p/base/reader.h"
#include "p2p/base/writer.h"

enum {
	BINDING_REQUEST = 0x0001,
	BINDING_RESPONSE = 0x0101,
	BINDING_ERROR = 0x0111,
	COOKIE = 0x2112a442,
	XOR_MAPPED_ADDRESS = 0x0020,
	FAMILY_V4 = 1,
	FAMILY_V6 = 2,
};

/* --- the codec ------------------------------------------------------------ */

void stun_request_write(uint8_t out[STUN_REQUEST_LEN],
			const uint8_t id[STUN_ID_LEN])
{
	struct writer w = writer_of(out, STUN_REQUEST_LEN);

	wr_be16(&w, BINDING_REQUEST);
	wr_be16(&w, 0); /* bytes of attributes */
	wr_be32(&w, COOKIE);
	wr_bytes(&w, id, STUN_ID_LEN);
	assert(!w.failed && !w.left);
}

/* "X-Port is computed by ... XOR'ing it with the most significant 16 bits of
 * the magic cookie", X-Address with the cookie, and in IPv6 with the
 * transaction id behind it (section 14.2). */
static enum err read_xor_mapped(struct addr *out, struct span value,
				const uint8_t id[STUN_ID_LEN])
{
	struct reader r = reader_of(value.data, value.len);
	struct addr a = { 0 };
	uint8_t key[16];
	struct writer w = writer_of(key, sizeof(key));
	size_t n = 4;
	uint8_t family;

	wr_be32(&w, COOKIE);
	wr_bytes(&w, id, STUN_ID_LEN);
	(void)rd_u8(&r); /* "MUST be ignored by receivers" */
	family = rd_u8(&r);
	a.port = (uint16_t)(rd_be16(&r) ^ (COOKIE >> 16));
	if (family == FAMILY_V6)
		n = sizeof(key);
	else if (family != FAMILY_V4)
		return ERR_FORMAT;
	rd_copy(&r, a.ip.b, n);
	if (r.failed || r.left)
		return ERR_FORMAT;
	a.ip.family = family == FAMILY_V6 ? IP_V6 : IP_V4;
	for (size_t i = 0; i < n; i++)
		a.ip.b[i] ^= key[i];
	a.ip = ip_unmapped(&a.ip);
	*out = a;
	return ERR_NONE;
}

/* Attributes are padded to multiples of four bytes. */
static enum err read_attributes(struct addr *out, struct reader *r,
				const uint8_t id[STUN_ID_LEN])
{
	enum err rc = ERR_FORMAT; /* without an address */
	bool found = false;

	while (r->left && !r->failed) {
		uint16_t type = rd_be16(r);
		size_t len = rd_be16(r);
		struct span value = rd_take(r, len);

		(void)rd_take(r, (4 - len % 4) % 4);
		if (type != XOR_MAPPED_ADDRESS || found || r->failed)
			continue;
		found = true;
		rc = read_xor_mapped(out, value, id);
	}
	return r->failed ? ERR_FORMAT : rc;
}

enum err stun_response_read(struct addr *out, const uint8_t id[STUN_ID_LEN],
			    const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint16_t type = rd_be16(&r);
	size_t length = rd_be16(&r);
	uint32_t cookie = rd_be32(&r);
	struct span its = rd_take(&r, STUN_ID_LEN);
	struct addr a;
	enum err rc;

	if (r.failed || cookie != COOKIE ||
	    !span_equal(its, span_of(id, STUN_ID_LEN)) ||
	    (type != BINDING_RESPONSE && type != BINDING_ERROR))
		return ERR_NOT_FOUND;
	if (length != r.left)
		return ERR_FORMAT;
	if (type == BINDING_ERROR)
		return ERR_DENIED;
	rc = read_attributes(&a, &r, id);
	if (!rc)
		*out = a;
	return rc;
}

/* --- events --------------------------------------------------------------- */

static void put_event(struct stun *s, struct stun_event ev)
{
	assert(s->event_count < STUN_EVENTS_MAX);
	s->events[s->event_count++] = ev;
}

bool stun_next_event(struct stun *s, struct stun_event *out)
{
	if (!s->event_count)
		return false;
	*out = s->events[0];
	s->event_count--;
	memmove(s->events, s->events + 1, s->event_count * sizeof(*s->events));
	return true;
}

static bool same(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && ip_equal(&a->ip, &b->ip);
}

static void tell(struct stun *s, struct addr *last, const struct addr *a)
{
	if (same(last, a))
		return;
	*last = *a;
	put_event(s, (struct stun_event){ .type = STUN_FOUND, .addr = *a });
}

/* What the servers said of one family. */
static bool sum_up(const struct stun *s, enum ip_family family,
		   struct addr *out)
{
	bool found = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct stun_server *server = &s->servers[i];

		if (server->state != STUN_ANSWERED ||
		    server->said.ip.family != family)
			continue;
		if (!found)
			*out = server->said;
		else if (out->port != server->said.port)
			out->port = 0;
		found = true;
	}
	return found;
}

/* --- rounds --------------------------------------------------------------- */

static void begin_round(struct stun *s, struct mono now)
{
	for (size_t i = 0; i < s->count; i++) {
		struct stun_server *server = &s->servers[i];

		drbg_bytes(&s->random, server->id, STUN_ID_LEN);
		server->state = STUN_ASKING;
		server->sent = 0;
		server->due = now;
		server->ready = false;
	}
	s->asking = true;
	s->round_at = MONO_NEVER;
}

static void end_round(struct stun *s, struct mono now)
{
	struct addr a;
	bool v4, v6;

	v4 = sum_up(s, IP_V4, &a);
	if (v4)
		tell(s, &s->v4, &a);
	v6 = sum_up(s, IP_V6, &a);
	if (v6)
		tell(s, &s->v6, &a);
	if (v4 || v6) {
		s->told_silent = s->told_nonsense = false;
	} else if (!s->told_silent && !s->told_nonsense) {
		s->told_silent = true;
		put_event(s, (struct stun_event){ .type = STUN_SILENT });
	}
	for (size_t i = 0; i < s->count; i++) {
		s->servers[i].state = STUN_IDLE;
		s->servers[i].ready = false;
	}
	s->asking = false;
	s->round_at = mono_add_ms(now, STUN_ROUND_MS);
}

/* "Retransmissions continue ... until a response is received, or until a total
 * of Rc requests have been sent", each after twice the time of the last; then
 * Rm times RTO is waited (section 6.2.1). */
static void tick_server(struct stun_server *server, struct mono now)
{
	if (server->state != STUN_ASKING || mono_before(now, server->due))
		return;
	if (server->sent == STUN_SENDS_MAX) {
		server->state = STUN_FAILED;
		server->ready = false;
		return;
	}
	server->ready = true;
	server->sent++;
	server->due =
		mono_add_ms(now, server->sent == STUN_SENDS_MAX
					 ? STUN_LAST_WAIT_MS
					 : STUN_RTO_MS << (server->sent - 1));
}

static bool all_done(const struct stun *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->servers[i].state == STUN_ASKING)
			return false;
	return true;
}

struct mono stun_tick(struct stun *s, struct mono now)
{
	struct mono due;

	if (!s->count)
		return MONO_NEVER;
	if (!s->asking && !mono_before(now, s->round_at))
		begin_round(s, now);
	for (size_t i = 0; s->asking && i < s->count; i++)
		tick_server(&s->servers[i], now);
	if (s->asking && (all_done(s) || !mono_before(now, s->round_at)))
		end_round(s, now);
	due = s->round_at;
	for (size_t i = 0; s->asking && i < s->count; i++)
		if (s->servers[i].state == STUN_ASKING)
			due = mono_min(due, s->servers[i].due);
	return due;
}

bool stun_next_datagram(struct stun *s, struct addr *to,
			uint8_t out[STUN_REQUEST_LEN])
{
	for (size_t i = 0; i < s->count; i++) {
		struct stun_server *server = &s->servers[i];

		if (!server->ready)
			continue;
		server->ready = false;
		*to = server->at;
		stun_request_write(out, server->id);
		return true;
	}
	return false;
}

static bool is_host(const struct addr *a)
{
	return a->port && !ip_is_unspecified(&a->ip) &&
	       !ip_is_multicast(&a->ip) &&
	       !(a->ip.family == IP_V4 &&
		 (a->ip.b[0] == 0 || a->ip.b[0] >= 240));
}

static void answered(struct stun *s, struct stun_server *server,
		     const struct addr *said, enum err rc, struct mono now)
{
	server->ready = false;
	if (!rc && is_host(said)) {
		server->state = STUN_ANSWERED;
		server->said = *said;
		s->round_at =
			mono_min(s->round_at, mono_add_ms(now, STUN_OTHERS_MS));
	} else {
		server->state = STUN_FAILED;
		if (!s->told_nonsense)
			put_event(s,
				  (struct stun_event){ .type = STUN_NONSENSE,
						       .server = server->at });
		s->told_nonsense = true;
	}
	if (all_done(s))
		end_round(s, now);
}

bool stun_feed(struct stun *s, const struct addr *from, const uint8_t *data,
	       size_t len, struct mono now)
{
	for (size_t i = 0; i < s->count; i++) {
		struct stun_server *server = &s->servers[i];
		struct addr said = { 0 };
		enum err rc;

		if (!same(&server->at, from))
			continue;
		rc = stun_response_read(&said, server->id, data, len);
		if (rc == ERR_NOT_FOUND)
			continue;
		/* An answer to each time we asked may come. */
		if (server->state == STUN_ASKING)
			answered(s, server, &said, rc, now);
		return true;
	}
	return false;
}

void stun_init(struct stun *s, const struct secret32 *seed)
{
	memset(s, 0, sizeof(*s));
	drbg_init(&s->random, seed);
	s->round_at = MONO_NEVER;
}

void stun_set_servers(struct stun *s, const struct addr *servers, size_t count,
		      struct mono now)
{
	assert(count <= STUN_SERVERS_MAX);
	memset(s->servers, 0, sizeof(s->servers));
	for (size_t i = 0; i < count; i++)
		s->servers[i].at = servers[i];
	s->count = count;
	s->asking = false;
	s->round_at = now;
}

void stun_clear(struct stun *s)
{
	secret_wipe(&s->random, sizeof(s->random));
}
