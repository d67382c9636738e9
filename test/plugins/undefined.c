/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a function that nobody has. */
#include <weft/plugin.h>

int nowhere_to_be_found(void);

static int start(struct weft_host *host, void **state)
{
	(void)host;
	(void)state;
	return nowhere_to_be_found();
}

WEFT_PLUGIN(.name = "undefined", .version = "1", .start = start);
