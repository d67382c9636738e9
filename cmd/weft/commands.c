/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/commands.h"

#include <stdio.h>

#include "cmd/weft/values.h"

#if defined(__x86_64__)
#define MACHINE "amd64"
#elif defined(__aarch64__)
#define MACHINE "arm64"
#elif defined(__riscv)
#define MACHINE "riscv64"
#elif defined(__i386__)
#define MACHINE "386"
#else
#define MACHINE "unknown"
#endif

const char weft_name[] = "weft/v" WEFT_VERSION "/linux-" MACHINE;

static int run_weft(const struct command *c, int argc, char **argv)
{
	bool version = false;
	int at = options_read(c, &version, argc, argv);

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (!version)
		return options_which(c);
	printf("weft %s\n", WEFT_VERSION);
	return EXIT_OK;
}

static const struct option_row weft_options[] = {
	{ .name = "version", .help = "show the version", .read = value_flag },
	{ 0 },
};

static const struct command *const weft_commands[] = {
	&command_run,	&command_mesh,	     &command_ping,   &command_discover,
	&command_admin, &command_key,	     &command_bench,  &command_enode,
	&command_enr,	&command_new_plugin, &command_plugin, NULL,
};

const struct command command_weft = {
	.name = "weft",
	.operands = "COMMAND [options]",
	.summary = "a devp2p node",
	.examples =
		"  weft run --plugin foobar    start a node that talks foobar\n"
		"  weft ping enode://...       try to reach one\n",
	.options = weft_options,
	.run = run_weft,
	.below = weft_commands,
};
