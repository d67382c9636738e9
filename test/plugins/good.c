/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin as it should be: one protocol that answers with what it got. What
 * defines change is for tests of loading several. */
#include <weft/plugin.h>

#ifndef NAME
#define NAME "good"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef PROTOCOL
#define PROTOCOL "echo"
#endif
#ifndef PROTOCOL_VERSION
#define PROTOCOL_VERSION 1
#endif
#ifndef CODES
#define CODES 1
#endif

static int echo_run(struct weft_peer *peer, struct weft_channel *ch,
		    void *state)
{
	struct weft_msg msg;
	int rc;

	(void)peer;
	(void)state;
	while ((rc = weft_read(ch, &msg)) == 0) {
		rc = weft_write(ch, msg.code, msg.payload, msg.size);
		if (rc)
			break;
	}
	return rc;
}

static int echo_start(struct weft_host *host, void **state)
{
	char name[64];
	struct weft_protocol echo = {
		.size = sizeof(echo),
		.version = PROTOCOL_VERSION,
		.codes = CODES,
		.run = echo_run,
	};
	int rc = weft_option_text(host, "protocol", name, sizeof(name));

	(void)state;
	if (rc)
		return rc;
	echo.name = name;
	return weft_protocol_add(host, &echo, NULL);
}

static const struct weft_option protocol = {
	.size = sizeof(protocol),
	.name = "protocol",
	.type = WEFT_OPTION_TEXT,
	.fallback = PROTOCOL,
	.help = "the name to offer",
};
static const struct weft_option *const options[] = { &protocol, NULL };

WEFT_PLUGIN(.name = NAME, .version = VERSION, .summary = "echoes",
	    .options = options, .start = echo_start);
