/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_discover_dns.h - the commands below `weft discover dns`. */
#ifndef CMD_WEFT_CMD_DISCOVER_DNS_H
#define CMD_WEFT_CMD_DISCOVER_DNS_H

#include "cmd/weft/cmd_discover.h"

extern const struct command command_discover_dns_sync;
extern const struct command command_discover_dns_verify;
extern const struct command command_discover_dns_sign;
extern const struct command command_discover_dns_to_txt;
extern const struct command command_discover_dns_to_zone;

#endif
