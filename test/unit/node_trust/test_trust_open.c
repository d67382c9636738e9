/* SPDX-License-Identifier: Apache-2.0 */
#include "node/trust/trust.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

enum {
	US = 1000,
	OTHER = 1001,
};

static enum err judge(mode_t mode, uid_t owner)
{
	struct stat st = { .st_mode = mode, .st_uid = owner };
	struct why why = WHY_NONE;
	enum err rc = trust_code(&st, US, "/it", &why);

	cr_assert_eq(rc != ERR_NONE, why.text[0] != '\0');
	return rc;
}

/* A file in a folder in a folder. */
struct place {
	struct scratch scratch;
	char folder[PATH_MAX];
	char file[PATH_MAX];
};

static void place_open(struct place *p)
{
	scratch_open(&p->scratch);
	scratch_file(p->folder, &p->scratch, "folder");
	scratch_file(p->file, &p->scratch, "folder/file");
	cr_assert_eq(mkdir(p->folder, 0755), 0);
	scratch_write(p->file, "hello", 5, 0644);
}

static void opens(const char *path)
{
	struct why why = WHY_NONE;
	char text[6] = "";
	int fd = -1;

	cr_assert_eq(trust_open(&fd, path, geteuid(), &why), ERR_NONE, "%s",
		     why.text);
	cr_assert_eq(read(fd, text, 5), 5);
	cr_assert_str_eq(text, "hello");
	close(fd);
}

static void refused(const char *path, enum err rc, const char *says)
{
	struct why why = WHY_NONE;
	int fd = -1;

	cr_assert_eq(trust_open(&fd, path, geteuid(), &why), rc, "%s: %s", path,
		     why.text);
	cr_assert_eq(fd, -1);
	cr_assert(strstr(why.text, says), "\"%s\" says not \"%s\"", why.text,
		  says);
}

Test(trust_open, believes_us_and_root_alone)
{
	cr_assert_eq(judge(S_IFREG | 0644, US), ERR_NONE);
	cr_assert_eq(judge(S_IFREG | 0644, 0), ERR_NONE);
	cr_assert_eq(judge(S_IFREG | 0644, OTHER), ERR_DENIED);
	cr_assert_eq(judge(S_IFDIR | 0755, OTHER), ERR_DENIED);
	cr_assert_eq(judge(S_IFDIR | 01755, OTHER), ERR_DENIED);
	cr_assert_eq(judge(S_IFLNK | 0777, OTHER), ERR_DENIED);
	cr_assert_eq(judge(S_IFLNK | 0777, US), ERR_NONE);
}

Test(trust_open, believes_nothing_that_others_may_write)
{
	cr_assert_eq(judge(S_IFREG | 0664, US), ERR_DENIED);
	cr_assert_eq(judge(S_IFREG | 0646, US), ERR_DENIED);
	cr_assert_eq(judge(S_IFREG | 0602, 0), ERR_DENIED);
	cr_assert_eq(judge(S_IFREG | 01666, 0), ERR_DENIED);
	cr_assert_eq(judge(S_IFDIR | 0775, US), ERR_DENIED);
	cr_assert_eq(judge(S_IFDIR | 0777, 0), ERR_DENIED);
	/* In a sticky folder others cannot touch what is ours. */
	cr_assert_eq(judge(S_IFDIR | 01777, 0), ERR_NONE);
	cr_assert_eq(judge(S_IFDIR | 01775, US), ERR_NONE);
}

