/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/text.h"

#include <stdlib.h>

enum {
	REPLACEMENT_LEN = 3
};

/* How many bytes at the start of s are one well-formed character (The Unicode
 * Standard, table 3-7); 0 when none is. */
static size_t character(struct span s)
{
	uint8_t low = 0x80, high = 0xbf; /* bounds of the second byte */
	size_t len;

	if (s.data[0] < 0x80)
		return s.data[0] ? 1 : 0;
	if (s.data[0] >= 0xc2 && s.data[0] <= 0xdf)
		len = 2;
	else if ((s.data[0] & 0xf0) == 0xe0)
		len = 3;
	else if (s.data[0] >= 0xf0 && s.data[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s.data[0] == 0xe0)
		low = 0xa0;
	if (s.data[0] == 0xed)
		high = 0x9f;
	if (s.data[0] == 0xf0)
		low = 0x90;
	if (s.data[0] == 0xf4)
		high = 0x8f;
	if (s.len < len || s.data[1] < low || s.data[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s.data[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

json_t *json_text(struct span bytes)
{
	char *text = malloc(bytes.len * REPLACEMENT_LEN + 1);
	size_t used = 0;
	json_t *string;

	if (!text)
		abort();
	while (bytes.len) {
		size_t n = character(bytes);
		const void *from =
			n ? (const void *)bytes.data : "\xef\xbf\xbd";
		size_t len = n ? n : REPLACEMENT_LEN;

		memcpy(text + used, from, len);
		used += len;
		n = n ? n : 1;
		bytes = span_of(bytes.data + n, bytes.len - n);
	}
	string = json_stringn(text, used);
	free(text);
	if (!string)
		abort();
	return string;
}
