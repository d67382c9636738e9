/* SPDX-License-Identifier: Apache-2.0 */
#include "node/leave.h"

#include <sys/wait.h>
#include <unistd.h>

#include "test/support/unit.h"

static int status_of(pid_t child)
{
	int status;

	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

Test(leave, ends_a_process_that_is_held)
{
	pid_t child = fork();

	if (!child) {
		leave_within(10, 7);
		for (;;)
			pause();
	}
	cr_assert_eq(status_of(child), 7);
}

Test(leave, is_nothing_to_one_that_ends_by_itself)
{
	pid_t child = fork();

	if (!child) {
		leave_within(999, 7);
		_exit(3);
	}
	cr_assert_eq(status_of(child), 3);
}
