/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor.h - what a shared object says of itself as a plugin, and whether
 * that is as <weft/plugin.h> has it. Internal to node/plugin; see loader.h. */
#ifndef NODE_PLUGIN_DESCRIPTOR_H
#define NODE_PLUGIN_DESCRIPTOR_H

#include <weft/plugin.h>

#include "p2p/base/err.h"

/* descriptor_check_abi - the head of a descriptor, before anything of it runs.
 * ERR_UNSUPPORTED: made for another weft; ERR_FORMAT: its size. */
MUST_USE enum err descriptor_check_abi(uint32_t abi, uint32_t size,
				       uint64_t hash, struct why *why);

/* descriptor_check - its members, and that it is the plugin that was asked for
 * by this name or path: ERR_FORMAT, or ERR_LIMIT of its options. */
MUST_USE enum err descriptor_check(const struct weft_plugin *plugin,
				   const char *what, struct why *why);

/* descriptor_load - that of an object which is linked, under `path`, and was
 * asked for as `what`: read as far as both sides know it, and checked.
 * ERR_NOT_FOUND: it has none. out is set on success only in full. */
MUST_USE enum err descriptor_load(struct weft_plugin *out, void *handle,
				  const char *path, const char *what,
				  struct why *why);

#endif
