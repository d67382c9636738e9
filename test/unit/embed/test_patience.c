/* SPDX-License-Identifier: Apache-2.0 */
/* test_patience.c - a fiber that does not end when all is closed cannot keep
 * the program from closing the server. */
#include <string.h>

#include "node/embed/embed.h"
#include "test/support/unit.h"

static char lines[4096];

static void keep_line(void *ctx, int level, const char *line)
{
	size_t n = strlen(lines);

	(void)ctx;
	(void)level;
	snprintf(lines + n, sizeof(lines) - n, "%s\n", line);
}

/* A thousand calls that find it closed, and it is parked. */
static int never_end(void *host)
{
	for (;;)
		(void)weft_sleep_until(host, weft_now(host) + WEFT_MS(1));
	return 0;
}

Test(embed_patience, what_does_not_end_is_named_and_left_behind)
{
	const struct weft_server_config config = {
		.size = sizeof(config),
		.log = keep_line,
	};
	struct weft_server *s;

	embed_stop_ms = 50;
	cr_assert_eq(weft_server_open(&s, &config, NULL), 0);
	cr_assert_eq(
		weft_go(weft_server_host(s), never_end, weft_server_host(s)),
		0);
	cr_assert_eq(weft_server_start(s, NULL), 0);
	weft_server_close(s);
	cr_assert_not_null(strstr(lines, "left behind"), "%s", lines);
	cr_assert_not_null(strstr(lines, "weft_sleep_until"), "%s", lines);
}
