/* SPDX-License-Identifier: Apache-2.0 */
#include "node/trust/trust.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40 /* as the kernel's */
};

/* Where a walk stands. */
struct walk {
	int at;		     /* the folder reached, opened with O_PATH */
	char done[PATH_MAX]; /* its path without links; "" is the root */
	char path[PATH_MAX]; /* what is walked; changes where a link leads */
	const char *left;    /* what of it is still to be walked */
	unsigned links;
	uid_t us;
};

static enum err judge(const struct walk *w, const struct stat *st,
		      const char *path, struct why *why)
{
	enum err rc = trust_code(st, w->us, path, why);

	return rc ? err_wrap(why, rc, "%s", path) : ERR_NONE;
}

static enum err start(struct walk *w, struct why *why)
{
	struct stat st;

	w->done[0] = '\0';
	w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->at < 0 || fstat(w->at, &st))
		return err_errno(why, ERR_SYSTEM, errno, "cannot open /");
	return judge(w, &st, "/", why);
}

/* Take the next name off what is left; empty at the end of the path. */
static void next_name(struct walk *w, char name[PATH_MAX])
{
	size_t len;

	w->left += strspn(w->left, "/");
	len = strcspn(w->left, "/");
	memcpy(name, w->left, len);
	name[len] = '\0';
	w->left += len;
}

/* The path of a name in the folder reached. */
static enum err name_path(char out[PATH_MAX], const struct walk *w,
			  const char *name, struct why *why)
{
	if (snprintf(out, PATH_MAX, "%s/%s", w->done, name) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	return ERR_NONE;
}

/* The walk goes on in this folder. */
static void enter(struct walk *w, int fd, const char *path)
{
	close(w->at);
	w->at = fd;
	strcpy(w->done, path);
}

static enum err leave(struct walk *w, struct why *why)
{
	int fd = openat(w->at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *slash = strrchr(w->done, '/');

	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno,
				 "cannot open the folder above %s", w->done);
	close(w->at);
	w->at = fd;
	if (slash)
		*slash = '\0';
	return ERR_NONE;
}

/* What the link says is walked before what was left behind it. */
static enum err follow(struct walk *w, int link, const char *path,
		       struct why *why)
{
	char target[PATH_MAX];
	char whole[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target));

	if (len < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot read link %s",
				 path);
	if (++w->links > LINKS_MAX)
		return err_fail(why, ERR_LIMIT, "too many links at %s", path);
	if (len == sizeof(target) ||
	    snprintf(whole, sizeof(whole), "%.*s/%s", (int)len, target,
		     w->left) >= (int)sizeof(whole))
		return err_fail(why, ERR_LIMIT, "too long a path");
	strcpy(w->path, whole);
	w->left = w->path;
	if (target[0] != '/')
		return ERR_NONE;
	close(w->at);
	return start(w, why);
}

/* A descriptor that was found good becomes one to read from: the same file,
 * whatever has become of its name. */
static enum err open_found(int *out, int found, const struct stat *st,
			   const char *path, struct why *why)
{
	char self[32];

	if (!S_ISREG(st->st_mode))
		return err_fail(why, ERR_FORMAT, "%s is not a regular file",
				path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	*out = open(self, O_RDONLY | O_CLOEXEC);
	if (*out < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot open %s",
				 path);
	return ERR_NONE;
}

/* One name further. *out is set when that was the file. */
static enum err step(struct walk *w, int *out, const char *name,
		     struct why *why)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;
	enum err rc = name_path(path, w, name, why);

	if (rc)
		return rc;
	fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(why,
				 errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
				 errno, "cannot open %s", path);
	if (fstat(fd, &st))
		rc = err_errno(why, ERR_SYSTEM, errno, "cannot look at %s",
			       path);
	else
		rc = judge(w, &st, path, why);
	if (!rc && S_ISDIR(st.st_mode)) {
		enter(w, fd, path);
		return ERR_NONE;
	}
	if (!rc && S_ISLNK(st.st_mode))
		rc = follow(w, fd, path, why);
	else if (!rc && w->left[strspn(w->left, "/")])
		rc = err_fail(why, ERR_NOT_FOUND, "%s is not a folder", path);
	else if (!rc)
		rc = open_found(out, fd, &st, path, why);
	close(fd);
	return rc;
}

enum err trust_open(int *fd, const char *path, uid_t us, struct why *why)
{
	struct walk w = { .at = -1, .us = us };
	char name[PATH_MAX];
	int found = -1;
	enum err rc;

	assert(path[0] == '/');
	if (strlen(path) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	strcpy(w.path, path);
	w.left = w.path;
	rc = start(&w, why);
	while (!rc && found < 0) {
		next_name(&w, name);
		if (!name[0])
			rc = err_fail(why, ERR_FORMAT, "%s is a folder",
				      w.done[0] ? w.done : "/");
		else if (!strcmp(name, ".."))
			rc = leave(&w, why);
		else if (strcmp(name, "."))
			rc = step(&w, &found, name, why);
	}
	if (w.at >= 0)
		close(w.at);
	if (!rc)
		*fd = found;
	return rc;
}
