/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/cmd_discover.h"

static const struct command *const below[] = {
	&command_discover_nodes,
	NULL,
};

const struct command command_discover = {
	.name = "weft discover",
	.operands = "COMMAND [options]",
	.summary = "look for nodes, and work with sets of them",
	.examples = "  weft discover nodes info nodes.json\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
