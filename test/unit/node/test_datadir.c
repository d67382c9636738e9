/* SPDX-License-Identifier: Apache-2.0 */
#include "node/datadir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

Test(datadir, is_made_with_its_parents_for_us_alone)
{
	struct why why = WHY_NONE;
	char path[PATH_MAX], parent[PATH_MAX], file[PATH_MAX];
	struct scratch dir;
	struct datadir d;
	struct stat st;

	scratch_open(&dir);
	scratch_file(parent, &dir, "a");
	scratch_file(path, &dir, "a/b/");
	cr_assert_eq(datadir_open(&d, path, &why), ERR_NONE, "%s", why.text);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
	cr_assert_eq(stat(parent, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
	cr_assert_eq(datadir_file(file, &d, "lock", &why), ERR_NONE);
	cr_assert_eq(stat(file, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	datadir_close(&d);
	datadir_close(&d);
	scratch_close(&dir);
}

Test(datadir, belongs_to_one_at_a_time_and_names_the_holder)
{
	struct why why = WHY_NONE;
	char path[PATH_MAX];
	char want[PATH_MAX];
	struct datadir first, second;
	struct scratch dir;

	scratch_open(&dir);
	scratch_file(path, &dir, "d");
	cr_assert_eq(datadir_open(&first, path, &why), ERR_NONE);
	cr_assert_eq(datadir_open(&second, path, &why), ERR_BUSY);
	snprintf(want, sizeof(want),
		 "%.100s is in use by another weft (pid %ld); use --datadir",
		 path, (long)getpid());
	cr_assert_str_eq(why.text, want);
	datadir_close(&first);
	cr_assert_eq(datadir_open(&second, path, &why), ERR_NONE);
	datadir_close(&second);
	scratch_close(&dir);
}

Test(datadir, does_not_follow_a_link_in_place_of_its_lock)
{
	char path[PATH_MAX], file[PATH_MAX], victim[PATH_MAX];
	struct why why = WHY_NONE;
	struct scratch dir;
	struct datadir d;
	struct stat st;

	scratch_open(&dir);
	scratch_file(path, &dir, "d");
	scratch_file(file, &dir, "d/lock");
	scratch_file(victim, &dir, "victim");
	scratch_write(victim, "keep", 4, 0600);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(symlink(victim, file), 0);
	cr_assert_eq(datadir_open(&d, path, &why), ERR_SYSTEM);
	cr_assert_eq(stat(victim, &st), 0);
	cr_assert_eq(st.st_size, 4);
	scratch_close(&dir);
}

Test(datadir, refuses_what_others_may_write_to_and_what_is_no_folder)
{
	char path[PATH_MAX], file[PATH_MAX];
	struct why why = WHY_NONE;
	struct scratch dir;
	struct datadir d;

	scratch_open(&dir);
	scratch_file(path, &dir, "d");
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(chmod(path, 0770), 0);
	cr_assert_eq(datadir_open(&d, path, &why), ERR_DENIED);
	cr_assert(strstr(why.text, "(mode 0770); chmod 700"), "%s", why.text);
	cr_assert_eq(chmod(path, 0755), 0); /* others may look */
	cr_assert_eq(datadir_open(&d, path, &why), ERR_NONE);
	datadir_close(&d);
	scratch_file(file, &dir, "file");
	scratch_write(file, "", 0, 0600);
	cr_assert_eq(datadir_open(&d, file, &why), ERR_FORMAT);
	cr_assert_eq(datadir_open(&d, "", &why), ERR_SYSTEM);
	scratch_close(&dir);
}

Test(datadir, default_follows_the_xdg_rules)
{
	struct why why = WHY_NONE;
	char path[PATH_MAX];

	setenv("HOME", "/home/x", 1);
	setenv("XDG_DATA_HOME", "/data", 1);
	cr_assert_eq(datadir_default(path, &why), ERR_NONE);
	cr_assert_str_eq(path, "/data/weft");
	setenv("XDG_DATA_HOME", "relative", 1); /* to be ignored */
	cr_assert_eq(datadir_default(path, &why), ERR_NONE);
	cr_assert_str_eq(path, "/home/x/.local/share/weft");
	unsetenv("XDG_DATA_HOME");
	cr_assert_eq(datadir_default(path, &why), ERR_NONE);
	cr_assert_str_eq(path, "/home/x/.local/share/weft");
	unsetenv("HOME");
	cr_assert_eq(datadir_default(path, &why), ERR_NOT_FOUND);
	cr_assert(strstr(why.text, "use --datadir"));
}
