/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_inside.h"

/* --- B asks -----------------------------------------------------------------
 */

static void make_whoareyou(struct v5 *v, struct v5_challenge *c,
			   const struct v5_sender *to,
			   const struct v5_packet *p)
{
	const struct contact *known = table_find(v->seeker.table, &to->id);
	struct v5_cover cover = { .dest = to->id };
	uint8_t packet[V5_PACKET_MAX], id_nonce[V5_ID_NONCE];

	if (known)
		c->record = known->record;
	drbg_bytes(&v->rng, cover.iv, V5_IV);
	drbg_bytes(&v->rng, id_nonce, V5_ID_NONCE);
	memcpy(cover.nonce, p->nonce, V5_NONCE);
	v5_make_whoareyou(packet, c->data, &cover, id_nonce,
			  c->record.len ? c->record.seq : 0);
	memcpy(c->packet, packet, V5_PACKET_MIN);
}

/* "If a challenge is younger than 1 s, send the same WHOAREYOU packet again,
 * byte for byte." */
void v5_challenge(struct v5 *v, const struct v5_sender *from,
		  const struct v5_packet *p)
{
	struct v5_challenge *c =
		v5_challenges_find(&v->challenges, &from->peer, v->now);

	if (guard_take(&v->guard, &from->at.ip, GUARD_QUESTION, v->now) !=
	    GUARD_YES) {
		v5_dropped(v, V5_DROP_RATE);
		return;
	}
	if (c) {
		v->stats.repeated++;
	} else {
		c = v5_challenges_add(&v->challenges, &from->peer, &from->at.ip,
				      v->now);
		if (!c) {
			v5_dropped(v, V5_DROP_CHALLENGES);
			return;
		}
		make_whoareyou(v, c, from, p);
		v->stats.challenges++;
	}
	v5_send(v, &from->at, c->packet, V5_PACKET_MIN);
}

/* --- A answers --------------------------------------------------------------
 */

static size_t make_handshake(struct v5 *v, uint8_t out[V5_PACKET_MAX],
			     struct v5_keys *keys, const struct v5_call *c,
			     const struct v5_packet *p)
{
	uint8_t challenge[V5_CHALLENGE], signature[ECC_RS];
	uint8_t ephemeral[ECC_COMPRESSED];
	struct v5_cover cover = { .dest = c->to.id };
	struct span record = { 0 };
	struct ecc_keypair eph;
	size_t len = 0;

	v5_challenge_of(challenge, p);
	drbg_key(&v->rng, &eph.key);
	ecc_pub_of(&eph.pub, &eph.key);
	ecc_pub_compress(ephemeral, &eph.pub);
	drbg_bytes(&v->rng, cover.iv, V5_IV);
	drbg_bytes(&v->rng, cover.nonce, V5_NONCE);
	if (v->record.len && p->whoareyou.enr_seq < v->record.seq)
		record = enr_raw(&v->record);
	if (!v5_derive(keys, &eph.key, &c->to.pub, &v->seeker.self, &c->to.id,
		       challenge)) {
		v5_sign_id(signature, &v->key.key, challenge, ephemeral,
			   &c->to.id);
		len = v5_make_handshake(out, &cover, &v->seeker.self, signature,
					ephemeral, record, keys->initiator,
					span_of(c->plain.data, c->plain.len));
	}
	secret_wipe(&eph, sizeof(eph));
	return len;
}

void v5_challenged(struct v5 *v, const struct addr *from,
		   const struct v5_packet *p)
{
	struct v5_call *c = v5_calls_challenged(v, p->nonce, from);
	uint8_t packet[V5_PACKET_MAX];
	struct v5_keys keys;
	size_t len;

	if (!c) {
		v5_dropped(v, V5_DROP_WHOAREYOU);
		return;
	}
	c->shook = true;
	c->challenged = true;
	len = make_handshake(v, packet, &keys, c, p);
	if (!len) {
		v5_calls_over(v, c, ERR_FORMAT); /* its key is no point */
	} else {
		v5_sessions_put(&v->sessions, &c->peer, &keys, V5_INITIATOR);
		if (c->to.record.len)
			v5_sessions_remember(&v->sessions, &c->peer,
					     &c->to.record);
		v5_send(v, &c->to.udp, packet, len);
		c->due = mono_add_ms(v->now, V5_ANSWER_MS);
		v->stats.handshakes_made++;
	}
	secret_wipe(&keys, sizeof(keys));
}

