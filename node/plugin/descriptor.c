/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/descriptor.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <string.h>

#include "node/plugin/loader.h"
#include "node/plugin/options.h"

enum {
	VERSION_MAX = 64,

	/* The first header of abi 0 ended with `start`; none will ever be
	 * this much longer. */
	DESCRIPTOR_MIN = offsetof(struct weft_plugin, stop),
	DESCRIPTOR_MAX = 4096,
};

enum err descriptor_check_abi(uint32_t abi, uint32_t size, uint64_t hash,
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

enum err descriptor_check(const struct weft_plugin *p, const char *what,
			  struct why *why)
{
	struct options *options;
	enum err rc;

	if (!p->name || !loader_is_name(p->name))
		return err_fail(why, ERR_FORMAT,
				"its name \"%.80s\" is not one of letters a-z, "
				"digits, _ and -",
				p->name ? p->name : "");
	if (loader_is_reserved(p->name))
		return err_fail(why, ERR_FORMAT,
				"its name \"%s\" would give it admin methods "
				"that look like the node's own; admin, node, "
				"plugin and rpc are taken, alone or before _",
				p->name);
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

/* The symbol must be of the object itself: dlsym also looks through the
 * libraries that it needs. */
static enum err find(const uint8_t **out, void *handle, const char *path,
		     struct why *why)
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
static enum err read(struct weft_plugin *out, const uint8_t *at,
		     struct why *why)
{
	struct weft_plugin head = { 0 };
	enum err rc;

	memcpy(&head, at, offsetof(struct weft_plugin, api));
	rc = descriptor_check_abi(head.abi, head.size, head.abi_hash, why);
	if (rc)
		return rc;
	*out = (struct weft_plugin){ 0 };
	memcpy(out, at, head.size < sizeof(*out) ? head.size : sizeof(*out));
	return ERR_NONE;
}

enum err descriptor_load(struct weft_plugin *out, void *handle,
			 const char *path, const char *what, struct why *why)
{
	const uint8_t *at = NULL;
	enum err rc = find(&at, handle, path, why);

	if (!rc)
		rc = read(out, at, why);
	if (!rc)
		rc = descriptor_check(out, what, why);
	return rc;
}
