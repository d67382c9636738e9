/* SPDX-License-Identifier: Apache-2.0 */
/* Built with a header whose descriptor ended with `start`. What lies behind it
 * in memory must not be taken for members that came later. */
#include <weft/plugin.h>

#ifndef SIZE
#define SIZE offsetof(struct weft_plugin, stop)
#endif
#ifdef MORE
#define PLACE __attribute__((used, section(".weft_test")))
#else
#define PLACE
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

#ifdef MORE
/* That many bytes are there, but they are not its own. Compilers differ in
 * whether what is defined first comes first. */
PLACE static const void *const before[MORE] = { &weft_api_table };
PLACE static const void *const behind[MORE];
#endif

WEFT_EXPORT extern const struct older weft_plugin;
PLACE const struct older weft_plugin = {
	.abi = WEFT_ABI,
	.size = SIZE,
	.abi_hash = WEFT_ABI_HASH,
	.api = &weft_api_table,
	.name = "older",
	.version = "0.9",
	.start = start,
};

#ifdef MORE
PLACE static const void *const behind[MORE] = { &weft_api_table };
#endif
