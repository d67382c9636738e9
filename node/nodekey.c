/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodekey.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "node/passphrase.h"
#include "node/sealed_key.h"
#include "node/secret_file.h"
#include "p2p/crypto/rng.h"

/* All ones when a < b, else zero; b below 2^31. The top bit of a - b says so,
 * unless a itself has it: a wrapped difference is large, never below. */
static uint32_t mask_below(uint32_t a, uint32_t b)
{
	return 0u - (((a - b) & ~a) >> 31);
}

/* The value of a hex digit; *bad becomes all ones for anything else. */
static uint32_t digit_value(uint8_t c, uint32_t *bad)
{
	uint32_t number = (uint32_t)c - '0';
	uint32_t letter = ((uint32_t)c | 0x20) - 'a';
	uint32_t is_number = mask_below(number, 10);
	uint32_t is_letter = mask_below(letter, 6);

	*bad |= ~(is_number | is_letter);
	return (number & is_number) | ((letter + 10) & is_letter);
}

/* '0' + v up to 9; from 10 on 39 more, which is where 'a' stands. */
static char digit_text(uint32_t v)
{
	return (char)('0' + v + (39 & ~mask_below(v, 10)));
}

enum err nodekey_parse(struct ecc_keypair *out, struct span text,
		       struct why *why)
{
	enum err rc = ERR_NONE;
	uint32_t bad = 0;

	memset(out, 0, sizeof(*out));
	if (text.len == NODEKEY_HEX + 1 && text.data[NODEKEY_HEX] == '\n')
		text.len--;
	if (text.len != NODEKEY_HEX)
		return err_fail(why, ERR_FORMAT,
				"not 64 hex digits (%zu bytes)", text.len);
	for (size_t i = 0; i < sizeof(out->key.b); i++) {
		uint32_t high = digit_value(text.data[2 * i], &bad);
		uint32_t low = digit_value(text.data[2 * i + 1], &bad);

		out->key.b[i] = (uint8_t)(high << 4 | low);
	}
	if (bad)
		rc = err_fail(why, ERR_FORMAT, "not 64 hex digits");
	else if (!ecc_key_valid(&out->key))
		rc = err_fail(why, ERR_FORMAT, "not a secp256k1 scalar");
	else
		ecc_pub_of(&out->pub, &out->key);
	if (rc)
		secret_wipe(out, sizeof(*out));
	return rc;
}

void nodekey_text(char out[NODEKEY_TEXT_MAX], const struct secret32 *key)
{
	for (size_t i = 0; i < sizeof(key->b); i++) {
		out[2 * i] = digit_text(key->b[i] >> 4);
		out[2 * i + 1] = digit_text(key->b[i] & 15);
	}
	out[NODEKEY_HEX] = '\0';
}

void nodekey_make(struct ecc_keypair *out)
{
	rng_key(&out->key);
	ecc_pub_of(&out->pub, &out->key);
}

/* --- sealed -----------------------------------------------------------------
 */

/* One code for all that may be wrong with it: ERR_NOT_FOUND of a passphrase
 * must not be taken for that of the key. */
static enum err take_passphrase(struct passphrase *out, const char *path,
				const struct nodekey_unlock *unlock,
				struct why *why)
{
	char prompt[PATH_MAX + 32];

	if (unlock->file)
		return passphrase_read(out, unlock->file, why) ? ERR_DENIED
							       : ERR_NONE;
	if (!unlock->ask)
		return err_fail(why, ERR_DENIED,
				"sealed, and no passphrase was given");
	snprintf(prompt, sizeof(prompt), "Passphrase of %s: ", path);
	return passphrase_ask(out, prompt, why) ? ERR_DENIED : ERR_NONE;
}

