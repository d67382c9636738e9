/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_session.h"

#include <assert.h>

#include "p2p/base/writer.h"
#include "p2p/crypto/hashtable.h"

struct v5_session {
	struct v5_peer peer;
	uint32_t sent; /* messages, with `seal` */
	uint8_t seal[V5_KEY];
	uint8_t open[V5_KEY];
	uint8_t before[V5_KEY]; /* what `open` was */
	bool has_before;
	struct enr *record; /* it came with; NULL: we did */
	UT_hash_handle hh;
};

struct v5_peer v5_peer_of(const struct node_id *id, const struct addr *at)
{
	struct v5_peer p;
	struct writer w = writer_of(p.b, sizeof(p.b));

	wr_bytes(&w, id->b, NODE_ID_LEN);
	wr_u8(&w, (uint8_t)at->ip.family);
	wr_bytes(&w, at->ip.b, sizeof(at->ip.b));
	wr_be16(&w, at->port);
	return p;
}

void v5_sessions_init(struct v5_sessions *s, size_t max, uint32_t messages)
{
	hashtable_init();
	*s = (struct v5_sessions){ .max = max, .messages = messages };
}

static void remove_session(struct v5_sessions *s, struct v5_session *one)
{
	HASH_DEL(s->all, one);
	free(one->record);
	secret_wipe(one, sizeof(*one));
	free(one);
}

void v5_sessions_clear(struct v5_sessions *s)
{
	while (s->all)
		remove_session(s, s->all);
}

static struct v5_session *find(const struct v5_sessions *s,
			       const struct v5_peer *peer)
{
	struct v5_session *one;

	HASH_FIND(hh, s->all, peer, sizeof(*peer), one);
	return one;
}

static void append(struct v5_sessions *s, struct v5_session *one)
{
	HASH_ADD(hh, s->all, peer, sizeof(one->peer), one);
}

static void used_now(struct v5_sessions *s, struct v5_session *one)
{
	HASH_DEL(s->all, one);
	append(s, one);
}

static struct v5_session *add(struct v5_sessions *s, const struct v5_peer *peer)
{
	struct v5_session *one;

	if (HASH_COUNT(s->all) >= s->max && s->all)
		remove_session(s, s->all);
	one = calloc(1, sizeof(*one));
	if (!one)
		abort();
	one->peer = *peer;
	append(s, one);
	return one;
}

void v5_sessions_put(struct v5_sessions *s, const struct v5_peer *peer,
		     const struct v5_keys *keys, enum v5_role role)
{
	struct v5_session *one = find(s, peer);

	if (one) {
		memcpy(one->before, one->open, V5_KEY);
		one->has_before = true;
		used_now(s, one);
	} else {
		one = add(s, peer);
	}
	one->sent = 0;
	switch (role) {
	case V5_INITIATOR:
		memcpy(one->seal, keys->initiator, V5_KEY);
		memcpy(one->open, keys->recipient, V5_KEY);
		break;
	case V5_RECIPIENT:
		memcpy(one->seal, keys->recipient, V5_KEY);
		memcpy(one->open, keys->initiator, V5_KEY);
		break;
	}
}

void v5_sessions_remember(struct v5_sessions *s, const struct v5_peer *peer,
			  const struct enr *record)
{
	struct v5_session *one = find(s, peer);

	assert(one);
	if (!one->record)
		one->record = malloc(sizeof(*one->record));
	if (!one->record)
		abort();
	*one->record = *record;
}

const struct enr *v5_sessions_record(const struct v5_sessions *s,
				     const struct v5_peer *peer)
{
	const struct v5_session *one = find(s, peer);

	return one ? one->record : NULL;
}

size_t v5_sessions_count(const struct v5_sessions *s)
{
	return HASH_COUNT(s->all);
}

bool v5_sessions_has(const struct v5_sessions *s, const struct v5_peer *peer)
{
	return find(s, peer) != NULL;
}

/* "Message nonce = u32 counter (first message 1) || 8 random bytes; rekey
 * before the counter wraps." */
bool v5_sessions_seal(struct v5_sessions *s, uint8_t key[V5_KEY],
		      uint8_t nonce[V5_NONCE], const struct v5_peer *peer,
		      struct drbg *rng)
{
	struct v5_session *one = find(s, peer);
	struct writer w = writer_of(nonce, V5_NONCE);

	if (!one || one->sent == s->messages)
		return false;
	one->sent++;
	wr_be32(&w, one->sent);
	drbg_bytes(rng, nonce + 4, V5_NONCE - 4);
	memcpy(key, one->seal, V5_KEY);
	used_now(s, one);
	return true;
}

enum err v5_sessions_open(struct v5_sessions *s, uint8_t *out, size_t *len,
			  const struct v5_peer *peer,
			  const struct v5_packet *packet)
{
	struct v5_session *one = find(s, peer);
	enum err rc;

	if (!one)
		return ERR_NOT_FOUND;
	rc = v5_decrypt(out, len, packet, one->open);
	if (rc == ERR_AUTH && one->has_before)
		rc = v5_decrypt(out, len, packet, one->before);
	if (!rc)
		used_now(s, one);
	return rc;
}
