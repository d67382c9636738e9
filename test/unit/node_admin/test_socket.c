/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/socket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* The socket's folder as a node makes it; path is the socket's. */
static void make_folder(struct scratch *s, char path[PATH_MAX])
{
	char folder[PATH_MAX];

	scratch_open(s);
	cr_assert_eq(mkdir(scratch_file(folder, s, ADMIN_FOLDER), 0700), 0);
	cr_assert_eq(admin_socket_path(path, s->path, NULL), ERR_NONE);
}

/* What a node that was killed leaves behind. */
static void stale_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(un.sun_path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	cr_assert(exists(path));
}

Test(admin_socket, has_a_folder_that_nobody_else_enters)
{
	char folder[PATH_MAX];
	struct scratch s;

	scratch_open(&s);
	cr_assert_eq(chmod(s.path, 0755), 0);
	cr_assert_eq(admin_socket_prepare(s.path, NULL), ERR_NONE);
	scratch_file(folder, &s, ADMIN_FOLDER);
	cr_assert_eq(mode_of(folder), 0700);
	cr_assert_eq(admin_socket_prepare(s.path, NULL), ERR_NONE);
	for (mode_t bit = 1; bit < 0100; bit <<= 1) {
		struct why why = WHY_NONE;

		cr_assert_eq(chmod(folder, 0700 | bit), 0);
		cr_assert_eq(admin_socket_prepare(s.path, &why), ERR_DENIED);
		cr_assert(strstr(why.text, "others may enter it"), "%s",
			  why.text);
		cr_assert(strstr(why.text, "chmod 700 "), "%s", why.text);
	}
	scratch_close(&s);
}

Test(admin_socket, follows_no_link_to_a_folder)
{
	char link[PATH_MAX], other[PATH_MAX];
	struct scratch s;

	scratch_open(&s);
	cr_assert_eq(mkdir(scratch_file(other, &s, "other"), 0700), 0);
	cr_assert_eq(symlink(other, scratch_file(link, &s, ADMIN_FOLDER)), 0);
	cr_assert_eq(admin_socket_prepare(s.path, NULL), ERR_SYSTEM);
	scratch_close(&s);
}

Test(admin_socket, replaces_what_a_dead_node_left)
{
	struct scratch s;
	char path[PATH_MAX];

	make_folder(&s, path);
	stale_socket(path);
	cr_assert_eq(admin_socket_prepare(s.path, NULL), ERR_NONE);
	cr_assert_not(exists(path));
	scratch_close(&s);
}

static void expect_kept(struct scratch *s, const char *path)
{
	struct why why = WHY_NONE;

	cr_assert_eq(admin_socket_prepare(s->path, &why), ERR_EXISTS);
	cr_assert(strstr(why.text, "no socket of ours; remove it"), "%s",
		  why.text);
	cr_assert(exists(path));
}

Test(admin_socket, keeps_its_hands_off_files)
{
	char path[PATH_MAX];
	struct scratch s;

	make_folder(&s, path);
	scratch_write(path, "x", 1, 0600);
	expect_kept(&s, path);
	scratch_close(&s);
}

Test(admin_socket, keeps_its_hands_off_symbolic_links)
{
	char path[PATH_MAX], other[PATH_MAX];
	struct scratch s;

	make_folder(&s, path);
	stale_socket(scratch_file(other, &s, "other"));
	cr_assert_eq(symlink(other, path), 0);
	expect_kept(&s, path);
	cr_assert(exists(other));
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(symlink("/nowhere", path), 0);
	expect_kept(&s, path);
	scratch_close(&s);
}

Test(admin_socket, wants_a_data_folder_that_nobody_else_writes_to)
{
	static const mode_t ours[] = { 0700, 0755, 0711 };
	static const mode_t open_to_others[] = { 0702, 0720, 0722, 0777, 0757 };
	struct scratch s;

	scratch_open(&s);
	for (size_t i = 0; i < ARRAY_LEN(open_to_others); i++) {
		struct why why = WHY_NONE;

		cr_assert_eq(chmod(s.path, open_to_others[i]), 0);
		cr_assert_eq(admin_socket_prepare(s.path, &why), ERR_DENIED);
		cr_assert(strstr(why.text, "chmod 700"), "%s", why.text);
	}
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		cr_assert_eq(chmod(s.path, ours[i]), 0);
		cr_assert_eq(admin_socket_prepare(s.path, NULL), ERR_NONE);
	}
	scratch_close(&s);
}

Test(admin_socket, wants_a_folder)
{
	char path[PATH_MAX];
	struct scratch s;

	scratch_open(&s);
	cr_assert_eq(admin_socket_prepare(scratch_file(path, &s, "none"), NULL),
		     ERR_SYSTEM);
	scratch_write(path, "x", 1, 0600);
	cr_assert_eq(admin_socket_prepare(path, NULL), ERR_SYSTEM);
	scratch_close(&s);
}
