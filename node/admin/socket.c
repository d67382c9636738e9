/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/trust/trust.h"

enum err admin_socket_path(char out[PATH_MAX], const char *datadir,
			   struct why *why)
{
	if (snprintf(out, PATH_MAX, "%s/" ADMIN_FOLDER "/" ADMIN_SOCKET,
		     datadir) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "the path is too long");
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

static enum err check(int fd, const char *path,
		      enum err (*judge)(const struct stat *st, uid_t us,
					const char *path, struct why *why),
		      struct why *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(why, ERR_SYSTEM, errno, "cannot be examined");
	return judge(&st, geteuid(), path, why);
}

/* The socket's folder, open; `datadir` is and was judged. */
static enum err open_folder(int *out, int datadir, const char *path,
			    struct why *why)
{
	enum err rc;

	if (mkdirat(datadir, ADMIN_FOLDER, 0700) && errno != EEXIST)
		return err_errno(why, ERR_SYSTEM, errno, "cannot be made");
	*out = openat(datadir, ADMIN_FOLDER,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*out < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot be opened");
	rc = check(*out, path, trust_own_folder, why);
	if (rc)
		close(*out);
	return rc;
}

static enum err prepare(int datadir, const char *folder, struct why *why)
{
	char path[PATH_MAX];
	int fd = -1;
	enum err rc = check(datadir, folder, trust_folder, why);

	if (rc)
		return err_wrap(why, rc, "%s", folder);
	if (snprintf(path, sizeof(path), "%s/" ADMIN_FOLDER, folder) >=
	    (int)sizeof(path))
		return err_fail(why, ERR_LIMIT, "the path is too long");
	rc = open_folder(&fd, datadir, path, why);
	if (!rc) {
		rc = clear_name(fd, why);
		close(fd);
	}
	return rc ? err_wrap(why, rc, "%s", path) : ERR_NONE;
}

enum err admin_socket_prepare(const char *datadir, struct why *why)
{
	int fd = open(datadir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err rc;

	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno, "admin socket: %s",
				 datadir);
	rc = prepare(fd, datadir, why);
	close(fd);
	return rc ? err_wrap(why, rc, "admin socket") : ERR_NONE;
}

void admin_socket_remove(const char *datadir)
{
	char path[PATH_MAX];

	if (!admin_socket_path(path, datadir, NULL))
		(void)unlink(path);
}