static enum err open_seal(struct secret32 *out, const struct seal *seal,
			  const struct passphrase *p, struct why *why)
{
	switch (seal_open(out, seal, passphrase_span(p))) {
	case ERR_NONE:
		return ERR_NONE;
	case ERR_AUTH:
		return err_fail(why, ERR_AUTH,
				"wrong passphrase, or the file was altered");
	case ERR_LIMIT:
		return err_fail(why, ERR_FORMAT,
				"asks for more than %d passes or %d GiB",
				SEAL_PASSES_MAX, SEAL_MEMORY_KIB_MAX >> 20);
	default:
		return err_fail(why, ERR_SYSTEM,
				"opening it takes %u MiB of memory, which "
				"there is not",
				seal->cost.memory_kib >> 10);
	}
}

static enum err unseal(struct ecc_keypair *out, struct span text,
		       const char *path, const struct nodekey_unlock *unlock,
		       struct why *why)
{
	struct passphrase p;
	struct seal seal;
	enum err rc;

	rc = sealed_key_parse(&seal, text, why);
	if (rc)
		return rc;
	rc = take_passphrase(&p, path, unlock, why);
	if (!rc)
		rc = open_seal(&out->key, &seal, &p, why);
	secret_wipe(&p, sizeof(p));
	if (!rc && !ecc_key_valid(&out->key))
		rc = err_fail(why, ERR_FORMAT, "not a secp256k1 scalar");
	if (!rc)
		ecc_pub_of(&out->pub, &out->key);
	return rc;
}

/* --- files ------------------------------------------------------------------
 */

enum err nodekey_load(struct ecc_keypair *out, const char *path,
		      const struct nodekey_unlock *unlock, struct why *why)
{
	char text[SEALED_KEY_MAX];
	size_t len = 0;
	enum err rc;

	memset(out, 0, sizeof(*out));
	rc = secret_file_load(text, sizeof(text), &len, path, why);
	if (rc == ERR_LIMIT)
		rc = err_fail(why, ERR_FORMAT,
			      "not 64 hex digits (the file is longer)");
	if (!rc && sealed_key_is(span_of(text, len)))
		rc = unseal(out, span_of(text, len), path, unlock, why);
	else if (!rc)
		rc = nodekey_parse(out, span_of(text, len), why);
	secret_wipe(text, sizeof(text));
	if (!rc)
		return ERR_NONE;
	secret_wipe(out, sizeof(*out));
	return err_wrap(why, rc, "node key %s", path);
}

static enum err save(const char *path, const char *text, size_t len,
		     struct why *why)
{
	enum err rc = secret_file_save(path, text, len, why);

	return rc ? err_wrap(why, rc, "node key %s", path) : ERR_NONE;
}

enum err nodekey_save(const char *path, const struct secret32 *key,
		      struct why *why)
{
	char text[NODEKEY_TEXT_MAX];
	enum err rc;

	nodekey_text(text, key);
	text[NODEKEY_HEX] = '\n';
	rc = save(path, text, sizeof(text), why);
	secret_wipe(text, sizeof(text));
	return rc;
}

enum err nodekey_save_sealed(const char *path, const struct secret32 *key,
			     struct span passphrase, struct why *why)
{
	char text[SEALED_KEY_MAX];
	struct seal seal;

	if (seal_make(&seal, key, passphrase, SEAL_COST))
		return err_fail(why, ERR_SYSTEM,
				"sealing takes %u MiB of memory, which there "
				"is not",
				SEAL_COST.memory_kib >> 10);
	return save(path, text, sealed_key_text(text, &seal), why);
}

enum err nodekey_ensure(struct ecc_keypair *out, enum nodekey_origin *origin,
			const char *path, const struct nodekey_unlock *unlock,
			struct why *why)
{
	enum err rc = nodekey_load(out, path, unlock, why);

	if (!rc)
		*origin = NODEKEY_LOADED;
	if (rc != ERR_NOT_FOUND)
		return rc;
	nodekey_make(out);
	rc = nodekey_save(path, &out->key, why);
	if (rc)
		secret_wipe(out, sizeof(*out));
	else
		*origin = NODEKEY_MADE;
	return rc;
}
