/* SPDX-License-Identifier: Apache-2.0 */
/* enode.h - who a node is and where: node ids and enode URLs (specs:
 * discovery.md, "enode URL"). Pure.
 *
 *     enode://<128 hex digits>[@<host>:<tcp port>[?discport=<udp port>]]
 *
 * The host is an IPv4 address, an IPv6 address in brackets, or a DNS name
 * (letters, digits, '-', '_' and '.', at most 253 bytes), which is kept as
 * text and looked up by whoever dials. A name whose last label is a number is
 * refused: it is an IPv4 address gone wrong. */
#ifndef P2P_ENODE_ENODE_H
#define P2P_ENODE_ENODE_H

#include "p2p/base/addr.h"
#include "p2p/crypto/ecc.h"

enum {
	NODE_ID_LEN = 32,
	NODE_ID_HEX = 2 * NODE_ID_LEN + 1, /* text with terminator */
	NODE_ID_SHORT = 17,		   /* first 8 bytes as text */
	ENODE_HOST_MAX = 254,		   /* with terminator */
	ENODE_URL_MAX = 512,		   /* with terminator */
};

/* keccak256 of the 64-byte public key. */
struct node_id {
	uint8_t b[NODE_ID_LEN];
};

struct enode {
	struct ecc_pub pub;
	struct node_id id;
	struct ip ip;		   /* IP_NONE when host is a name or missing */
	char host[ENODE_HOST_MAX]; /* a DNS name, or "" */
	uint16_t tcp;		   /* 0: none given */
	uint16_t udp;		   /* the tcp port unless discport was given;
				      0: takes no part in discovery */
};

struct node_id node_id_of(const struct ecc_pub *pub);
bool node_id_equal(const struct node_id *a, const struct node_id *b);

/* Hex text into a caller's array; returns it. */
const char *node_id_text(char out[NODE_ID_HEX], const struct node_id *id);
const char *node_id_short(char out[NODE_ID_SHORT], const struct node_id *id);

/* node_id_parse - 64 hex digits in either case, and nothing else; else false.
 */
bool node_id_parse(struct node_id *out, const char *text);

/* enode_parse - *out is set on success only. ERR_FORMAT, with why naming the
 * part that is wrong ("public key: 126 hex digits where 128 are needed"),
 * or ERR_LIMIT for a text of ENODE_URL_MAX bytes and more.
 *
 * Hex and scheme in either case, and the bare 128 digits without a scheme;
 * ports from 0 to 65535, an empty discport as if it were not there. A path, a
 * fragment and other query parameters behind the port are ignored. The key
 * must be a point on the curve. */
MUST_USE enum err enode_parse(struct enode *out, const char *url,
			      struct why *why);

/* enode_url - the canonical text: lower-case hex; the name, where there is one,
 * rather than the address; "?discport=" only where it differs from the tcp
 * port; a node without ip and host is "enode://<hex>". Returns out. */
const char *enode_url(char out[ENODE_URL_MAX], const struct enode *node);

/* enode_make - fill in from parts; the id is computed, and the udp port is the
 * tcp port. */
void enode_make(struct enode *out, const struct ecc_pub *pub,
		const struct addr *tcp);

#endif
