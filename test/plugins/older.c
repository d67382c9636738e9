/* SPDX-License-Identifier: Apache-2.0 */
/* Built with a header whose descriptor ended with `start`. What lies behind it
 * in memory must not be taken for members that came later. */
#include <weft/plugin.h>

#ifndef SIZE
#define SIZE offsetof(struct weft_plugin, stop)
#endif

struct older {
	uint32_t abi;
	uint32_t size;
	uint64_t abi_hash;
	const struct weft_api **api;
	const char *name;
	const char *version;
	const char *summary;
	const struct weft_option *const *options;
	int (*start)(struct weft_host *host, void **state);
};
_Static_assert(sizeof(struct older) == offsetof(struct weft_plugin, stop),
	       "the members of struct weft_plugin never move");

static int start(struct weft_host *host, void **state)
{
	(void)host;
	(void)state;
	return WEFT_OK;
}

WEFT_EXPORT extern const struct older weft_plugin;
const struct older weft_plugin = {
	.abi = WEFT_ABI,
	.size = SIZE,
	.abi_hash = WEFT_ABI_HASH,
	.api = &weft_api_table,
	.name = "older",
	.version = "0.9",
	.start = start,
};
