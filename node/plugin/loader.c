/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "node/plugin/elf_check.h"
#include "node/plugin/options.h"
#include "node/trust/trust.h"
#include "p2p/crypto/hash.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEEP_LOADED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEP_LOADED
#endif

enum {
	HASH_LEN = 32,
	VERSION_MAX = 64,
	COPY_CHUNK = 64 * 1024,
	SELF_PATH_MAX = 32, /* "/proc/self/fd/<int>" */

	/* The first header of abi 0 ended with `start`; none will ever be
	 * this much longer. */
	DESCRIPTOR_MIN = offsetof(struct weft_plugin, stop),
	DESCRIPTOR_MAX = 4096,
};

struct loader {
	char folder[PATH_MAX];
	uid_t us;
	const struct log *log;
	struct loader_image *images;
};

struct loader_image {
	struct loader *loader;
	struct loader_image *next;
	size_t users;
	char path[PATH_MAX];
	uint8_t hash[HASH_LEN]; /* of the file */
	int memory;		/* the sealed copy */
	void *handle;		/* of dlopen */
	struct weft_plugin plugin;
};

/* --- where it lies -------------------------------------------------------- */

bool loader_is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return len > 0 && len < LOADER_NAME_MAX && !text[len];
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

static enum err find(char out[PATH_MAX], const struct loader *l,
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
	if (snprintf(in_folder, PATH_MAX, "%s/%s.so", l->folder, what) >=
	    PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	return make_absolute(out, in_folder, why);
}

static enum err open_file(int *out, const char *path, const char *what,
			  const struct loader *l, struct why *why)
{
	enum err rc = trust_open(out, path, l->us, why);

	if (rc == ERR_NOT_FOUND && !strchr(what, '/'))
		return err_fail(why, rc,
				"there is no %s; for a file elsewhere give a "
				"path, like ./%s.so",
				path, what);
	return rc;
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

/* A copy that nobody can change, we included. */
static enum err copy_file(int *out, size_t *len, int file, const char *path,
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

/* --- what it is ----------------------------------------------------------- */

static enum err check_abi(uint32_t abi, uint32_t size, uint64_t hash,
			  struct why *why)
{
	if (abi != WEFT_ABI)
		return err_fail(why, ERR_UNSUPPORTED,
				"built for plugin interface %" PRIu32
				", this weft has %d; rebuild against this weft",
				abi, WEFT_ABI);
	if (hash != WEFT_ABI_HASH)
		return err_fail(why, ERR_UNSUPPORTED,
				"built with another <weft/plugin.h> "
				"(%016" PRIx64 ", this weft has %016" PRIx64
				"); rebuild against this weft",
				hash, (uint64_t)WEFT_ABI_HASH);
	if (size < DESCRIPTOR_MIN || size > DESCRIPTOR_MAX)
		return err_fail(why, ERR_FORMAT,
				"its descriptor has a size of %" PRIu32
				"; WEFT_PLUGIN sets it",
				size);
	return ERR_NONE;
}

static bool is_version(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e)
			return false;
	return len > 0 && len < VERSION_MAX;
}

static enum err check_plugin(const struct weft_plugin *p, const char *what,
			     struct why *why)
{
	struct options *options;
	enum err rc;

	if (!p->name || !loader_is_name(p->name))
		return err_fail(why, ERR_FORMAT,
				"its name \"%.80s\" is not one of letters a-z, "
				"digits, _ and -",
				p->name ? p->name : "");
	if (!strchr(what, '/') && strcmp(what, p->name))
		return err_fail(why, ERR_FORMAT,
				"this is the plugin %s; name the file %s.so",
				p->name, p->name);
	if (!p->version || !is_version(p->version))
		return err_fail(why, ERR_FORMAT,
				"its version is empty, or not printable ASCII");
	if (!p->start || !p->api)
		return err_fail(why, ERR_FORMAT,
				"its descriptor has no %s; see WEFT_PLUGIN",
				p->start ? "api" : "start");
	rc = options_new(&options, p->options, why);
	if (!rc)
		options_free(options);
	return rc;
}

/* The dynamic linker knows the copy by a name that nobody gave. */
static const char *linker_words(const char *path)
{
	const char *words = dlerror();
	size_t len = strlen(path);

	if (!words)
		return "the dynamic linker does not say why";
	if (!strncmp(words, path, len) && !strncmp(words + len, ": ", 2))
		return words + len + 2;
	return words;
}

/* The symbol must be of the object itself: dlsym also looks through the
 * libraries that it needs. */
static enum err find_descriptor(const uint8_t **out, void *handle,
				const char *path, struct why *why)
{
	void *at = dlsym(handle, "weft_plugin");
	Dl_info info;

	if (!at || !dladdr(at, &info) || strcmp(info.dli_fname, path))
		return err_fail(why, ERR_NOT_FOUND,
				"no symbol weft_plugin: not a plugin of "
				"weft's");
	*out = at;
	return ERR_NONE;
}

/* As much of it as both sides know. Its head is looked at first: of another
 * interface nothing else can be believed, the size included. */
static enum err read_descriptor(struct weft_plugin *out, const uint8_t *at,
				struct why *why)
{
	struct weft_plugin head = { 0 };
	enum err rc;

	memcpy(&head, at, offsetof(struct weft_plugin, api));
	rc = check_abi(head.abi, head.size, head.abi_hash, why);
	if (rc)
		return rc;
	*out = (struct weft_plugin){ 0 };
	memcpy(out, at, head.size < sizeof(*out) ? head.size : sizeof(*out));
	return ERR_NONE;
}

/* --- images --------------------------------------------------------------- */

/* Is any of the copy mapped? Its inode is its own for as long as it is open. */
static bool is_mapped(int memory)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;
	struct stat st;

	if (!maps || fstat(memory, &st))
		abort(); /* loading needed both */
	while (!found && getline(&line, &room, maps) >= 0) {
		unsigned major_number;
		unsigned minor_number;
		uintmax_t inode;

		found = sscanf(line, "%*s %*s %*s %x:%x %ju", &major_number,
			       &minor_number, &inode) == 3 &&
			inode == st.st_ino &&
			major_number == major(st.st_dev) &&
			minor_number == minor(st.st_dev);
	}
	free(line);
	fclose(maps);
	return found;
}

bool loader_unloads(void)
{
#ifdef KEEP_LOADED
	return false;
#else
	return true;
#endif
}

/* The descriptor stays open for as long as anything of it is mapped: another
 * object that is loaded by the same number would be taken for this one. */
static void unload(const struct log *log, void *handle, int memory,
		   const char *path)
{
	if (loader_unloads())
		dlclose(handle);
	if (!is_mapped(memory)) {
		close(memory);
		return;
	}
	log_event(log, loader_unloads() ? LOG_WARN : LOG_DEBUG, "plugin",
		  loader_unloads() ? "stays in memory though it is unloaded"
				   : "kept in memory for the sanitizer",
		  LOG_TEXT("path", path));
}

static void image_free(struct loader_image *image)
{
	unload(image->loader->log, image->handle, image->memory, image->path);
	free(image);
}

/* The copy is judged, and what it defines read without running any of it. */
static enum err check_copy(uint8_t hash[HASH_LEN], int memory, size_t len,
			   struct why *why)
{
	struct elf_plugin head;
	void *bytes;
	enum err rc;

	if (!len)
		return err_fail(why, ERR_FORMAT,
				"not a shared object: 0 bytes only");
	bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, memory, 0);
	if (bytes == MAP_FAILED)
		return err_errno(why, ERR_SYSTEM, errno, "cannot map the copy");
	sha256(hash, span_of(bytes, len));
	rc = elf_check(&head, span_of(bytes, len), why);
	munmap(bytes, len);
	if (!rc && head.is_known)
		rc = check_abi(head.abi, head.size, head.abi_hash, why);
	return rc;
}

