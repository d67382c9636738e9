/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/support/unit.h"

static void fill(const char *folder)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/deep", folder);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%.4000s/deep/file", folder);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	snprintf(path, sizeof(path), "%.4000s/link", folder);
	cr_assert_eq(symlink("/tmp", path), 0);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

Test(lifeline, removes_its_folder_when_it_is_closed)
{
	struct stat st;
	struct lifeline l;

	cr_assert_eq(lifeline_open(&l, NULL), ERR_NONE);
	cr_assert_eq(stat(l.folder, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
	fill(l.folder);
	cr_assert_eq(lifeline_close(&l, NULL), ERR_NONE);
	cr_assert_not(is_there(l.folder));
	cr_assert(is_there("/tmp"));
}

Test(lifeline, waits_for_all_who_hold_it)
{
	struct lifeline l;
	int go[2], other;
	char byte;
	pid_t pid;

	cr_assert_eq(lifeline_open(&l, NULL), ERR_NONE);
	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) < 0)
			_exit(1);
		_exit(is_there(l.folder) ? 0 : 2);
	}
	/* Ours is gone first. */
	other = dup(l.fd);
	close(l.fd);
	l.fd = other;
	close(go[0]);
	cr_assert_eq(write(go[1], "", 1), 1);
	cr_assert_eq(lifeline_close(&l, NULL), ERR_NONE);
	cr_assert_eq(waitpid(pid, &other, 0), pid);
	cr_assert_eq(other, 0);
	cr_assert_not(is_there(l.folder));
}

Test(lifeline, removes_it_when_its_owner_is_killed)
{
	char folder[PATH_MAX];
	int tell[2];
	pid_t pid;

	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	cr_assert_eq(pipe(tell), 0);
	pid = fork();
	if (pid == 0) {
		struct lifeline l;

		if (lifeline_open(&l, NULL))
			_exit(1);
		fill(l.folder);
		if (write(tell[1], l.folder, sizeof(l.folder)) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	cr_assert_eq(read(tell[0], folder, sizeof(folder)), sizeof(folder));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	/* The process that waits is ours now. */
	cr_assert_gt(waitpid(-1, NULL, 0), 0);
	cr_assert_not(is_there(folder));
}

Test(lifeline, is_removed_by_its_owner_when_the_other_is_killed)
{
	struct lifeline l;

	cr_assert_eq(lifeline_open(&l, NULL), ERR_NONE);
	fill(l.folder);
	kill(l.pid, SIGKILL);
	cr_assert_eq(lifeline_close(&l, NULL), ERR_NONE);
	cr_assert_not(is_there(l.folder));
}

Test(lifeline, says_so_where_no_folder_can_be_made)
{
	struct why why = WHY_NONE;
	struct lifeline l;

	setenv("TMPDIR", "/proc/none", 1);
	cr_assert_eq(lifeline_open(&l, &why), ERR_SYSTEM);
	cr_assert_neq(why.text[0], '\0');
	cr_assert_eq(waitpid(-1, NULL, 0), -1);
	cr_assert_eq(errno, ECHILD);
}
