/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/entry.h"

#include <stdio.h>

#include "p2p/crypto/keccak.h"
#include "p2p/dnsdisc/base32.h"

static const char branch_prefix[] = "enrtree-branch:";
static const char link_prefix[] = "enrtree://";
static const char leaf_prefix[] = "enr:";

_Static_assert(DNS_HASH_TEXT == BASE32_LEN(DNS_HASH_MAX) + 1, "text of a hash");
_Static_assert(DNS_LINK_TEXT >= sizeof(link_prefix) + 1 + DNS_DOMAIN_MAX +
					BASE32_LEN(ECC_COMPRESSED),
	       "text of a link");

static bool skip(struct span *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (text->len < n || memcmp(text->data, prefix, n))
		return false;
	*text = span_of(text->data + n, text->len - n);
	return true;
}

/* --- hashes --------------------------------------------------------------- */

struct dns_hash dns_hash_of(struct span text)
{
	struct dns_hash hash = { .len = DNS_HASH_OURS };
	uint8_t digest[32];

	keccak256(digest, text.data, text.len);
	memcpy(hash.b, digest, hash.len);
	return hash;
}

bool dns_hash_matches(const struct dns_hash *hash, struct span text)
{
	uint8_t digest[32];

	keccak256(digest, text.data, text.len);
	return hash->len >= DNS_HASH_MIN && !memcmp(digest, hash->b, hash->len);
}

const char *dns_hash_text(char out[DNS_HASH_TEXT], const struct dns_hash *hash)
{
	return base32_text(out, span_of(hash->b, hash->len));
}

enum err dns_hash_parse(struct dns_hash *out, struct span text)
{
	struct dns_hash hash = { 0 };
	size_t len;

	if (base32_parse(hash.b, sizeof(hash.b), &len, text) ||
	    len < DNS_HASH_MIN)
		return ERR_FORMAT;
	hash.len = (uint8_t)len;
	*out = hash;
	return ERR_NONE;
}

/* --- links ---------------------------------------------------------------- */

static enum err key_parse(struct ecc_pub *out, struct span text,
			  struct why *why)
{
	uint8_t key[ECC_COMPRESSED];
	size_t len;

	if (base32_parse(key, sizeof(key), &len, text) || len != sizeof(key) ||
	    ecc_pub_expand(out, key))
		return err_fail(why, ERR_FORMAT, "no valid public key");
	return ERR_NONE;
}

static enum err domain_parse(char out[DNS_DOMAIN_MAX], struct span text,
			     struct why *why)
{
	if (!text.len || text.len >= DNS_DOMAIN_MAX)
		return err_fail(why, ERR_FORMAT,
				"domain of %zu bytes, not of 1 to %d", text.len,
				DNS_DOMAIN_MAX - 1);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return err_fail(why, ERR_FORMAT,
					"domain: a blank, control or non-ASCII "
					"byte");
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return ERR_NONE;
}

enum err dns_link_parse(struct dns_link *out, struct span text, struct why *why)
{
	struct dns_link link;
	const uint8_t *at;
	size_t before;
	enum err rc;

	if (!skip(&text, link_prefix))
		return err_fail(why, ERR_FORMAT, "does not begin with \"%s\"",
				link_prefix);
	/* "The domain is taken literally after the first @." */
	at = text.len ? memchr(text.data, '@', text.len) : NULL;
	if (!at)
		return err_fail(why, ERR_FORMAT, "no '@' behind a public key");
	before = (size_t)(at - text.data);
	rc = key_parse(&link.pub, span_of(text.data, before), why);
	if (!rc)
		rc = domain_parse(link.domain,
				  span_of(at + 1, text.len - before - 1), why);
	if (!rc)
		*out = link;
	return rc;
}

const char *dns_link_text(char out[DNS_LINK_TEXT], const struct dns_link *link)
{
	char text[BASE32_LEN(ECC_COMPRESSED) + 1];
	uint8_t key[ECC_COMPRESSED];

	ecc_pub_compress(key, &link->pub);
	snprintf(out, DNS_LINK_TEXT, "%s%s@%s", link_prefix,
		 base32_text(text, span_of(key, sizeof(key))), link->domain);
	return out;
}

