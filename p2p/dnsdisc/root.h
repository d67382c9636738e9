/* SPDX-License-Identifier: Apache-2.0 */
/* root.h - the signed root of a DNS node list, which stands at its domain:
 *
 *     enrtree-root:v1 e=<hash> l=<hash> seq=<decimal> sig=<base64url of 65>
 *
 * The signature is of the text before " sig="; of its 65 bytes the last, for
 * recovery, must be there and is ignored, since the URL has the key. Pure. */
#ifndef P2P_DNSDISC_ROOT_H
#define P2P_DNSDISC_ROOT_H

#include "p2p/dnsdisc/entry.h"

enum {
	DNS_ROOT_TEXT = 256, /* with terminator */
};

struct dns_root {
	struct dns_hash records; /* e: the branch or leaf they are under */
	struct dns_hash links;	 /* l: likewise */
	uint64_t seq;
	struct ecc_sig sig;
	uint8_t digest[32]; /* what was signed */
};

/* dns_root_parse - well-formed, and no more. ERR_FORMAT, with why. */
MUST_USE enum err dns_root_parse(struct dns_root *out, struct span text,
				 struct why *why);

/* dns_root_verify - did the key's owner sign it? Costs 32 us. */
bool dns_root_verify(const struct dns_root *root, const struct ecc_pub *pub);

/* dns_root_find - the root among the TXT values of a list's domain: the first
 * that begins like one, and it must be good. ERR_NOT_FOUND: none does.
 * ERR_FORMAT, ERR_AUTH: it is not. */
MUST_USE enum err dns_root_find(struct dns_root *out, const struct span *values,
				size_t count, const struct ecc_pub *pub,
				struct why *why);

/* dns_root_sign - fill in sig and digest, of the rest, and give the text.
 * Deterministic. Returns out. */
const char *dns_root_sign(char out[DNS_ROOT_TEXT], struct dns_root *root,
			  const struct secret32 *key);

/* dns_root_text - the same of a root that has its sig. */
const char *dns_root_text(char out[DNS_ROOT_TEXT], struct dns_root *root);

#endif
