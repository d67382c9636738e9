/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/plugin_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/plugin/loader.h"
#include "node/trust/trust.h"
#include "p2p/base/attr.h"
#include "p2p/base/suggest.h"

enum {
	COPY_CHUNK = 64 * 1024,
	SIMILAR_MAX = 64, /* names to choose from */
};

/* --- where it lies -------------------------------------------------------- */

bool loader_is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return len > 0 && len < LOADER_NAME_MAX && !text[len];
}

bool loader_is_reserved(const char *name)
{
	static const char *const ours[] = { "admin", "node", "plugin", "rpc" };
	size_t len = strcspn(name, "_");

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (strlen(ours[i]) == len && !strncmp(name, ours[i], len))
			return true;
	return false;
}

/* Cut off the last part of a path; false when there is none. */
static bool to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	return slash;
}

/* Is there such a folder below this one? Then that is what out becomes. */
static bool has_folder(char out[PATH_MAX], const char *name)
{
	size_t len = strlen(out);
	struct stat st;

	if (len + strlen(name) >= PATH_MAX)
		return false;
	strcpy(out + len, name);
	if (!stat(out, &st) && S_ISDIR(st.st_mode))
		return true;
	out[len] = '\0';
	return false;
}

const char *loader_folder(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (len > 0) {
		out[len] = '\0';
		if (to_parent(out) && has_folder(out, "/plugins"))
			return out;
		/* An installation that was moved: from PREFIX/bin. */
		if (to_parent(out) && has_folder(out, "/" WEFT_PLUGIN_SUBDIR))
			return out;
	}
	strcpy(out, WEFT_PLUGIN_DIR);
	return out;
}

static enum err make_absolute(char out[PATH_MAX], const char *path,
			      struct why *why)
{
	char folder[PATH_MAX] = "";
	int n;

	if (path[0] != '/' && !getcwd(folder, sizeof(folder)))
		return err_errno(why, ERR_SYSTEM, errno,
				 "cannot tell the working folder");
	n = snprintf(out, PATH_MAX, "%s%s%s", folder, folder[0] ? "/" : "",
		     path);
	if (n >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	return ERR_NONE;
}

enum err plugin_file_find(char out[PATH_MAX], const char *folder,
			  const char *what, struct why *why)
{
	char in_folder[PATH_MAX];

	if (strchr(what, '/'))
		return make_absolute(out, what, why);
	if (!loader_is_name(what))
		return err_fail(why, ERR_FORMAT,
				"not a plugin's name, which has letters a-z, "
				"digits, _ and - only; for a file give a path, "
				"like ./%.80s",
				what);
	if (snprintf(in_folder, PATH_MAX, "%s/%s.so", folder, what) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	return make_absolute(out, in_folder, why);
}

/* The name in the folder of a path that is most like `what`. */
static bool find_similar(char out[LOADER_NAME_MAX], const char *path,
			 const char *what)
{
	char names[SIMILAR_MAX][LOADER_NAME_MAX];
	const char *list[SIMILAR_MAX];
	const char *nearest;
	char folder[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s", path);
	dir = to_parent(folder) ? opendir(folder) : NULL;
	while (dir && count < SIMILAR_MAX && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len <= 3 || len - 3 >= LOADER_NAME_MAX ||
		    strcmp(entry->d_name + len - 3, ".so") != 0)
			continue;
		memcpy(names[count], entry->d_name, len - 3);
		names[count][len - 3] = '\0';
		list[count] = names[count];
		count += loader_is_name(names[count]);
	}
	if (dir)
		closedir(dir);
	nearest = suggest_nearest(what, list, count);
	if (nearest)
		snprintf(out, LOADER_NAME_MAX, "%s", nearest);
	return nearest;
}

enum err plugin_file_open(int *out, const char *path, const char *what,
			  uid_t us, struct why *why)
{
	enum err rc = trust_open(out, path, us, why);
	char similar[LOADER_NAME_MAX];

	if (rc != ERR_NOT_FOUND || strchr(what, '/'))
		return rc;
	if (find_similar(similar, path, what))
		return err_fail(why, rc, "there is no %s; did you mean %s?",
				path, similar);
	return err_fail(why, rc,
			"there is no %s; for a file elsewhere give a path, "
			"like ./%s.so",
			path, what);
}

/* --- the copy in memory --------------------------------------------------- */

static enum err write_all(int fd, const uint8_t *data, size_t len,
			  struct why *why)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(why, ERR_SYSTEM, errno,
					 "cannot copy it into memory");
		data += n;
		len -= (size_t)n;
	}
	return ERR_NONE;
}

static enum err copy_bytes(int to, int from, size_t *len, struct why *why)
{
	uint8_t chunk[COPY_CHUNK];
	enum err rc = ERR_NONE;

	*len = 0;
	while (!rc) {
		ssize_t n = read(from, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(why, ERR_SYSTEM, errno,
					 "cannot read it");
		if (n == 0)
			break;
		*len += (size_t)n;
		if (*len > LOADER_FILE_MAX)
			return err_fail(why, ERR_LIMIT, "over %d MiB",
					LOADER_FILE_MAX >> 20);
		rc = write_all(to, chunk, (size_t)n, why);
	}
	return rc;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

enum err plugin_file_copy(int *out, size_t *len, int file, const char *path,
			  struct why *why)
{
	const int seals =
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat before;
	struct stat after;
	char name[LOADER_NAME_MAX];
	enum err rc;
	int fd;

	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno, "memfd_create");
	if (fstat(file, &before))
		before.st_size = -1;
	rc = copy_bytes(fd, file, len, why);
	if (!rc && (fstat(file, &after) || before.st_size != after.st_size ||
		    (size_t)after.st_size != *len ||
		    !is_same_time(before.st_mtim, after.st_mtim)))
		rc = err_fail(why, ERR_BUSY,
			      "it changed while it was read; try again");
	if (!rc && fcntl(fd, F_ADD_SEALS, seals))
		rc = err_errno(why, ERR_SYSTEM, errno, "cannot seal the copy");
	if (rc)
		close(fd);
	else
		*out = fd;
	return rc;
}
