/* SPDX-License-Identifier: Apache-2.0 */
/* loader.h - plugins as shared objects: found, judged and loaded once per
 * process, however many nodes run them.
 *
 * A NAME is sought as NAME.so in one folder and nowhere else; anything with a
 * '/' is a path. Only files that nobody but we and root can write are taken
 * (trust_open). Such a file is copied into memory and judged there
 * (elf_check.h) before the dynamic linker sees it, and the linker loads that
 * copy: the file may be rebuilt or removed while it runs, and loading it again
 * gives what it holds then. No search path, of ours or in the environment, has
 * a part in which file that is; libraries that a plugin needs are found as any
 * program's.
 *
 * Loading runs the constructors of the object. Blocks on the file system.
 * Thread: one; images are good for every loop of that thread. */
#ifndef NODE_PLUGIN_LOADER_H
#define NODE_PLUGIN_LOADER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <weft/plugin.h>

#include "p2p/base/err.h"
#include "p2p/base/log.h"

enum {
	LOADER_NAME_MAX = 64,		    /* of a plugin; with terminator */
	LOADER_FILE_MAX = 64 * 1024 * 1024, /* bytes of a shared object */
};

struct loader;
struct loader_image;

struct loader_config {
	const char *folder;    /* where NAMEs are sought; NULL: loader_folder.
				* Copied. */
	uid_t us;	       /* whose files are believed, beside root's */
	const struct log *log; /* borrowed; may be NULL */
};

/* loader_folder - "plugins" beside this program when that is a folder, as it
 * is in a build; else that of the installation, which may have been moved as a
 * whole. Returns out. */
const char *loader_folder(char out[PATH_MAX]);

/* loader_is_name - does it match [a-z0-9_-]+, shorter than LOADER_NAME_MAX? */
bool loader_is_name(const char *text);

/* loader_is_reserved - is it, or its part before a '_', a name space of the
 * node's own admin methods: admin, node, plugin or rpc? No plugin is called
 * that. */
bool loader_is_reserved(const char *name);

struct loader *loader_new(const struct loader_config *config);

/* loader_free - every image was put. */
void loader_free(struct loader *l);

/* loader_get - load a plugin, or count another user of it: files with the same
 * bytes are one image.
 *
 * ERR_NOT_FOUND    no such file, or it defines no weft_plugin
 * ERR_DENIED       trust_open or elf_check.h forbids it
 * ERR_UNSUPPORTED  for another machine or another weft ("rebuild ...")
 * ERR_FORMAT       neither name nor path; damaged; its descriptor is not as
 *                  <weft/plugin.h> says, or has a reserved name
 * ERR_LIMIT        over LOADER_FILE_MAX; too long a path
 * ERR_BUSY         the file changed while it was read
 * ERR_SYSTEM       it cannot be read, or the dynamic linker refuses: why has
 *                  its words ("undefined symbol: foo")
 *
 * *out is set on success only. why is one line that begins "plugin <what>". */
MUST_USE enum err loader_get(struct loader *l, struct loader_image **out,
			     const char *what, struct why *why);

/* loader_put - the last user's unloads it. That something still lies in memory
 * afterwards is logged; so are objects kept by sanitizer builds, see below. */
void loader_put(struct loader_image *image);

/* loader_plugin - its descriptor as this weft knows it: members that an older
 * plugin lacks are 0. Borrowed, with all it points to, until loader_put. */
const struct weft_plugin *loader_plugin(const struct loader_image *image);

/* loader_path - the file it was loaded from first. Borrowed likewise. */
const char *loader_path(const struct loader_image *image);

/* loader_unloads - false in sanitizer builds: their reports, made at the end,
 * could no longer name what was in an object that is gone. */
bool loader_unloads(void);

#endif
