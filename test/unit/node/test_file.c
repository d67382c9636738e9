/* SPDX-License-Identifier: Apache-2.0 */
#include "node/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/unit.h"

static char folder[] = "/tmp/weft-save-XXXXXX";
static char path[64];

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/m.svg", folder);
}

static size_t files(void)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void tear_down(void)
{
	unlink(path);
	cr_assert_eq(rmdir(folder), 0, "something was left there");
}

static void expect_content(const char *expected)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	cr_assert_not_null(file);
	cr_assert_eq(fread(text, 1, sizeof(text) - 1, file), strlen(expected));
	cr_assert_str_eq(text, expected);
	fclose(file);
}

Test(file, writes_a_file_as_a_shell_would)
{
	struct stat st;

	set_up();
	umask(027);
	cr_assert_eq(file_check(path, NULL), ERR_NONE);
	cr_assert_eq(files(), 0);
	cr_assert_eq(file_save(path, span_text("one"), NULL), ERR_NONE);
	expect_content("one");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
	cr_assert_eq(files(), 1);
	tear_down();
}

Test(file, replaces_what_was_there)
{
	set_up();
	cr_assert_eq(file_save(path, span_text("a longer one"), NULL),
		     ERR_NONE);
	cr_assert_eq(file_save(path, span_text("two"), NULL), ERR_NONE);
	expect_content("two");
	cr_assert_eq(files(), 1);
	tear_down();
}

Test(file, keeps_the_mode_of_what_it_replaces)
{
	struct stat st;

	set_up();
	cr_assert_eq(file_save(path, span_text("one"), NULL), ERR_NONE);
	cr_assert_eq(chmod(path, 0600), 0);
	cr_assert_eq(file_save(path, span_text("two"), NULL), ERR_NONE);
	expect_content("two");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	tear_down();
}

Test(file, goes_where_a_link_leads)
{
	struct stat st;
	char link[96];

	set_up();
	snprintf(link, sizeof(link), "%s/link", folder);
	cr_assert_eq(file_save(path, span_text("one"), NULL), ERR_NONE);
	cr_assert_eq(symlink("m.svg", link), 0);
	cr_assert_eq(file_save(link, span_text("two"), NULL), ERR_NONE);
	expect_content("two");
	cr_assert_eq(lstat(link, &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_eq(files(), 2);
	unlink(link);
	tear_down();
}

Test(file, knows_what_may_be_written_again_and_again)
{
	set_up();
	cr_assert(file_is_replaced(path));
	cr_assert_eq(file_save(path, span_text("one"), NULL), ERR_NONE);
	cr_assert(file_is_replaced(path));
	cr_assert_not(file_is_replaced("/dev/null"));
	tear_down();
}

Test(file, leaves_all_as_it_was_when_there_is_no_room)
{
	static char large[65536];
	struct rlimit limit = { 4096, 4096 };
	struct why why = WHY_NONE;

	set_up();
	cr_assert_eq(file_save(path, span_text("old"), NULL), ERR_NONE);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(file_save(path, span_of(large, sizeof(large)), &why),
		     ERR_SYSTEM);
	cr_assert_not_null(strstr(why.text, path), "%s", why.text);
	expect_content("old");
	cr_assert_eq(files(), 1);
	tear_down();
}

Test(file, says_early_where_it_cannot_write)
{
	char deep[96];

	set_up();
	snprintf(deep, sizeof(deep), "%s/none/m.svg", folder);
	cr_assert_eq(file_check(deep, NULL), ERR_NOT_FOUND);
	cr_assert_eq(file_check(folder, NULL), ERR_FORMAT);
	tear_down();
}

Test(file, writes_into_what_is_no_file)
{
	set_up();
	cr_assert_eq(file_save("/dev/null", span_text("gone"), NULL), ERR_NONE);
	cr_assert_eq(access("/dev/null", W_OK), 0);
	tear_down();
}

Test(file, reads_all_of_a_file)
{
	struct buf in;

	set_up();
	buf_init(&in, 6);
	cr_assert_eq(file_load(&in, path, NULL), ERR_NOT_FOUND);
	cr_assert_eq(file_save(path, span_text("sixsix"), NULL), ERR_NONE);
	cr_assert_eq(file_load(&in, path, NULL), ERR_NONE);
	cr_assert_eq(in.len, 6);
	cr_assert_eq(memcmp(in.data, "sixsix", 6), 0);
	buf_clear(&in);
	tear_down();
}

Test(file, reads_no_more_than_its_limit)
{
	struct why why = WHY_NONE;
	struct buf in;

	set_up();
	cr_assert_eq(file_save(path, span_text("sixsix"), NULL), ERR_NONE);
	buf_init(&in, 5);
	cr_assert_eq(file_load(&in, path, &why), ERR_LIMIT);
	cr_assert_not_null(strstr(why.text, path), "%s", why.text);
	cr_assert_not_null(strstr(why.text, "over 5 bytes"), "%s", why.text);
	cr_assert_eq(file_load(&in, folder, &why), ERR_SYSTEM);
	buf_clear(&in);
	tear_down();
}
