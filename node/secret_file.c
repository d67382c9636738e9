/* SPDX-License-Identifier: Apache-2.0 */
#include "node/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/file.h"
#include "node/trust/trust.h"

enum err secret_file_read(char *out, size_t room, size_t *len, int fd,
			  struct why *why)
{
	char over;
	ssize_t n;

	*len = 0;
	do {
		bool full = *len == room;

		n = read(fd, full ? &over : out + *len, full ? 1 : room - *len);
		if (n > 0 && full)
			return err_fail(why, ERR_LIMIT, "more than %zu bytes",
					room);
		if (n > 0)
			*len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot be read");
	return ERR_NONE;
}

/* Judged on the open descriptor, so that nobody can swap the file between the
 * look and the read. */
static enum err check_open_file(int fd, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(why, ERR_SYSTEM, errno, "cannot be examined");
	return trust_secret(&st, geteuid(), path, why);
}

enum err secret_file_load(char *out, size_t room, size_t *len, const char *path,
			  struct why *why)
{
	/* Without O_NONBLOCK opening a pipe would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum err rc;

	if (fd < 0)
		return err_errno(why,
				 errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
				 errno, "cannot be opened");
	rc = check_open_file(fd, path, why);
	if (!rc)
		rc = secret_file_read(out, room, len, fd, why);
	close(fd);
	return rc;
}

static enum err write_all(int fd, struct span bytes, struct why *why)
{
	int errnum = file_write(fd, bytes);

	if (errnum)
		return err_errno(why, ERR_SYSTEM, errnum, "cannot be written");
	/* The umask may have taken bits that the owner needs. */
	if (fchmod(fd, 0600) || fsync(fd))
		return err_errno(why, ERR_SYSTEM, errno, "cannot be written");
	return ERR_NONE;
}

/* The new name survives a power cut only once its folder is on the disk. */
static enum err sync_folder(const char *path, struct why *why)
{
	char copy[PATH_MAX];
	int fd, failed;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return err_fail(why, ERR_SYSTEM, "the path is too long");
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno,
				 "its folder cannot be opened");
	/* Some file systems have no such call for folders: EINVAL. */
	failed = fsync(fd) && errno != EINVAL ? errno : 0;
	close(fd);
	if (failed)
		return err_errno(why, ERR_SYSTEM, failed,
				 "its folder cannot be synced");
	return ERR_NONE;
}

enum err secret_file_save(const char *path, const char *text, size_t len,
			  struct why *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum err rc;

	if (fd < 0 && errno == EEXIST)
		return err_fail(why, ERR_EXISTS,
				"exists already and is never overwritten");
	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot be made");
	rc = write_all(fd, span_of(text, len), why);
	if (close(fd) && !rc)
		rc = err_errno(why, ERR_SYSTEM, errno, "cannot be written");
	if (!rc)
		rc = sync_folder(path, why);
	if (rc)
		unlink(path);
	return rc;
}
