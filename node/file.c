/* SPDX-License-Identifier: Apache-2.0 */
#include "node/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STEP = 64 * 1024, /* bytes of one read */
};

static enum err read_all(struct buf *out, int fd, struct why *why)
{
	for (;;) {
		uint8_t chunk[STEP];
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(why, ERR_SYSTEM, errno,
					 "cannot be read");
		if (n == 0)
			return ERR_NONE;
		if (buf_append(out, chunk, (size_t)n))
			return err_fail(why, ERR_LIMIT, "over %zu bytes",
					out->limit);
	}
}

enum err file_load(struct buf *out, const char *path, struct why *why)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum err rc;

	if (fd < 0)
		return err_errno(why,
				 errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
				 errno, "%s: cannot be opened", path);
	rc = read_all(out, fd, why);
	if (is_stdin)
		return rc ? err_wrap(why, rc, "standard input") : ERR_NONE;
	close(fd);
	return rc ? err_wrap(why, rc, "%s", path) : ERR_NONE;
}

enum err file_check(const char *path, struct why *why)
{
	char copy[PATH_MAX];
	struct stat st;

	if (strlen(path) + sizeof(".XXXXXX") > sizeof(copy))
		return err_fail(why, ERR_NOT_FOUND, "%s: too long a path",
				path);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return err_fail(why, ERR_FORMAT, "%s is a folder", path);
	snprintf(copy, sizeof(copy), "%s", path);
	if (access(dirname(copy), W_OK | X_OK)) {
		int errnum = errno;

		return err_errno(why,
				 errnum == ENOENT ? ERR_NOT_FOUND : ERR_DENIED,
				 errnum, "cannot write %s", path);
	}
	return ERR_NONE;
}

int file_write(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		bytes.data += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

static int write_and_close(int fd, struct span bytes)
{
	int errnum = file_write(fd, bytes);

	/* Before its name is: what cannot be synced is a pipe or the like. */
	if (!errnum && fdatasync(fd) && errno != EINVAL && errno != EROFS)
		errnum = errno;
	/* Some file systems say only now that there is no room. */
	if (close(fd) && !errnum)
		errnum = errno;
	return errnum;
}

/* As the file is, or else like one that a shell's ">" makes. */
static mode_t mode_of(const char *path)
{
	mode_t mask = umask(0);
	struct stat st;

	umask(mask);
	return stat(path, &st) ? 0666 & ~mask : st.st_mode & 0777;
}

static int open_beside(char *name, const char *path)
{
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd >= 0 && fchmod(fd, mode_of(path))) {
		close(fd);
		(void)unlink(name);
		return -1;
	}
	return fd;
}

static int replace(const char *path, struct span bytes)
{
	char name[PATH_MAX], real[PATH_MAX];
	int errnum, fd;

	if (realpath(path, real))
		path = real;
	snprintf(name, sizeof(name), "%.*s.XXXXXX", PATH_MAX - 8, path);
	fd = open_beside(name, path);
	if (fd < 0)
		return errno;
	errnum = write_and_close(fd, bytes);
	if (!errnum && rename(name, path))
		errnum = errno;
	if (errnum)
		(void)unlink(name);
	return errnum;
}

static int write_into(const char *path, struct span bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? errno : write_and_close(fd, bytes);
}

bool file_is_replaced(const char *path)
{
	struct stat st;

	return stat(path, &st) || S_ISREG(st.st_mode);
}

enum err file_save(const char *path, struct span bytes, struct why *why)
{
	int errnum;

	signal(SIGXFSZ, SIG_IGN); /* a limit on files shows as an error */
	errnum = file_is_replaced(path) ? replace(path, bytes)
					: write_into(path, bytes);
	if (errnum)
		return err_errno(why, ERR_SYSTEM, errnum, "cannot write %s",
				 path);
	return ERR_NONE;
}
