/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor written by hand, so that one of its members can be wrong; and a
 * constructor, which shows whether any of this was run. */
#include <stdlib.h>
#include <weft/plugin.h>

#ifndef ABI
#define ABI WEFT_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(struct weft_plugin)
#endif
#ifndef HASH
#define HASH WEFT_ABI_HASH
#endif
#ifndef NAME
#define NAME "descriptor"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef START
#define START start
#endif
#ifndef API
#define API &weft_api_table
#endif
#ifndef OPTIONS
#define OPTIONS NULL
#endif

__attribute__((constructor)) static void constructor(void)
{
	setenv("WEFT_TEST_CONSTRUCTOR", "ran", 1);
}

__attribute__((unused)) static int start(struct weft_host *host, void **state)
{
	(void)host;
	(void)state;
	return WEFT_OK;
}

static const struct weft_option bad_option = {
	.size = sizeof(bad_option),
	.name = "bad",
	.type = WEFT_OPTION_INT,
	.fallback = "five",
};
__attribute__((unused)) static const struct weft_option *const bad_options[] = {
	&bad_option, NULL
};

WEFT_EXPORT extern const struct weft_plugin weft_plugin;
const struct weft_plugin weft_plugin = {
	.abi = ABI,
	.size = SIZE,
	.abi_hash = HASH,
	.api = API,
	.name = NAME,
	.version = VERSION,
	.options = OPTIONS,
	.start = START,
};
