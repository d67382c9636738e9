/* SPDX-License-Identifier: Apache-2.0 */
/* weft - a devp2p node and its tools, as one command with subcommands. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "p2p/crypto/ecc.h"
#include "p2p/crypto/rng.h"

/* A descriptor 0, 1 or 2 that the caller closed would be given to a socket or
 * the key file, and what we print would go there. */
static void keep_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", O_RDWR) != fd)
			_exit(EXIT_FAILED);
}

/* libuv's four threads also do what plugins ask of weft_work: with more of
 * them, one plugin's long work holds up nobody else's names and files. libuv
 * reads this when the first thread is needed. */
static void have_enough_threads(void)
{
	setenv("UV_THREADPOOL_SIZE", "8", 0);
}

/* Messages and what compresses them come and go by the thousand. What is freed
 * at the end of the heap would be given back to the system each time, and come
 * again page by page; so a few MiB of it stay. */
static void keep_freed_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
}

/* A node record without "enr:" begins with '-', as an option does: of more than
 * 55 bytes it is "-A" to "-Q". Give it that prefix, until the process ends. */
static void prefix_records(int argc, char **argv)
{
	static const char base64url[] = "abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789-_";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *whole;

		if (argv[i][0] != '-' || argv[i][1] < 'A' || argv[i][1] > 'Q' ||
		    strspn(argv[i], base64url) < 2 * ECC_RS ||
		    argv[i][strspn(argv[i], base64url)])
			continue;
		if (asprintf(&whole, "enr:%s", argv[i]) < 0)
			abort();
		argv[i] = whole;
	}
}

int main(int argc, char **argv)
{
	int status;

	keep_standard_descriptors();
	have_enough_threads();
	keep_freed_memory();
	/* A reader that went away shows as an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	crypto_init(); /* even an enode URL holds a point of the curve */
	prefix_records(argc, argv);
	status = options_dispatch(&command_weft, argc, argv);
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		fprintf(stderr, "weft: cannot write to standard output\n");
		status = EXIT_FAILED;
	}
	return status;
}
