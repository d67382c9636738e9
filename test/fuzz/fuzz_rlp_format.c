/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking by format. The first byte selects one, the rest is the input; what
 * is unpacked packs to the same bytes again. */

#include "p2p/rlp/rlp_format.h"
#include "test/fuzz/fuzz.h"

static const char *const formats[] = {
	/* canonical: one encoding for each tuple of values */
	"u",
	"s",
	"d",
	"?",
	"r",
	"[]",
	"[us]",
	"[us[dd]]",
	"[u[u[u[u]]]?]",
	"[[[]][]r]",
	"[dudu]",
	"[sss?]r",
	" [ u\tr ] ",
	"[uuuuuuuuuuuuuuuu]",
	"",
	/* with a tail that is lost */
	"[*]",
	"[us*]",
	"[u[s*]r*]",
	/* malformed */
	"[",
	"]",
	"[u",
	"*",
	"[*u]",
	"[x]",
	"u*",
	"[%n]",
};

static void unpack(struct span in, const char *format)
{
	struct rlp_item items[RLP_FORMAT_ITEMS_MAX];
	struct rlp_texts texts = { 0 };
	struct why why = WHY_NONE;
	size_t count = SIZE_MAX;
	struct buf out;
	enum err rc;

	rc = rlp_unpack_items(in, &texts, &why, format, items, ARRAY_LEN(items),
			      &count);
	if (rc) {
		MUST(why.text[0] && !texts.first && count == SIZE_MAX);
		return;
	}
	MUST(!why.text[0]);
	buf_init(&out, in.len);
	rc = rlp_pack_items(&out, &why, format, items, count);
	if (strchr(format, '*'))
		MUST(rc == ERR_UNSUPPORTED && out.len == 0);
	else
		MUST(!rc && span_equal(span_of(out.data, out.len), in));
	buf_clear(&out);
	rlp_texts_clear(&texts);
}

/* The variadic twin of "[us[dd]]", with every output and with none. */
static void unpack_variadic(struct span in)
{
	struct rlp_texts texts = { 0 };
	const uint8_t *d1 = NULL;
	const uint8_t *d2 = NULL;
	char *text = NULL;
	uint64_t u = 0;
	size_t n1 = 0;
	size_t n2 = 0;
	struct buf out;
	enum err rc;

	rc = rlp_unpack(in, &texts, NULL, "[us[dd]]", &u, &text, &d1, &n1, &d2,
			&n2);
	MUST(rlp_unpack(in, &texts, NULL, "[us[dd]]", NULL, NULL, NULL, NULL,
			NULL, NULL) == rc);
	buf_init(&out, in.len);
	if (rc)
		MUST(!text && !d1 && !d2 && !texts.first);
	else
		MUST(!rlp_pack(&out, NULL, "[us[dd]]", u, text, d1, n1, d2,
			       n2) &&
		     span_equal(span_of(out.data, out.len), in));
	buf_clear(&out);
	rlp_texts_clear(&texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in;

	if (size == 0)
		return 0;
	in = span_of(data + 1, size - 1);
	unpack(in, formats[data[0] % ARRAY_LEN(formats)]);
	unpack_variadic(in);
	return 0;
}
