/* SPDX-License-Identifier: Apache-2.0 */
/* api_candidate.c - nodes to dial that plugins tell of. */
#include "node/plugin/api.h"
#include "p2p/net/udp.h"

int api_candidate(struct weft_host *h, const char *node)
{
	struct reach reach = { 0 };
	struct enode e;
	struct enr r;

	if (!h || !node)
		return WEFT_EINVAL;
	net_udp_ways(&reach);
	if (enr_parse_node(&e, &r, node, &reach, NULL) ||
	    e.ip.family == IP_NONE || !e.tcp)
		return WEFT_EMSG;
	if (!h->node->candidate)
		return WEFT_OK;
	return api_result(
		h->node->candidate(h->node->ctx, h->plugin->name, &e, &r));
}