/* --- branches ------------------------------------------------------------- */

/* What stands before the next comma; `rest` is what is behind it. */
static struct span child_of(struct span *rest)
{
	const uint8_t *comma = memchr(rest->data, ',', rest->len);
	size_t n = comma ? (size_t)(comma - rest->data) : rest->len;
	struct span child = span_of(rest->data, n);

	n += comma != NULL;
	*rest = span_of(rest->data + n, rest->len - n);
	return child;
}

bool dns_branch_next(struct dns_hash *out, struct span *children)
{
	return children->len && !dns_hash_parse(out, child_of(children));
}

size_t dns_branch_count(struct span children)
{
	size_t count = children.len > 0;

	for (size_t i = 0; i < children.len; i++)
		count += children.data[i] == ',';
	return count;
}

static enum err branch_check(struct span children, struct why *why)
{
	struct dns_hash hash;
	size_t n = 0;

	if (children.len && children.data[children.len - 1] == ',')
		return err_fail(why, ERR_FORMAT, "nothing behind the last ','");
	while (children.len) {
		n++;
		if (dns_hash_parse(&hash, child_of(&children)))
			return err_fail(why, ERR_FORMAT,
					"child %zu: not a hash of %d to %d "
					"bytes",
					n, DNS_HASH_MIN, DNS_HASH_MAX);
	}
	return ERR_NONE;
}

/* --- entries -------------------------------------------------------------- */

static enum err leaf_parse(struct enr *out, struct span text, struct why *why)
{
	char whole[ENR_TEXT_MAX];
	struct enr record;
	enum err rc;

	if (text.len >= sizeof(whole))
		return err_fail(why, ERR_LIMIT, "over %d bytes", ENR_MAX);
	if (memchr(text.data, 0, text.len))
		return err_fail(why, ERR_FORMAT, "a NUL byte in the text");
	memcpy(whole, text.data, text.len);
	whole[text.len] = '\0';
	rc = enr_parse(&record, whole, why);
	if (!rc)
		rc = enr_verify(&record, why);
	if (!rc)
		*out = record;
	return rc;
}

static bool is_known(struct span text)
{
	return skip(&text, branch_prefix) || skip(&text, link_prefix) ||
	       skip(&text, leaf_prefix);
}

enum err dns_entry_parse(struct dns_entry *out, struct span text,
			 struct why *why)
{
	struct dns_entry e = { .kind = DNS_BRANCH };
	struct span rest = text;
	enum err rc;

	if (text.len > DNS_TEXT_MAX)
		return err_fail(why, ERR_LIMIT, "over %d bytes of text",
				DNS_TEXT_MAX);
	if (!is_known(text))
		return err_fail(why, ERR_UNSUPPORTED,
				"neither a branch, a record nor a link");
	if (skip(&rest, branch_prefix)) {
		e.children = rest;
		rc = branch_check(rest, why);
	} else if (skip(&rest, link_prefix)) {
		e.kind = DNS_LINK;
		rc = dns_link_parse(&e.link, text, why);
	} else {
		e.kind = DNS_LEAF;
		rc = leaf_parse(&e.record, text, why);
	}
	if (!rc)
		*out = e;
	return rc;
}

enum err dns_entry_find(struct dns_entry *out, const struct span *values,
			size_t count, const struct dns_hash *hash,
			struct why *why)
{
	char name[DNS_HASH_TEXT];
	size_t i = 0;
	enum err rc;

	while (i < count && !is_known(values[i]))
		i++;
	if (i == count)
		rc = err_fail(why, ERR_NOT_FOUND, "no entry there");
	else if (!dns_hash_matches(hash, values[i]))
		rc = err_fail(why, ERR_AUTH, "its text has another hash");
	else
		rc = dns_entry_parse(out, values[i], why);
	return rc ? err_wrap(why, rc, "%s", dns_hash_text(name, hash))
		  : ERR_NONE;
}
