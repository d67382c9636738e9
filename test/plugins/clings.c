/* SPDX-License-Identifier: Apache-2.0 */
/* Has a fiber that does not take its end for an end. */
#include <weft/plugin.h>

static void cling(void *arg)
{
	struct weft_host *host = arg;
	int rc;

	do
		rc = weft_sleep_until(host, weft_now(host) + WEFT_SECONDS(60));
	while (rc <= 0); /* whatever it is */
}

static int start(struct weft_host *host, void **state)
{
	(void)state;
	return weft_after(host, weft_now(host), cling, host) ? WEFT_OK
							     : WEFT_ELIMIT;
}

WEFT_PLUGIN(.name = "clings", .version = "1.0.0", .start = start);
