/* SPDX-License-Identifier: Apache-2.0 */
#include "node/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/trust/trust.h"

static enum err joined(char out[PATH_MAX], const char *folder, const char *name,
		       struct why *why)
{
	if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "the path is too long");
	return ERR_NONE;
}

enum err datadir_default(char out[PATH_MAX], struct why *why)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	/* XDG Base Directory: "If an implementation encounters a relative
	 * path in any of these variables it should consider the path invalid
	 * and ignore it." */
	if (data && data[0] == '/')
		return joined(out, data, "weft", why);
	if (home && home[0])
		return joined(out, home, ".local/share/weft", why);
	return err_fail(why, ERR_NOT_FOUND,
			"neither XDG_DATA_HOME nor HOME is set; use --datadir");
}

/* mkdir of the path and of each parent that is missing. */
static enum err make_folders(const char *path, struct why *why)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return err_fail(why, ERR_LIMIT, "the path is too long");
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return err_errno(why, ERR_SYSTEM, errno,
					 "cannot make %s", part);
		part[i] = path[i];
	}
	return ERR_NONE;
}

static enum err check_folder(const char *path, struct why *why)
{
	struct stat st;

	if (stat(path, &st))
		return err_errno(why, ERR_SYSTEM, errno, "cannot be examined");
	return trust_folder(&st, geteuid(), path, why);
}

static enum err busy(int fd, const char *path, struct why *why)
{
	char pid[16];
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return err_fail(why, ERR_BUSY,
			"%s is in use by another weft (pid %s); use --datadir",
			path, pid[0] ? pid : "unknown");
}

static enum err lock_folder(int *out, const char *path, struct why *why)
{
	char file[PATH_MAX];
	enum err rc;
	int fd;

	rc = joined(file, path, "lock", why);
	if (rc)
		return rc;
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot open %s",
				 file);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			rc = busy(fd, path, why);
		else
			rc = err_errno(why, ERR_SYSTEM, errno, "cannot lock %s",
				       file);
		close(fd);
		return rc;
	}
	/* For the message of whoever comes next, no more than that. */
	if (ftruncate(fd, 0) || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		rc = err_errno(why, ERR_SYSTEM, errno, "cannot write %s", file);
		close(fd);
		return rc;
	}
	*out = fd;
	return ERR_NONE;
}

enum err datadir_open(struct datadir *out, const char *path, struct why *why)
{
	struct datadir d = { .lock = -1 };
	enum err rc;

	if (!path[0])
		return err_fail(why, ERR_SYSTEM, "data folder: empty path");
	rc = make_folders(path, why);
	if (!rc)
		rc = check_folder(path, why);
	if (!rc)
		rc = lock_folder(&d.lock, path, why);
	if (rc == ERR_BUSY)
		return rc; /* says all there is to say */
	if (rc)
		return err_wrap(why, rc, "data folder %s", path);
	snprintf(d.path, sizeof(d.path), "%s", path);
	*out = d;
	return ERR_NONE;
}

enum err datadir_file(char out[PATH_MAX], const struct datadir *d,
		      const char *name, struct why *why)
{
	return joined(out, d->path, name, why);
}

void datadir_close(struct datadir *d)
{
	if (d->lock >= 0)
		close(d->lock);
	d->lock = -1;
}
