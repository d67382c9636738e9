/* SPDX-License-Identifier: Apache-2.0 */
/* needs.h - the libraries that a loaded plugin asked for, as its file says. */
#ifndef NODE_PLUGIN_NEEDS_H
#define NODE_PLUGIN_NEEDS_H

#include <weft/plugin.h>

/* needs_each - call visit with each ("libc.so.6"), in its order. */
void needs_each(const struct weft_plugin *plugin,
		void (*visit)(void *ctx, const char *library), void *ctx);

#endif
