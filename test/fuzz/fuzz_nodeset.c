/* SPDX-License-Identifier: Apache-2.0 */
/* A file of nodes: what is read is written, and read as the same. */

#include "node/nodeset.h"
#include "p2p/crypto/rng.h"
#include "test/fuzz/fuzz.h"

static void write_set(struct buf *out, struct nodeset *set)
{
	buf_init(out, NODESET_TEXT_MAX);
	nodeset_write(out, set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_set_up;
	struct nodeset set = { 0 }, again = { 0 };
	struct why why = WHY_NONE;
	struct buf first, second;

	if (!is_set_up) {
		crypto_init();
		hashtable_init();
		is_set_up = true;
	}
	if (nodeset_read(&set, span_of(data, size), &why)) {
		MUST(why.text[0] && !nodeset_count(&set));
		return 0;
	}
	write_set(&first, &set);
	MUST(!nodeset_read(&again, span_of(first.data, first.len), &why));
	write_set(&second, &again);
	MUST(span_equal(span_of(first.data, first.len),
			span_of(second.data, second.len)));
	buf_clear(&first);
	buf_clear(&second);
	nodeset_clear(&set);
	nodeset_clear(&again);
	return 0;
}
