/* SPDX-License-Identifier: Apache-2.0 */
/* Tells its node of others: the one of its option, and those of the admin
 * method tells_of ["NODE"]. */
#include <stdio.h>
#include <string.h>
#include <weft/plugin.h>

static int tell(void *state, const char *params, size_t size,
		struct weft_text *result)
{
	char node[512];
	int rc;

	if (size < 4 || size - 4 >= sizeof(node))
		return WEFT_EINVAL;
	memcpy(node, params + 2, size - 4); /* without [" and "] */
	node[size - 4] = '\0';
	rc = weft_candidate(state, node);
	return rc ? rc : weft_text_add(result, "true", 4);
}

static int tells_start(struct weft_host *host, void **state)
{
	char node[512];
	int rc = weft_option_text(host, "node", node, sizeof(node));

	(void)state;
	if (!rc && node[0])
		rc = weft_candidate(host, node);
	return rc ? rc : weft_rpc_add(host, "tells_of", tell, host);
}

static const struct weft_option node_option = {
	.size = sizeof(node_option),
	.name = "node",
	.type = WEFT_OPTION_TEXT,
	.fallback = "",
	.help = "a node to dial",
};

static const struct weft_option *const options[] = { &node_option, NULL };

WEFT_PLUGIN(.name = "tells", .version = "1.0.0", .start = tells_start,
	    .options = options);
