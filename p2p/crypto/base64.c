/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/base64.h"

#include <sodium.h>

char *base64url_text(char *out, struct span data)
{
	return sodium_bin2base64(out, BASE64URL_LEN(data.len) + 1, data.data,
				 data.len,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The library's tables take some bytes beyond ASCII for letters. */
static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 0x80)
			return false;
	return true;
}

enum err base64url_parse(uint8_t *out, size_t room, size_t *len,
			 struct span text)
{
	if (text.len > BASE64URL_LEN(room))
		return ERR_LIMIT;
	if (!is_ascii(text))
		return ERR_FORMAT;
	return sodium_base642bin(out, room, (const char *)text.data, text.len,
				 NULL, len, NULL,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING)
		       ? ERR_FORMAT
		       : ERR_NONE;
}