/* Takes `memory`. */
static enum err image_load(struct loader_image **out, struct loader *l,
			   const char *path, const char *what, int memory,
			   struct why *why)
{
	char self[SELF_PATH_MAX];
	struct weft_plugin plugin;
	struct loader_image *image;
	const uint8_t *at = NULL;
	void *handle;
	enum err rc;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", memory);
	handle = dlopen(self, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		rc = err_fail(why, ERR_SYSTEM, "%s", linker_words(self));
		close(memory);
		return rc;
	}
	rc = find_descriptor(&at, handle, self, why);
	if (!rc)
		rc = read_descriptor(&plugin, at, why);
	if (!rc)
		rc = check_plugin(&plugin, what, why);
	if (rc) {
		unload(l->log, handle, memory, path);
		return rc;
	}
	image = calloc(1, sizeof(*image));
	if (!image)
		abort();
	image->loader = l;
	image->memory = memory;
	image->handle = handle;
	image->plugin = plugin;
	strcpy(image->path, path);
	*out = image;
	return ERR_NONE;
}

static struct loader_image *find_image(const struct loader *l,
				       const uint8_t hash[HASH_LEN])
{
	struct loader_image *image = l->images;

	while (image && memcmp(image->hash, hash, HASH_LEN))
		image = image->next;
	return image;
}

