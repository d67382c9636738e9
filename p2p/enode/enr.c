/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/enode/enr.h"

#include <strings.h>

#include "p2p/crypto/base64.h"
#include "p2p/crypto/keccak.h"
#include "p2p/rlp/rlp_write.h"

static const char text_prefix[] = "enr:";

/* --- reading -------------------------------------------------------------- */

static int compare_keys(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* "Keys not strictly ascending as byte strings (equal keys are duplicates)". */
static enum err check_pairs(struct rlp *in, struct why *why)
{
	struct span last = { 0 };

	for (bool first = true; rlp_more(in); first = false) {
		struct span key = rlp_bytes(in);

		rlp_raw(in);
		if (!in->fault && !first && compare_keys(key, last) <= 0)
			return err_fail(why, ERR_FORMAT,
					"keys not in ascending order");
		last = key;
	}
	return ERR_NONE;
}

enum err enr_decode(struct enr *out, struct span record, struct why *why)
{
	struct rlp in = rlp_of(record.data, record.len);
	struct enr r = { .len = (uint16_t)record.len };
	enum err rc;

	if (record.len > ENR_MAX)
		return err_fail(why, ERR_LIMIT, "%zu bytes, over %d",
				record.len, ENR_MAX);
	rlp_enter(&in);
	rlp_bytes(&in); /* the signature */
	r.content = (uint16_t)in.at;
	r.seq = rlp_u64(&in);
	r.pairs = (uint16_t)in.at;
	rc = check_pairs(&in, why);
	if (rc)
		return rc;
	rlp_leave(&in);
	if (rlp_end(&in))
		return err_fail(why, ERR_FORMAT, "malformed: %s",
				rlp_fault_name(in.fault));
	memcpy(r.raw, record.data, record.len);
	*out = r;
	return ERR_NONE;
}

/* A value that is a string; empty when there is none, or it is a list. */
static struct span get_bytes(const struct enr *r, const char *key)
{
	struct span value, bytes;
	struct rlp in;

	if (!enr_get(r, key, &value))
		return (struct span){ 0 };
	in = rlp_of(value.data, value.len);
	bytes = rlp_bytes(&in);
	return rlp_end(&in) ? (struct span){ 0 } : bytes;
}

/* What the signature covers: RLP(content). */
static void content_hash(uint8_t out[32], struct span content)
{
	uint8_t header[RLP_HEADER_MAX];
	size_t n = rlp_put_header(header, RLP_LIST, content.len);
	struct keccak k;

	keccak_init(&k);
	keccak_absorb(&k, header, n);
	keccak_absorb(&k, content.data, content.len);
	keccak_digest(&k, out);
}

static struct span signature_of(const struct enr *r)
{
	struct rlp in = rlp_of(r->raw, r->len);

	rlp_enter(&in);
	return rlp_bytes(&in);
}

enum err enr_verify(struct enr *r, struct why *why)
{
	struct span key = get_bytes(r, "secp256k1");
	struct span signature = signature_of(r);
	struct ecc_pub pub;
	uint8_t hash[32];

	if (!span_equal(get_bytes(r, "id"), span_text("v4")))
		return err_fail(why, ERR_UNSUPPORTED,
				"identity scheme is not \"v4\"");
	if (key.len != ECC_COMPRESSED || ecc_pub_expand(&pub, key.data))
		return err_fail(why, ERR_FORMAT, "no valid public key");
	content_hash(hash, span_of(r->raw + r->content,
				   (size_t)(r->len - r->content)));
	if (signature.len != ECC_RS || !ecc_verify(signature.data, hash, &pub))
		return err_fail(why, ERR_AUTH, "the signature does not match");
	r->pub = pub;
	r->id = node_id_of(&pub);
	return ERR_NONE;
}

enum err enr_read(struct enr *out, struct span record, struct why *why)
{
	struct enr r;
	enum err rc = enr_decode(&r, record, why);

	if (!rc)
		rc = enr_verify(&r, why);
	if (!rc)
		*out = r;
	return rc;
}

static bool has_prefix(const char *text)
{
	return !strncmp(text, text_prefix, strlen(text_prefix));
}

/* What stands behind the prefix. */
static enum err parse_base64(struct enr *out, const char *text, struct why *why)
{
	uint8_t record[ENR_MAX];
	enum err rc;
	size_t len;

	rc = base64url_parse(record, sizeof(record), &len, span_text(text));
	if (rc == ERR_LIMIT)
		return err_fail(why, rc, "over %d bytes", ENR_MAX);
	if (rc)
		return err_fail(why, rc, "not base64url without padding");
	return enr_decode(out, span_of(record, len), why);
}

enum err enr_parse(struct enr *out, const char *text, struct why *why)
{
	if (!has_prefix(text))
		return err_fail(why, ERR_FORMAT, "does not begin with \"%s\"",
				text_prefix);
	return parse_base64(out, text + strlen(text_prefix), why);
}

const char *enr_text(char out[ENR_TEXT_MAX], const struct enr *r)
{
	memcpy(out, text_prefix, strlen(text_prefix));
	base64url_text(out + strlen(text_prefix), enr_raw(r));
	return out;
}

/* --- entries -------------------------------------------------------------- */

struct rlp enr_entries(const struct enr *r)
{
	struct rlp in = rlp_of(r->raw, r->len);

	rlp_enter(&in);
	in.at = r->pairs;
	return in;
}

bool enr_get(const struct enr *r, const char *key, struct span *value)
{
	struct rlp in = enr_entries(r);

	while (rlp_more(&in)) {
		bool found = span_equal(rlp_bytes(&in), span_text(key));
		struct span raw = rlp_raw(&in);

		if (found) {
			*value = raw;
			return true;
		}
	}
	return false;
}

struct ip enr_get_ip(const struct enr *r, const char *key)
{
	struct span bytes = get_bytes(r, key);
	struct ip ip = { .family = IP_NONE };

	if (strcmp(key, "ip") == 0 ? bytes.len != 4 : bytes.len != 16)
		return ip;
	ip.family = bytes.len == 4 ? IP_V4 : IP_V6;
	memcpy(ip.b, bytes.data, bytes.len);
	return ip;
}

uint16_t enr_get_port(const struct enr *r, const char *key)
{
	struct span value;
	struct rlp in;
	uint64_t port;

	if (!enr_get(r, key, &value))
		return 0;
	in = rlp_of(value.data, value.len);
	port = rlp_uint(&in, 2);
	return rlp_end(&in) ? 0 : (uint16_t)port;
}

/* Multicast addresses are nobody's, mapped into IPv6 or not. */
static struct ip unicast_of(const struct enr *r, const char *key)
{
	struct ip said = enr_get_ip(r, key), ip = ip_unmapped(&said);

	return ip_is_multicast(&ip) ? (struct ip){ .family = IP_NONE } : ip;
}

static uint16_t port_or(uint16_t port, uint16_t otherwise)
{
	return port ? port : otherwise;
}

void enr_endpoint(struct enr_endpoint *out, const struct enr *r,
		  const struct reach *reach)
{
	const struct ip ips[] = { unicast_of(r, "ip"), unicast_of(r, "ip6") };
	const struct ip *best = reach_choose(reach, ips, 2);

	*out = (struct enr_endpoint){
		.udp = enr_get_port(r, "udp"),
		.tcp = enr_get_port(r, "tcp"),
	};
	if (best)
		out->ip = *best;
	if (out->ip.family == IP_V4)
		out->quic = enr_get_port(r, "quic");
	if (out->ip.family != IP_V6)
		return;
	out->udp = port_or(enr_get_port(r, "udp6"), out->udp);
	out->tcp = port_or(enr_get_port(r, "tcp6"), out->tcp);
	out->quic = enr_get_port(r, "quic6");
}

void enr_node(struct enode *out, const struct enr *r, const struct reach *reach)
{
	struct enr_endpoint at;

	enr_endpoint(&at, r, reach);
	*out = (struct enode){
		.pub = r->pub,
		.id = r->id,
		.ip = at.ip,
		.tcp = at.tcp,
		.udp = at.udp,
	};
}

static bool is_hex(const char *text)
{
	return !text[strspn(text, "0123456789abcdefABCDEF")];
}

/* A signed record is a list of more than 55 bytes: it begins with F8 or F9, so
 * its text with '-', and no URL or key does. */
enum err enr_parse_node(struct enode *out, struct enr *record, const char *text,
			const struct reach *reach, struct why *why)
{
	struct enr r = { 0 };
	enum err rc;

	if (has_prefix(text))
		rc = enr_parse(&r, text, why);
	else if (text[0] == '-')
		rc = parse_base64(&r, text, why);
	else if (!strncasecmp(text, "enode://", 8) || is_hex(text))
		rc = enode_parse(out, text, why);
	else
		rc = err_fail(why, ERR_FORMAT,
			      "neither \"enode://\" nor \"%s\" in front",
			      text_prefix);
	if (!rc && r.len)
		rc = enr_verify(&r, why);
	if (rc)
		return rc;
	if (r.len)
		enr_node(out, &r, reach);
	if (record)
		*record = r;
	return ERR_NONE;
}

/* --- making --------------------------------------------------------------- */

/* What signing puts in. */
static bool is_ours(const char *key)
{
	return strcmp(key, "id") == 0 || strcmp(key, "secp256k1") == 0;
}

static void put_pair(struct rlp_writer *w, struct span key, struct span value)
{
	rlp_put_bytes(w, key.data, key.len);
	rlp_put_raw(w, value);
}

struct rlp enr_draft_entries(const struct enr_draft *d)
{
	return rlp_of(d->pairs, d->len);
}

/* The pairs of `from` but for those of the key, with the key's value in its
 * place when there is one. ERR_LIMIT: over ENR_MAX. */
static enum err rewrite(struct enr_draft *d, const char *key,
			const struct span *value)
{
	struct rlp in = enr_draft_entries(d);
	bool is_in = value == NULL;
	struct rlp_writer w;
	struct buf out;
	enum err rc;

	buf_init(&out, sizeof(d->pairs));
	w = rlp_writer_of(&out);
	while (rlp_more(&in)) {
		struct span k = rlp_bytes(&in), v = rlp_raw(&in);
		int order = compare_keys(k, span_text(key));

		if (!is_in && order >= 0) {
			put_pair(&w, span_text(key), *value);
			is_in = true;
		}
		if (order)
			put_pair(&w, k, v);
	}
	if (!is_in)
		put_pair(&w, span_text(key), *value);
	rc = rlp_writer_end(&w);
	if (!rc && out.len)
		memcpy(d->pairs, out.data, out.len);
	if (!rc)
		d->len = (uint16_t)out.len;
	buf_clear(&out);
	return rc;
}

bool enr_draft_get(const struct enr_draft *d, const char *key,
		   struct span *value)
{
	struct rlp in = enr_draft_entries(d);

	while (rlp_more(&in)) {
		struct span k = rlp_bytes(&in);

		*value = rlp_raw(&in);
		if (span_equal(k, span_text(key)))
			return true;
	}
	return false;
}

void enr_draft_of(struct enr_draft *out, const struct enr *r)
{
	struct enr_draft d = { .seq = r->seq,
			       .len = (uint16_t)(r->len - r->pairs) };
	enum err rc;

	memcpy(d.pairs, r->raw + r->pairs, d.len);
	rc = rewrite(&d, "id", NULL);
	if (!rc)
		rc = rewrite(&d, "secp256k1", NULL);
	(void)rc; /* it only gets shorter */
	*out = d;
}

enum err enr_draft_set(struct enr_draft *d, const char *key, struct span value)
{
	struct span old;

	if (!key[0] || is_ours(key) || rlp_check(value))
		return ERR_FORMAT;
	if (enr_draft_get(d, key, &old) && span_equal(old, value))
		return ERR_EXISTS;
	return rewrite(d, key, &value);
}

enum err enr_draft_unset(struct enr_draft *d, const char *key)
{
	struct span old;

	return enr_draft_get(d, key, &old) ? rewrite(d, key, NULL)
					   : ERR_NOT_FOUND;
}

enum err enr_draft_set_ip(struct enr_draft *d, const struct ip *ip)
{
	uint8_t item[17];
	size_t len = ip->family == IP_V4 ? 4 : 16;

	if (ip->family == IP_NONE)
		return ERR_FORMAT;
	item[0] = (uint8_t)(0x80 + len);
	memcpy(item + 1, ip->b, len);
	return enr_draft_set(d, ip->family == IP_V4 ? "ip" : "ip6",
			     span_of(item, 1 + len));
}

enum err enr_draft_set_port(struct enr_draft *d, const char *key, uint16_t port)
{
	uint8_t item[RLP_HEADER_MAX];

	return enr_draft_set(d, key, span_of(item, rlp_put_code(item, port)));
}

/* The draft with what makes it a record of this key's. */
static enum err complete(struct enr_draft *d, const struct ecc_pub *pub)
{
	uint8_t item[1 + ECC_COMPRESSED] = { 0x80 + ECC_COMPRESSED };
	struct span id = span_text("\x82v4");
	struct span key = span_of(item, sizeof(item));
	enum err rc;

	ecc_pub_compress(item + 1, pub);
	rc = rewrite(d, "id", &id);
	return rc ? rc : rewrite(d, "secp256k1", &key);
}

static enum err put_record(struct buf *out, const struct enr_draft *d,
			   const struct ecc_sig *sig)
{
	struct rlp_writer w = rlp_writer_of(out);

	rlp_put_list(&w);
	if (sig)
		rlp_put_bytes(&w, sig->b, ECC_RS);
	rlp_put_u64(&w, d->seq);
	rlp_put_raw(&w, span_of(d->pairs, d->len));
	rlp_put_end(&w);
	return rlp_writer_end(&w);
}

enum err enr_sign(struct enr *out, const struct enr_draft *d,
		  const struct ecc_keypair *key)
{
	struct enr_draft all = *d;
	struct buf content, record;
	struct ecc_sig sig;
	uint8_t hash[32];
	enum err rc;

	buf_init(&content, 2 * ENR_MAX);
	buf_init(&record, ENR_MAX);
	rc = complete(&all, &key->pub);
	if (!rc)
		rc = put_record(&content, &all, NULL);
	if (!rc) {
		keccak256(hash, content.data, content.len);
		ecc_sign(&sig, &key->key, hash);
		rc = put_record(&record, &all, &sig);
	}
	if (!rc)
		rc = enr_decode(out, span_of(record.data, record.len), NULL);
	if (!rc) {
		out->pub = key->pub;
		out->id = node_id_of(&key->pub);
	}
	buf_clear(&content);
	buf_clear(&record);
	return rc;
}
