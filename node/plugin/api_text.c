/* SPDX-License-Identifier: Apache-2.0 */
/* api_text.c - texts that the host owns and a plugin appends to. */
#include <stdlib.h>

#include "node/plugin/api.h"

void text_init(struct weft_text *text, size_t most)
{
	buf_init(&text->buf, most);
	text->failed = false;
}

int api_text_add(struct weft_text *text, const char *bytes, size_t size)
{
	if (!text || (!bytes && size))
		return WEFT_EINVAL;
	/* Half a document is none: once cut, it stays so. */
	if (!text->failed && buf_append(&text->buf, bytes, size))
		text->failed = true;
	return text->failed ? WEFT_ELIMIT : WEFT_OK;
}

char *text_take(struct weft_text *text)
{
	char *out = NULL;

	if (!text->failed && text->buf.len) {
		out = malloc(text->buf.len + 1);
		if (!out)
			abort();
		memcpy(out, text->buf.data, text->buf.len);
		out[text->buf.len] = '\0';
	}
	buf_clear(&text->buf);
	return out;
}
