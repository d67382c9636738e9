/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/cmd_discover.h"

static const struct command *const below[] = {
	&command_discover_ping,
	&command_discover_requestenr,
	&command_discover_resolve,
	&command_discover_lookup,
	&command_discover_crawl,
	&command_discover_listen,
	&command_discover_nodes,
	&command_discover_dns,
	NULL,
};

const struct command command_discover = {
	.name = "weft discover",
	.operands = "COMMAND [options]",
	.summary = "look for nodes, and work with sets of them",
	.examples = "  weft discover ping enr:-IS4QHCYrYZbAKWC...\n"
		    "  weft discover crawl nodes.json --bootnode enr:...\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