Test(trust_open, opens_a_file_by_any_way_to_it)
{
	struct place p;
	char path[PATH_MAX];
	char target[PATH_MAX + 8];

	place_open(&p);
	opens(p.file);
	opens(scratch_file(path, &p.scratch, "folder/../folder//./file"));
	scratch_file(path, &p.scratch, "relative");
	cr_assert_eq(symlink("folder/file", path), 0);
	opens(path);
	scratch_file(path, &p.scratch, "absolute");
	cr_assert_eq(symlink(p.folder, path), 0);
	opens(scratch_file(path, &p.scratch, "absolute/file"));
	scratch_file(path, &p.scratch, "folder/up");
	cr_assert_eq(symlink("../relative", path), 0);
	opens(path);
	snprintf(target, sizeof(target), "/../..%s", p.file);
	opens(target);
	scratch_close(&p.scratch);
}

Test(trust_open, looks_at_every_folder_on_the_way)
{
	struct place p;
	char path[PATH_MAX];

	place_open(&p);
	cr_assert_eq(chmod(p.folder, 0775), 0);
	refused(p.file, ERR_DENIED, p.folder);
	cr_assert_eq(chmod(p.folder, 0757), 0);
	refused(p.file, ERR_DENIED, "others may write to ");
	cr_assert_eq(chmod(p.folder, 0755), 0);
	cr_assert_eq(chmod(p.scratch.path, 0777), 0);
	refused(p.file, ERR_DENIED, p.scratch.path);
	cr_assert_eq(chmod(p.scratch.path, 01777), 0);
	opens(p.file);

	/* Also where a link leads through. */
	cr_assert_eq(chmod(p.scratch.path, 0700), 0);
	scratch_file(path, &p.scratch, "link");
	cr_assert_eq(symlink("folder/file", path), 0);
	cr_assert_eq(chmod(p.folder, 0777), 0);
	refused(path, ERR_DENIED, p.folder);
	scratch_close(&p.scratch);
}

/* Root can give a file away; anybody else is somebody else to the file. */
Test(trust_open, refuses_what_belongs_to_somebody_else)
{
	struct why why = WHY_NONE;
	struct place p;
	uid_t us = geteuid();
	int fd = -1;

	place_open(&p);
	if (us == 0)
		cr_assert_eq(chown(p.file, OTHER, (gid_t)-1), 0);
	else
		us++;
	cr_assert_eq(trust_open(&fd, p.file, us, &why), ERR_DENIED);
	cr_assert_eq(fd, -1);
	cr_assert(strstr(why.text, "belongs to another user"), "%s", why.text);
	scratch_close(&p.scratch);
}

Test(trust_open, refuses_what_is_no_file)
{
	struct place p;
	char path[PATH_MAX];

	place_open(&p);
	refused(p.folder, ERR_FORMAT, "is a folder");
	refused("/", ERR_FORMAT, "/ is a folder");
	refused("/dev/null", ERR_DENIED, "/dev/null: others may write to it");
	scratch_file(path, &p.scratch, "pipe");
	cr_assert_eq(mkfifo(path, 0600), 0);
	refused(path, ERR_FORMAT, "is not a regular file");
	refused(scratch_file(path, &p.scratch, "folder/file/more"),
		ERR_NOT_FOUND, "is not a folder");
	refused(scratch_file(path, &p.scratch, "absent/file"), ERR_NOT_FOUND,
		"/absent: No such file or directory");
	scratch_close(&p.scratch);
}

Test(trust_open, ends_in_circles_of_links)
{
	struct place p;
	char path[PATH_MAX];

	place_open(&p);
	scratch_file(path, &p.scratch, "loop");
	cr_assert_eq(symlink("loop", path), 0);
	refused(path, ERR_LIMIT, "too many links");
	scratch_file(path, &p.scratch, "grows");
	cr_assert_eq(symlink("grows/grows", path), 0);
	refused(path, ERR_LIMIT, "too many links");
	scratch_close(&p.scratch);
}

Test(trust_open, limits_the_length_of_a_path)
{
	static char path[PATH_MAX + 1];

	memset(path, '/', PATH_MAX);
	refused(path, ERR_LIMIT, "too long a path");
	path[PATH_MAX - 1] = '\0';
	refused(path, ERR_FORMAT, "/ is a folder");
}
