/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/root.h"

#include <inttypes.h>
#include <stdio.h>

#include "p2p/crypto/base64.h"
#include "p2p/crypto/keccak.h"

static const char prefix[] = "enrtree-root:v1";

static bool skip(struct span *text, const char *word)
{
	size_t n = strlen(word);

	if (text->len < n || memcmp(text->data, word, n))
		return false;
	*text = span_of(text->data + n, text->len - n);
	return true;
}

/* " name=value" off the front; false without one. */
static bool field(struct span *value, struct span *text, const char *name)
{
	const uint8_t *blank;

	if (!skip(text, name))
		return false;
	blank = text->len ? memchr(text->data, ' ', text->len) : NULL;
	*value = span_of(text->data,
			 blank ? (size_t)(blank - text->data) : text->len);
	*text = span_of(text->data + value->len, text->len - value->len);
	return true;
}

static bool decimal(uint64_t *out, struct span text)
{
	uint64_t v = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	*out = v;
	return text.len > 0;
}

enum err dns_root_parse(struct dns_root *out, struct span text, struct why *why)
{
	struct span rest = text, e, l, seq, sig;
	struct dns_root root;
	size_t len;

	if (!skip(&rest, prefix))
		return err_fail(why, ERR_FORMAT, "does not begin with \"%s\"",
				prefix);
	if (!field(&e, &rest, " e=") || !field(&l, &rest, " l=") ||
	    !field(&seq, &rest, " seq="))
		return err_fail(why, ERR_FORMAT,
				"root: not \"e=... l=... seq=... sig=...\"");
	len = (size_t)(rest.data - text.data);
	keccak256(root.digest, text.data, len);
	if (!field(&sig, &rest, " sig=") || rest.len)
		return err_fail(why, ERR_FORMAT,
				"root: not \"e=... l=... seq=... sig=...\"");
	if (dns_hash_parse(&root.records, e))
		return err_fail(why, ERR_FORMAT, "root: e is not a hash");
	if (dns_hash_parse(&root.links, l))
		return err_fail(why, ERR_FORMAT, "root: l is not a hash");
	if (!decimal(&root.seq, seq))
		return err_fail(why, ERR_FORMAT,
				"root: seq is not a number below 2^64");
	if (base64url_parse(root.sig.b, sizeof(root.sig.b), &len, sig) ||
	    len != sizeof(root.sig.b))
		return err_fail(why, ERR_FORMAT,
				"root: sig is not %zu bytes in base64url",
				sizeof(root.sig.b));
	*out = root;
	return ERR_NONE;
}

bool dns_root_verify(const struct dns_root *root, const struct ecc_pub *pub)
{
	return ecc_verify(root->sig.b, root->digest, pub);
}

enum err dns_root_find(struct dns_root *out, const struct span *values,
		       size_t count, const struct ecc_pub *pub, struct why *why)
{
	struct dns_root root;
	enum err rc;
	size_t i;

	for (i = 0; i < count; i++) {
		struct span text = values[i];

		if (skip(&text, prefix))
			break;
	}
	if (i == count)
		return err_fail(why, ERR_NOT_FOUND, "no root there");
	rc = dns_root_parse(&root, values[i], why);
	if (rc)
		return rc;
	if (!dns_root_verify(&root, pub))
		return err_fail(why, ERR_AUTH,
				"root: the signature does not match");
	*out = root;
	return ERR_NONE;
}

/* What is signed. Returns its length. */
static size_t content_text(char out[DNS_ROOT_TEXT], struct dns_root *root)
{
	char e[DNS_HASH_TEXT], l[DNS_HASH_TEXT];
	int n;

	n = snprintf(out, DNS_ROOT_TEXT, "%s e=%s l=%s seq=%" PRIu64, prefix,
		     dns_hash_text(e, &root->records),
		     dns_hash_text(l, &root->links), root->seq);
	keccak256(root->digest, out, (size_t)n);
	return (size_t)n;
}

const char *dns_root_text(char out[DNS_ROOT_TEXT], struct dns_root *root)
{
	char sig[BASE64URL_LEN(sizeof(root->sig.b)) + 1];
	size_t n = content_text(out, root);

	snprintf(
		out + n, DNS_ROOT_TEXT - n, " sig=%s",
		base64url_text(sig, span_of(root->sig.b, sizeof(root->sig.b))));
	return out;
}

const char *dns_root_sign(char out[DNS_ROOT_TEXT], struct dns_root *root,
			  const struct secret32 *key)
{
	content_text(out, root);
	ecc_sign(&root->sig, key, root->digest);
	return dns_root_text(out, root);
}
