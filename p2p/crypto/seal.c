/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/seal.h"

#include <sodium.h>
#include <string.h>

#include "p2p/crypto/rng.h"

_Static_assert((int)SEAL_SALT == (int)crypto_pwhash_argon2id_SALTBYTES, "");
_Static_assert((int)SEAL_NONCE == (int)crypto_secretbox_NONCEBYTES, "");
_Static_assert(SEAL_BOX == crypto_secretbox_MACBYTES + sizeof(struct secret32),
	       "");
_Static_assert(crypto_secretbox_KEYBYTES == sizeof(struct secret32), "");

static bool within_bounds(struct seal_cost cost)
{
	return cost.passes >= crypto_pwhash_argon2id_OPSLIMIT_MIN &&
	       cost.passes <= SEAL_PASSES_MAX &&
	       cost.memory_kib >= SEAL_MEMORY_KIB_MIN &&
	       cost.memory_kib <= SEAL_MEMORY_KIB_MAX;
}

/* Fails for want of memory only. */
static enum err key_of(struct secret32 *out, const struct seal *seal,
		       struct span passphrase)
{
	if (crypto_pwhash_argon2id(
		    out->b, sizeof(out->b), (const char *)passphrase.data,
		    passphrase.len, seal->salt, seal->cost.passes,
		    (size_t)seal->cost.memory_kib << 10,
		    crypto_pwhash_argon2id_ALG_ARGON2ID13))
		return ERR_SYSTEM;
	return ERR_NONE;
}

enum err seal_make(struct seal *out, const struct secret32 *secret,
		   struct span passphrase, struct seal_cost cost)
{
	struct secret32 key;
	enum err rc;

	if (!within_bounds(cost))
		return ERR_LIMIT;
	out->cost = cost;
	rng_bytes(out->salt, sizeof(out->salt));
	rng_bytes(out->nonce, sizeof(out->nonce));
	rc = key_of(&key, out, passphrase);
	if (!rc)
		crypto_secretbox_easy(out->box, secret->b, sizeof(secret->b),
				      out->nonce, key.b);
	secret_wipe(&key, sizeof(key));
	return rc;
}

enum err seal_open(struct secret32 *out, const struct seal *seal,
		   struct span passphrase)
{
	struct secret32 key;
	enum err rc;

	memset(out, 0, sizeof(*out));
	if (!within_bounds(seal->cost))
		return ERR_LIMIT;
	rc = key_of(&key, seal, passphrase);
	if (!rc &&
	    crypto_secretbox_open_easy(out->b, seal->box, sizeof(seal->box),
				       seal->nonce, key.b))
		rc = ERR_AUTH;
	secret_wipe(&key, sizeof(key));
	return rc;
}
