/* SPDX-License-Identifier: Apache-2.0 */
/* enr.h - node records (EIP-778; specs: discovery.md, "Node records"): what a
 * node says of itself, signed. Pure; nothing to free.
 *
 *     content = [seq, key, value, key, value, ...]   keys ascending
 *     record  = [signature, content...]              at most ENR_MAX bytes
 *     text    = "enr:" || base64url(record)
 *
 * A record keeps the bytes it came in: it is passed on as it was signed, and
 * values are any RLP item, looked at only when asked for. A known key with a
 * value of the wrong type counts as absent; the record stays good. */
#ifndef P2P_ENODE_ENR_H
#define P2P_ENODE_ENR_H

#include "p2p/base/reach.h"
#include "p2p/enode/enode.h"
#include "p2p/rlp/rlp.h"

enum {
	ENR_MAX = 300,	    /* bytes */
	ENR_TEXT_MAX = 405, /* "enr:" and 400 characters, with terminator */
};

struct enr {
	uint64_t seq;
	struct ecc_pub pub; /* zero until enr_verify */
	struct node_id id;  /* likewise */
	uint16_t len;
	uint16_t content; /* where seq begins: what is signed, but its header */
	uint16_t pairs;	  /* where the first key begins */
	uint8_t raw[ENR_MAX];
};

/* --- reading -------------------------------------------------------------- */

/* enr_decode - well-formed, and no more: nobody may have signed it. ERR_LIMIT:
 * over ENR_MAX. ERR_FORMAT: bytes behind the list, no signature or seq, a key
 * without value, keys that are lists, not ascending or twice. *out is set on
 * success only; why says what is wrong. */
MUST_USE enum err enr_decode(struct enr *out, struct span record,
			     struct why *why);

/* enr_verify - did the node sign it? Sets pub and id. ERR_UNSUPPORTED: another
 * identity scheme than "v4". ERR_FORMAT: no key, or none that is a point of
 * the curve. ERR_AUTH: the signature. Costs 40 us. */
MUST_USE enum err enr_verify(struct enr *r, struct why *why);

/* enr_read - enr_decode and enr_verify: how a stranger's record is taken. */
MUST_USE enum err enr_read(struct enr *out, struct span record,
			   struct why *why);

/* enr_parse - the text form, "enr:" included, of any record that is
 * well-formed, as by enr_decode. ERR_FORMAT also for the text. */
MUST_USE enum err enr_parse(struct enr *out, const char *text, struct why *why);

const char *enr_text(char out[ENR_TEXT_MAX], const struct enr *r);

/* enr_parse_node - whoever names a node, by the URL or bare key that
 * enode_parse takes, or by its record as text, with or without "enr:", which
 * must be verified then. *record, unless NULL, is that; its len is 0 where
 * there was none. The node has the endpoint of enr_endpoint, if any. Errors of
 * enode_parse, enr_parse and enr_verify; outputs are untouched then. */
MUST_USE enum err enr_parse_node(struct enode *out, struct enr *record,
				 const char *text, const struct reach *reach,
				 struct why *why);

static inline struct span enr_raw(const struct enr *r)
{
	return span_of(r->raw, r->len);
}

/* --- entries -------------------------------------------------------------- */

/* enr_entries - a cursor inside the list, before the first key: while rlp_more,
 * rlp_bytes is a key and rlp_raw its value. */
struct rlp enr_entries(const struct enr *r);

/* enr_get - the value of a key as one raw RLP item, borrowed from r. False: no
 * such key. */
bool enr_get(const struct enr *r, const char *key, struct span *value);

/* enr_get_ip - of "ip" or "ip6"; IP_NONE unless it has exactly 4 or 16 bytes.
 * The bytes decide on the family: an IPv4 address mapped into "ip6" is
 * IP_V6. */
struct ip enr_get_ip(const struct enr *r, const char *key);

/* enr_get_port - 0 for none, and for what is no 16-bit integer. */
uint16_t enr_get_port(const struct enr *r, const char *key);

/* Where to reach a node (specs: "Choosing the endpoint of a record"): the
 * address of wider scope, IPv4 at a tie, with the ports of its family; but one
 * that is in reach before all others, as reach_choose has it. Reach is NULL
 * where nobody is about to send: for what is shown, and of ourselves. IPv4 in
 * IPv6 comes out as IPv4. */
struct enr_endpoint {
	struct ip ip; /* IP_NONE: the record has none */
	uint16_t udp, tcp, quic;
};

void enr_endpoint(struct enr_endpoint *out, const struct enr *r,
		  const struct reach *reach);

/* enr_node - a verified record as a node to dial or ask. Its ports are 0, and
 * the ip IP_NONE, where the record has none. */
void enr_node(struct enode *out, const struct enr *r,
	      const struct reach *reach);

/* --- making --------------------------------------------------------------- */

/* Entries to be signed, as RLP items in the order of their keys; without "id"
 * and "secp256k1", which signing puts in. A value, to be copied freely. */
struct enr_draft {
	uint64_t seq;
	uint16_t len;
	uint8_t pairs[ENR_MAX];
};

/* enr_draft_of - the entries and seq of a record. */
void enr_draft_of(struct enr_draft *out, const struct enr *r);

/* enr_draft_set - value is one raw RLP item, copied. ERR_EXISTS: it has that
 * value already. ERR_FORMAT: value is not one item; or the key is empty, "id"
 * or "secp256k1". ERR_LIMIT: it makes the entries too long. Nothing is changed
 * then. */
MUST_USE enum err enr_draft_set(struct enr_draft *d, const char *key,
				struct span value);

/* enr_draft_get, enr_draft_entries - as enr_get and enr_entries; borrowed until
 * the draft is changed. */
bool enr_draft_get(const struct enr_draft *d, const char *key,
		   struct span *value);
struct rlp enr_draft_entries(const struct enr_draft *d);

/* enr_draft_unset - ERR_NOT_FOUND: there was none. */
MUST_USE enum err enr_draft_unset(struct enr_draft *d, const char *key);

/* The usual entries, by enr_draft_set: an address goes to "ip" or "ip6" by its
 * family. */
MUST_USE enum err enr_draft_set_ip(struct enr_draft *d, const struct ip *ip);
MUST_USE enum err enr_draft_set_port(struct enr_draft *d, const char *key,
				     uint16_t port);

/* enr_sign - ERR_LIMIT: over ENR_MAX. Deterministic: the same entries give the
 * same bytes. Costs 50 us. */
MUST_USE enum err enr_sign(struct enr *out, const struct enr_draft *d,
			   const struct ecc_keypair *key);

#endif
