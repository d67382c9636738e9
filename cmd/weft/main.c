/* SPDX-License-Identifier: Apache-2.0 */
/* weft - a devp2p node and its tools, as one command with subcommands. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "p2p/crypto/rng.h"

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
		return options_usage(c, "which command?");
	printf("weft %s\n", WEFT_VERSION);
	return EXIT_OK;
}

static const struct option_row weft_options[] = {
	{ .name = "version", .help = "show the version", .read = value_flag },
	{ 0 },
};

static const struct command *const weft_commands[] = {
	&command_run,	&command_ping,	     &command_admin,  &command_key,
	&command_enode, &command_new_plugin, &command_plugin, NULL,
};

static const struct command command_weft = {
	.name = "weft",
	.operands = "COMMAND [options]",
	.summary = "a devp2p node",
	.examples = "  weft run                 start a node\n"
		    "  weft ping enode://...    try to reach one\n",
	.options = weft_options,
	.run = run_weft,
	.below = weft_commands,
};

/* A descriptor 0, 1 or 2 that the caller closed would be given to a socket or
 * the key file, and what we print would go there. */
static void keep_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", O_RDWR) != fd)
			_exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	int status;

	keep_standard_descriptors();
	/* A reader that went away shows as an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	crypto_init(); /* even an enode URL holds a point of the curve */
	status = options_dispatch(&command_weft, argc, argv);
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		fprintf(stderr, "weft: cannot write to standard output\n");
		status = EXIT_FAILED;
	}
	return status;
}
