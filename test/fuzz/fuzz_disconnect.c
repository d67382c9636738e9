/* SPDX-License-Identifier: Apache-2.0 */
/* A peer's Disconnect: any reason has a name and survives the way back. */

#include "p2p/rlpx/hello.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t reason = disconnect_read(span_of(data, size));
	uint8_t out[DISCONNECT_MAX];
	size_t n = disconnect_make(out, reason);

	if (n > sizeof(out) || disconnect_read(span_of(out, n)) != reason)
		abort();
	if (!disconnect_name(reason)[0])
		abort();
	if ((size == 0 || size > 100) && reason != DISC_INVALID)
		abort();
	return 0;
}
