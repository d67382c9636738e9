/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "node/plugin/descriptor.h"
#include "node/plugin/elf_check.h"
#include "node/plugin/plugin_file.h"
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
	SELF_PATH_MAX = 32, /* "/proc/self/fd/<int>" */
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
		rc = descriptor_check_abi(head.abi, head.size, head.abi_hash,
					  why);
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

/* Takes `memory`. */
static enum err image_load(struct loader_image **out, struct loader *l,
			   const char *path, const char *what, int memory,
			   struct why *why)
{
	char self[SELF_PATH_MAX];
	struct weft_plugin plugin;
	struct loader_image *image;
	void *handle;
	enum err rc;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", memory);
	handle = dlopen(self, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		rc = err_fail(why, ERR_SYSTEM, "%s", linker_words(self));
		close(memory);
		return rc;
	}
	rc = descriptor_load(&plugin, handle, self, what, why);
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
		return descriptor_check(&(*out)->plugin, what, why);
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
	enum err rc = plugin_file_find(path, l->folder, what, why);

	if (rc)
		return rc;
	rc = plugin_file_open(&file, path, what, l->us, why);
	if (rc)
		return rc;
	rc = plugin_file_copy(&memory, &len, file, path, why);
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
