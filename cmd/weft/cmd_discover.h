/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_discover.h - the commands below `weft discover`. */
#ifndef CMD_WEFT_CMD_DISCOVER_H
#define CMD_WEFT_CMD_DISCOVER_H

#include "cmd/weft/commands.h"

extern const struct command command_discover_ping;
extern const struct command command_discover_requestenr;
extern const struct command command_discover_resolve;
extern const struct command command_discover_lookup;
extern const struct command command_discover_crawl;
extern const struct command command_discover_listen;
extern const struct command command_discover_nodes;
extern const struct command command_discover_dns;

#endif
