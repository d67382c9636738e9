/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DEPTH = 16 /* descriptors that the removal may use */
};

/* --- the process that waits --------------------------------------------------
 */

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* The folder is made here, so that there is no moment when it has nobody who
 * would remove it. Its path is what we are told; "" for an error. */
static void make_folder(char folder[PATH_MAX])
{
	const char *where = getenv("TMPDIR");

	if (!where || where[0] != '/')
		where = "/tmp";
	if (snprintf(folder, PATH_MAX, "%s/weft-mesh-XXXXXX", where) >=
		    PATH_MAX ||
	    !mkdtemp(folder))
		folder[0] = '\0';
}

/* Nothing of what the others have may be held open here: a pipe that somebody
 * reads to its end, a terminal. */
static void leave_the_others(int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	(void)!chdir("/");
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0U, 0);
	prctl(PR_SET_NAME, "weft-mesh-end");
}

static _Noreturn void be_there(int fd)
{
	char folder[PATH_MAX] = "";
	char byte;
	ssize_t n;

	leave_the_others(fd);
	make_folder(folder);
	if (write(fd, folder, sizeof(folder)) != sizeof(folder)) {
		/* Nobody is there any more. */
	}
	do
		n = read(fd, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (folder[0] && nftw(folder, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS))
		_exit(1);
	_exit(0);
}

/* --- the others --------------------------------------------------------------
 */

static enum err read_folder(struct lifeline *l, struct why *why)
{
	size_t have = 0;

	while (have < sizeof(l->folder)) {
		ssize_t n =
			read(l->fd, l->folder + have, sizeof(l->folder) - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	if (have == sizeof(l->folder) && l->folder[0])
		return ERR_NONE;
	return err_fail(why, ERR_SYSTEM,
			"no temporary folder can be made in $TMPDIR or /tmp");
}

enum err lifeline_open(struct lifeline *out, struct why *why)
{
	struct why unused = WHY_NONE;
	int ends[2];
	enum err rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return err_errno(why, ERR_SYSTEM, errno, "socketpair");
	out->pid = fork();
	if (out->pid == 0)
		be_there(ends[1]);
	close(ends[1]);
	out->fd = ends[0];
	if (out->pid < 0) {
		close(ends[0]);
		return err_errno(why, ERR_SYSTEM, errno, "fork");
	}
	rc = read_folder(out, why);
	if (rc)
		(void)!lifeline_close(out, &unused);
	return rc;
}

enum err lifeline_close(struct lifeline *l, struct why *why)
{
	int status = 1;
	pid_t pid;

	close(l->fd);
	do
		pid = waitpid(l->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid == l->pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return ERR_NONE;
	/* It was killed, or could not: then it is ours to do. */
	if (!l->folder[0] ||
	    !nftw(l->folder, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS) ||
	    errno == ENOENT)
		return ERR_NONE;
	return err_errno(why, ERR_SYSTEM, errno, "cannot remove %s", l->folder);
}
