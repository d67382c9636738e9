/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sealed_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/parse.h"
#include "p2p/crypto/base64.h"

#define KIND "weft-sealed-key"

enum {
	WORDS = 8,
};

bool sealed_key_is(struct span text)
{
	return text.len >= strlen(KIND) &&
	       !memcmp(text.data, KIND, strlen(KIND));
}

static enum err take_number(uint32_t *out, const char *word, const char *what,
			    struct why *why)
{
	uint64_t n;
	enum err rc = parse_count(&n, word, 1, UINT32_MAX, why);

	if (rc)
		return err_wrap(why, ERR_FORMAT, "%s", what);
	*out = (uint32_t)n;
	return ERR_NONE;
}

static enum err take_bytes(uint8_t *out, size_t size, const char *word,
			   const char *what, struct why *why)
{
	size_t len;

	if (base64url_parse(out, size, &len, span_text(word)) || len != size)
		return err_fail(why, ERR_FORMAT, "%s: not %zu bytes of base64",
				what, size);
	return ERR_NONE;
}

static enum err take_words(struct seal *out, char *const *words,
			   struct why *why)
{
	enum err rc;

	rc = take_number(&out->cost.passes, words[3], "passes", why);
	if (!rc)
		rc = take_number(&out->cost.memory_kib, words[4], "memory",
				 why);
	if (!rc)
		rc = take_bytes(out->salt, sizeof(out->salt), words[5], "salt",
				why);
	if (!rc)
		rc = take_bytes(out->nonce, sizeof(out->nonce), words[6],
				"nonce", why);
	if (!rc)
		rc = take_bytes(out->box, sizeof(out->box), words[7], "box",
				why);
	return rc;
}

enum err sealed_key_parse(struct seal *out, struct span text, struct why *why)
{
	char line[SEALED_KEY_MAX], *words[WORDS], *rest = line;
	size_t count = 0;

	if (text.len && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len >= sizeof(line) || memchr(text.data, '\0', text.len))
		return err_fail(why, ERR_FORMAT,
				"a sealed key is one line of less than %d "
				"characters",
				SEALED_KEY_MAX);
	memcpy(line, text.data, text.len);
	line[text.len] = '\0';
	while (rest && count < WORDS)
		words[count++] = strsep(&rest, " ");
	if (strcmp(words[0], KIND) || count < 2)
		return err_fail(why, ERR_FORMAT, "not a sealed key");
	if (strcmp(words[1], "1") ||
	    (count > 2 && strcmp(words[2], "argon2id")))
		return err_fail(why, ERR_UNSUPPORTED,
				"sealed in a way that this version of weft "
				"does not know");
	if (count < WORDS || rest)
		return err_fail(why, ERR_FORMAT,
				"a sealed key has %d words between single "
				"blanks",
				WORDS);
	return take_words(out, words, why);
}

size_t sealed_key_text(char out[SEALED_KEY_MAX], const struct seal *seal)
{
	char salt[BASE64URL_LEN(SEAL_SALT) + 1];
	char nonce[BASE64URL_LEN(SEAL_NONCE) + 1];
	char box[BASE64URL_LEN(SEAL_BOX) + 1];
	int n;

	base64url_text(salt, span_of(seal->salt, sizeof(seal->salt)));
	base64url_text(nonce, span_of(seal->nonce, sizeof(seal->nonce)));
	base64url_text(box, span_of(seal->box, sizeof(seal->box)));
	n = snprintf(out, SEALED_KEY_MAX, KIND " 1 argon2id %u %u %s %s %s\n",
		     seal->cost.passes, seal->cost.memory_kib, salt, nonce,
		     box);
	if (n >= SEALED_KEY_MAX)
		abort();
	return (size_t)n;
}
