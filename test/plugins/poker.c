/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of unruly/1: says something to each peer, and goes on, when it
 * is told to, until nobody reads. What it hears it logs. */
#include <weft/plugin.h>

static int poker_run(struct weft_peer *peer, struct weft_channel *ch,
		     void *state)
{
	static const uint8_t some[16 * 1024];
	struct weft_host *host = state;
	struct weft_msg msg;
	int64_t floods = 0;
	int rc = weft_send(ch, 0, "[]");

	(void)peer;
	weft_option_int(host, "floods", &floods);
	while (!rc && floods)
		rc = weft_write(ch, 0, some, sizeof(some));
	if (!rc)
		rc = weft_read(ch, &msg);
	if (!rc)
		weft_log(host, WEFT_LOG_INFO, "answered", NULL);
	return rc ? rc : weft_sleep_until(host, WEFT_FOREVER);
}

static int poker_start(struct weft_host *host, void **state)
{
	static const struct weft_protocol protocol = {
		.size = sizeof(protocol),
		.name = "unruly",
		.version = 1,
		.codes = 1,
		.run = poker_run,
	};

	(void)state;
	return weft_protocol_add(host, &protocol, host);
}

static const struct weft_option floods = {
	.size = sizeof(floods),
	.name = "floods",
	.type = WEFT_OPTION_BOOL,
	.fallback = "false",
	.help = "say it again and again",
};
static const struct weft_option *const options[] = { &floods, NULL };

WEFT_PLUGIN(.name = "poker", .version = "1.0.0", .options = options,
	    .start = poker_start);
