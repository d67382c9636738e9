/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum err admin_socket_path(char out[PATH_MAX], const char *folder,
			   struct why *why)
{
	if (snprintf(out, PATH_MAX, "%s/" ADMIN_SOCKET, folder) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "the path is too long");
	return ERR_NONE;
}

static enum err check_folder(int fd, const char *folder, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(why, ERR_SYSTEM, errno, "cannot be examined");
	if (st.st_uid != geteuid())
		return err_fail(why, ERR_DENIED,
				"belongs to another user (uid %u)",
				(unsigned)st.st_uid);
	/* Who may only enter it finds a socket of mode 0600 from its first
	 * moment on, which the system does not let them connect to. */
	if (st.st_mode & 022)
		return err_fail(why, ERR_DENIED,
				"others may write to it (mode %04o); chmod 700 "
				"%s",
				(unsigned)st.st_mode & 07777, folder);
	return ERR_NONE;
}

static enum err clear_name(int fd, struct why *why)
{
	struct stat st;

	if (fstatat(fd, ADMIN_SOCKET, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return ERR_NONE;
		return err_errno(why, ERR_SYSTEM, errno,
				 ADMIN_SOCKET " cannot be examined");
	}
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return err_fail(why, ERR_EXISTS,
				ADMIN_SOCKET " is there and no socket of "
					     "ours; remove it");
	if (unlinkat(fd, ADMIN_SOCKET, 0))
		return err_errno(why, ERR_SYSTEM, errno,
				 ADMIN_SOCKET " cannot be removed");
	return ERR_NONE;
}

enum err admin_socket_clear(const char *folder, struct why *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err rc;

	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno, "admin socket: %s",
				 folder);
	rc = check_folder(fd, folder, why);
	if (!rc)
		rc = clear_name(fd, why);
	close(fd);
	return rc ? err_wrap(why, rc, "admin socket: %s", folder) : ERR_NONE;
}

void admin_socket_remove(const char *folder)
{
	char path[PATH_MAX];

	if (!admin_socket_path(path, folder, NULL))
		(void)unlink(path);
}
