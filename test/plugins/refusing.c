/* SPDX-License-Identifier: Apache-2.0 */
/* Ends each session at once, as one that expected another node. */
#include <weft/plugin.h>

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	(void)peer;
	(void)ch;
	(void)state;
	return WEFT_DISC(0x0b);
}

static int start(struct weft_host *host, void **state)
{
	static const struct weft_protocol protocol = {
		.size = sizeof(protocol),
		.name = "refusing",
		.version = 1,
		.codes = 1,
		.run = run,
	};

	(void)state;
	return weft_protocol_add(host, &protocol, NULL);
}

WEFT_PLUGIN(.name = "refusing", .version = "1.0.0", .start = start);
