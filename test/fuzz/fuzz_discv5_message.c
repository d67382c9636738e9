/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery v5: the plaintext of a message. What decodes encodes to something
 * that decodes and encodes to itself; but for the distances that are left out,
 * it is what came. */

#include "p2p/discover/v5_message.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct v5_message m, again;
	struct buf first, second;

	if (v5_message_decode(&m, in))
		return 0;
	MUST(m.id.len <= V5_REQUEST_ID_MAX);
	buf_init(&first, 2 * size + 64);
	buf_init(&second, 2 * size + 64);
	MUST(!v5_message_encode(&first, &m));
	MUST(!v5_message_decode(&again, span_of(first.data, first.len)));
	MUST(again.type == m.type);
	MUST(v5_request_id_equal(&again.id, &m.id));
	MUST(!v5_message_encode(&second, &again));
	MUST(span_equal(span_of(first.data, first.len),
			span_of(second.data, second.len)));
	if (m.type != V5_FINDNODE && m.type != V5_PONG)
		MUST(span_equal(span_of(first.data, first.len), in));
	buf_clear(&first);
	buf_clear(&second);
	return 0;
}
