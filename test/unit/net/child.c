/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/net/child.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/support/instrumented.h"
#include "test/support/unit.h"

_Noreturn static void be_child(int err, void (*fn)(void *arg), void *arg)
{
	static const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	dup2(err, STDERR_FILENO);
	fn(arg);
	_exit(0);
}

static void read_all(char *out, size_t room, int fd)
{
	char rest[4096];
	size_t len = 0;
	ssize_t n;

	do {
		bool full = len + 1 == room;

		n = full ? read(fd, rest, sizeof(rest))
			 : read(fd, out + len, room - 1 - len);
		if (n > 0 && !full)
			len += (size_t)n;
	} while (n > 0);
	out[len] = '\0';
}

void child_run(struct child *c, void (*fn)(void *arg), void *arg)
{
	int ends[2], status;
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	cr_assert(pid >= 0);
	if (pid == 0)
		be_child(ends[1], fn, arg);
	close(ends[1]);
	read_all(c->err, sizeof(c->err), ends[0]);
	close(ends[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

bool child_crashed(const struct child *c, int signum)
{
#if defined(TEST_ASAN) || defined(TEST_TSAN)
	(void)signum;
	return c->signal == 0 && (c->exit_code == 1 || c->exit_code == 66) &&
	       strstr(c->err, "Sanitizer:DEADLYSIGNAL");
#else
	return c->signal == signum;
#endif
}
