/* SPDX-License-Identifier: Apache-2.0 */
/* A peer's Hello: whatever is accepted can be walked, lies within its own
 * bytes, and is matched without harm. */

#include "p2p/rlpx/hello.h"
#include "test/fuzz/fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_lie_in(const struct hello *h, struct span part)
{
	if (part.len)
		must(part.data >= h->payload &&
		     part.data + part.len <= h->payload + h->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct capability local[] = {
		{ .name = "bar", .version = 2, .codes = 5 },
		{ .name = "eth", .version = 61, .codes = 17 },
		{ .name = "foo", .version = 1, .codes = 3 },
		{ .name = "foo", .version = 2, .codes = 4 },
	};
	struct capability_claim claims[CAPABILITIES_PEER_MAX];
	struct capability_match out[ARRAY_LEN(local)];
	uint32_t next = CAPABILITY_BASE_CODES;
	struct hello h;
	size_t n;

	if (hello_read(&h, span_of(data, size)))
		return 0;
	must(size <= HELLO_MAX && h.len == size);
	must_lie_in(&h, hello_name(&h));
	must_lie_in(&h, hello_tail(&h));
	must(h.caps_count <= CAPABILITIES_PEER_MAX);
	must(hello_claims(&h, claims) == h.caps_count);
	for (size_t i = 0; i < h.caps_count; i++)
		must_lie_in(&h, claims[i].name);

	n = capability_match(out, local, ARRAY_LEN(local), claims,
			     h.caps_count);
	must(n <= 3); /* of four, two of one name */
	for (size_t i = 0; i < n; i++) {
		must(out[i].offset == next);
		next += local[out[i].index].codes;
	}
	return 0;
}
