/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LINE_ROOM = 1024
};

/* In the child. Only what may be called after fork. */
static void become(int out, pid_t parent, const char *const *argv)
{
	static const char self[] = "/proc/self/exe";

	/* Not left behind when we are killed, be it right now. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent ||
	    dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execv(self, (char *const *)argv);
	_exit(127);
}

static enum err start(struct child *c, int *from, const char *const *argv,
		      struct why *why)
{
	pid_t us = getpid();
	int ends[2];

	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC))
		return err_errno(why, ERR_SYSTEM, errno, "no pipe");
	c->pid = fork();
	if (!c->pid)
		become(ends[1], us, argv);
	close(ends[1]);
	*from = ends[0];
	if (c->pid > 0)
		return ERR_NONE;
	c->pid = 0;
	close(ends[0]);
	return err_errno(why, ERR_SYSTEM, errno, "no process");
}

static enum err read_enode(struct enode *out, int from, struct why *why)
{
	char line[LINE_ROOM] = "";
	FILE *file = fdopen(from, "r");
	char *url;

	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	else
		close(from);
	url = strstr(line, "enode://");
	if (!url)
		return err_fail(why, ERR_CLOSED, "the other end did not start");
	url[strcspn(url, "\"\n ")] = '\0';
	return enode_parse(out, url, why);
}

enum err child_start(struct child *out, const char *const *argv,
		     struct why *why)
{
	struct why ignored;
	enum err rc;
	int from = -1;

	*out = (struct child){ 0 };
	rc = start(out, &from, argv, why);
	if (rc)
		return rc;
	rc = read_enode(&out->node, from, why);
	if (rc)
		(void)!child_stop(out, &ignored);
	return rc;
}

enum err child_stop(struct child *c, struct why *why)
{
	int status = 0;

	if (!c->pid)
		return ERR_NONE;
	kill(c->pid, SIGTERM);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return ERR_NONE;
	return err_fail(why, ERR_CLOSED, "the other end did not end well");
}
