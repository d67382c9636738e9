/* SPDX-License-Identifier: Apache-2.0 */
/* Cannot start, after it has offered something. */
#include <weft/plugin.h>

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	(void)peer;
	(void)ch;
	(void)state;
	return WEFT_OK;
}

static int start(struct weft_host *host, void **state)
{
	static const struct weft_protocol protocol = {
		.size = sizeof(protocol),
		.name = "failing",
		.version = 1,
		.codes = 1,
		.run = run,
	};

	(void)state;
	(void)weft_protocol_add(host, &protocol, NULL);
	return WEFT_EFAIL;
}

WEFT_PLUGIN(.name = "good", .version = "2.0.0", .start = start);
