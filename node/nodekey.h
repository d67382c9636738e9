/* SPDX-License-Identifier: Apache-2.0 */
/* nodekey.h - the node's identity in a file: 64 hex digits of a secp256k1
 * private key and an optional newline, the form go-ethereum writes, or such a
 * key sealed with a passphrase (sealed_key.h).
 *
 * A file that others can read or write is refused, and no file is ever
 * overwritten. Keys are wiped wherever they were; the text is turned into
 * bytes and back without a table or a branch that depends on it.
 *
 * Thread: any, after crypto_init. Blocks on the file. */
#ifndef NODE_NODEKEY_H
#define NODE_NODEKEY_H

#include "p2p/base/span.h"
#include "p2p/crypto/ecc.h"

enum {
	NODEKEY_HEX = 64,
	NODEKEY_TEXT_MAX = NODEKEY_HEX + 1, /* with newline, or terminator */
};

/* nodekey_parse - the content of a key file. ERR_FORMAT, with *out all zero:
 * not 64 hex digits, or not a secp256k1 scalar. */
MUST_USE enum err nodekey_parse(struct ecc_keypair *out, struct span text,
				struct why *why);

/* nodekey_text - the 64 digits and a terminator; wipe them after use. */
void nodekey_text(char out[NODEKEY_TEXT_MAX], const struct secret32 *key);

/* nodekey_make - a new key, in memory only. */
void nodekey_make(struct ecc_keypair *out);

/* How a sealed key is opened. */
struct nodekey_unlock {
	const char *file; /* whose first line is the passphrase, "-" is standard
			   * input; NULL: none */
	bool ask;	  /* at the terminal, where there is no file */
};

/* nodekey_load - read a key file; *out is all zero on any error.
 *
 * ERR_NOT_FOUND    there is no such file
 * ERR_DENIED       group or world may read or write it, or it belongs to
 *                  neither us nor root; or it is sealed, and no passphrase is
 *                  to be had
 * ERR_AUTH         sealed with another passphrase, or altered since
 * ERR_FORMAT       no regular file, or as of nodekey_parse, sealed_key_parse
 * ERR_UNSUPPORTED  sealed in a later form
 * ERR_SYSTEM       it cannot be read, or there is too little memory to open
 *                  it */
MUST_USE enum err nodekey_load(struct ecc_keypair *out, const char *path,
			       const struct nodekey_unlock *unlock,
			       struct why *why);

/* nodekey_save - write a new file, mode 0600, and have the disk take it before
 * returning. ERR_EXISTS: there is one, and it is as it was. ERR_SYSTEM: it
 * cannot be made or written; nothing is left behind. */
MUST_USE enum err nodekey_save(const char *path, const struct secret32 *key,
			       struct why *why);

/* nodekey_save_sealed - likewise, to be opened with the passphrase. */
MUST_USE enum err nodekey_save_sealed(const char *path,
				      const struct secret32 *key,
				      struct span passphrase, struct why *why);

enum nodekey_origin {
	NODEKEY_LOADED,
	NODEKEY_MADE,
};

/* nodekey_ensure - load the file, or make a key and save it there. Errors of
 * both; *origin is set on success. */
MUST_USE enum err nodekey_ensure(struct ecc_keypair *out,
				 enum nodekey_origin *origin, const char *path,
				 const struct nodekey_unlock *unlock,
				 struct why *why);

#endif
