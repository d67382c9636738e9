/* SPDX-License-Identifier: Apache-2.0 */
/* STUN: a datagram from the server that was asked changes nothing unless it
 * answers the request, and then an address comes of it, or none, once. The
 * first byte says what becomes of the identifier: its own, or that of the
 * request. */
#include <string.h>

#include "p2p/nat/stun.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct secret32 seed = { { 3 } };
	static const struct mono now = { 1000000000 };
	static const struct addr server = { { IP_V4, { 192, 0, 2, 1 } }, 3478 };
	struct addr to;
	uint8_t request[STUN_REQUEST_LEN], bytes[1280];
	struct stun stun, before;
	struct stun_event ev;
	size_t len = size - 1, told = 0;
	bool taken;

	if (!size || len > sizeof(bytes))
		return 0;
	stun_init(&stun, &seed);
	stun_set_servers(&stun, &server, 1, now);
	stun_tick(&stun, now);
	MUST(stun_next_datagram(&stun, &to, request));
	memcpy(bytes, data + 1, len);
	if (data[0] & 1 && len >= STUN_REQUEST_LEN)
		memcpy(bytes + 4, request + 4, STUN_REQUEST_LEN - 4);
	memcpy(&before, &stun, sizeof(stun));
	taken = stun_feed(&stun, &server, bytes, len, now);
	if (!taken)
		MUST(!memcmp(&before, &stun, sizeof(stun)));
	while (stun_next_event(&stun, &ev)) {
		told++;
		if (ev.type == STUN_FOUND)
			MUST(ev.addr.ip.family != IP_NONE && ev.addr.port);
	}
	MUST(told == taken);
	MUST(!stun.asking == taken);
	return 0;
}