/* One image for one content. Takes `memory`. */
static enum err get_image(struct loader_image **out, struct loader *l,
			  const char *path, const char *what, int memory,
			  size_t len, struct why *why)
{
	uint8_t hash[HASH_LEN];
	enum err rc = check_copy(hash, memory, len, why);

	if (rc) {
		close(memory);
		return rc;
	}
	*out = find_image(l, hash);
	if (*out) {
		close(memory);
		return check_plugin(&(*out)->plugin, what, why);
	}
	rc = image_load(out, l, path, what, memory, why);
	if (rc)
		return rc;
	memcpy((*out)->hash, hash, HASH_LEN);
	(*out)->next = l->images;
	l->images = *out;
	log_event(l->log, LOG_DEBUG, "plugin", "loaded",
		  LOG_TEXT("name", (*out)->plugin.name),
		  LOG_TEXT("version", (*out)->plugin.version),
		  LOG_TEXT("path", path));
	return ERR_NONE;
}

static enum err get(struct loader_image **out, struct loader *l,
		    const char *what, struct why *why)
{
	char path[PATH_MAX];
	int file = -1;
	int memory = -1;
	size_t len;
	enum err rc = find(path, l, what, why);

	if (rc)
		return rc;
	rc = open_file(&file, path, what, l, why);
	if (rc)
		return rc;
	rc = copy_file(&memory, &len, file, path, why);
	close(file);
	return rc ? rc : get_image(out, l, path, what, memory, len, why);
}

enum err loader_get(struct loader *l, struct loader_image **out,
		    const char *what, struct why *why)
{
	struct loader_image *image;
	enum err rc = get(&image, l, what, why);

	if (rc)
		return err_wrap(why, rc, "plugin %.120s", what);
	image->users++;
	*out = image;
	return ERR_NONE;
}

void loader_put(struct loader_image *image)
{
	struct loader_image **at = &image->loader->images;

	if (--image->users)
		return;
	while (*at != image)
		at = &(*at)->next;
	*at = image->next;
	image_free(image);
}

const struct weft_plugin *loader_plugin(const struct loader_image *image)
{
	return &image->plugin;
}

const char *loader_path(const struct loader_image *image)
{
	return image->path;
}

struct loader *loader_new(const struct loader_config *config)
{
	struct loader *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->us = config->us;
	l->log = config->log;
	if (config->folder)
		snprintf(l->folder, sizeof(l->folder), "%s", config->folder);
	else
		loader_folder(l->folder);
	return l;
}

void loader_free(struct loader *l)
{
	free(l);
}
