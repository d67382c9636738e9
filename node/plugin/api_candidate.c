/* SPDX-License-Identifier: Apache-2.0 */
/* api_candidate.c - nodes to dial that plugins tell of. */
#include "node/plugin/api.h"

int api_candidate(struct weft_host *h, const char *node)
{
	struct enode e;
	struct enr r;

	if (!h || !node)
		return WEFT_EINVAL;
	if (enr_parse_node(&e, &r, node, NULL) || e.ip.family == IP_NONE ||
	    !e.tcp)
		return WEFT_EMSG;
	if (!h->node->candidate)
		return WEFT_OK;
	return api_result(
		h->node->candidate(h->node->ctx, h->plugin->name, &e, &r));
}