/* --- B is answered ----------------------------------------------------------
 */

/* "Use the enclosed one if we hold none or its seq is higher (then it must
 * verify and have ID src-id), otherwise the held one; none at all is an
 * error." */
static bool choose_record(struct enr *record, const struct node_id *id,
			  struct span enclosed)
{
	struct enr offered;

	if (!enclosed.len)
		return record->len > 0;
	if (enr_decode(&offered, enclosed, NULL))
		return false;
	if (record->len && offered.seq <= record->seq)
		return true;
	if (enr_verify(&offered, NULL) || !node_id_equal(&offered.id, id))
		return false;
	*record = offered;
	return true;
}

/* "Geth relies on revalidation pinging the record's endpoint. sigp does not add
 * such a node to its table; ours: as sigp when the record has an endpoint of
 * that address family." */
void v5_offer_sender(struct v5 *v, const struct v5_sender *from,
		     const struct enr *record)
{
	enum ip_family family = from->at.ip.family;
	const struct reach same = reach_family(family);
	struct contact c;

	if (!contact_of_record(&c, record, &same))
		return;
	if (c.udp.ip.family != family)
		contact_of_record(&c, record, &v->seeker.reach);
	else if (!ip_equal(&c.udp.ip, &from->at.ip) ||
		 c.udp.port != from->at.port)
		return;
	if (v5_is_told_fine(v, &from->at.ip, &c.udp))
		seeker_offer(&v->seeker, &c, TABLE_INBOUND, v->now);
}

static bool open_handshake(struct v5 *v, struct v5_message *m, uint8_t *plain,
			   struct v5_keys *keys, const struct enr *record,
			   const struct v5_challenge *c,
			   const struct v5_packet *p)
{
	const struct node_id *src = &p->handshake.src;
	struct ecc_pub ephemeral;
	size_t len;

	if (!v5_verify_id(p->handshake.signature, &record->pub, c->data,
			  p->handshake.ephemeral, &v->seeker.self) ||
	    ecc_pub_expand(&ephemeral, p->handshake.ephemeral) ||
	    v5_derive(keys, &v->key.key, &ephemeral, src, &v->seeker.self,
		      c->data)) {
		v5_dropped(v, V5_DROP_SIGNATURE);
		return false;
	}
	if (v5_decrypt(plain, &len, p, keys->initiator)) {
		v5_dropped(v, V5_DROP_DECRYPT);
		return false;
	}
	if (v5_message_decode(m, span_of(plain, len))) {
		v5_dropped(v, V5_DROP_MESSAGE);
		return false;
	}
	return true;
}

/* "Any failure: delete the challenge, store nothing, send nothing." */
bool v5_shake(struct v5 *v, struct v5_message *m, uint8_t plain[V5_PACKET_MAX],
	      const struct v5_sender *from, const struct v5_packet *p)
{
	struct v5_challenge *c =
		v5_challenges_find(&v->challenges, &from->peer, v->now);
	struct v5_keys keys;
	struct enr record;
	bool ok = false;

	if (!c) {
		v5_dropped(v, V5_DROP_HANDSHAKE);
		return false;
	}
	record = c->record;
	if (!choose_record(&record, &from->id, p->handshake.record))
		v5_dropped(v, V5_DROP_RECORD);
	else
		ok = open_handshake(v, m, plain, &keys, &record, c, p);
	v5_challenges_remove(&v->challenges, c);
	if (ok) {
		v5_sessions_put(&v->sessions, &from->peer, &keys, V5_RECIPIENT);
		v5_sessions_remember(&v->sessions, &from->peer, &record);
		v->stats.handshakes_taken++;
		v5_offer_sender(v, from, &record);
	}
	secret_wipe(&keys, sizeof(keys));
	return ok;
}
