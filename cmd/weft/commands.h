/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the subcommands of weft, one file each. The manual pages and the
 * completions of shells are made of the same tables: see packaging/pages. */
#ifndef CMD_WEFT_COMMANDS_H
#define CMD_WEFT_COMMANDS_H

#include "cmd/weft/options.h"

/* weft itself, with all below it. */
extern const struct command command_weft;

extern const struct command command_run;
extern const struct command command_key;
extern const struct command command_enode;
extern const struct command command_enr;
extern const struct command command_ping;
extern const struct command command_discover;
extern const struct command command_mesh;
extern const struct command command_admin;
extern const struct command command_bench;
extern const struct command command_new_plugin;
extern const struct command command_plugin;

/* "weft/v0.1.0/linux-amd64": our name in Hello unless another is given. */
extern const char weft_name[];

#endif
