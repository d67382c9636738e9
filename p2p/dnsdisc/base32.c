/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/base32.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

char *base32_text(char *out, struct span data)
{
	unsigned held = 0; /* bits that wait in `bits` */
	uint32_t bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < data.len; i++) {
		bits = bits << 8 | data.data[i];
		for (held += 8; held >= 5; held -= 5)
			out[n++] = alphabet[bits >> (held - 5) & 31];
	}
	if (held)
		out[n++] = alphabet[bits << (5 - held) & 31];
	out[n] = '\0';
	return out;
}

static int value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

enum err base32_parse(uint8_t *out, size_t room, size_t *len, struct span text)
{
	unsigned held = 0;
	uint32_t bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = value_of(text.data[i]);

		if (value < 0)
			return ERR_FORMAT;
		bits = bits << 5 | (uint32_t)value;
		held += 5;
		if (held < 8)
			continue;
		held -= 8;
		if (n == room)
			return ERR_LIMIT;
		out[n++] = (uint8_t)(bits >> held);
	}
	if (held >= 5) /* a character that begins no byte */
		return ERR_FORMAT;
	*len = n;
	return ERR_NONE;
}
