/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/needs.h"

#include <dlfcn.h>
#include <link.h>

/* What the dynamic linker has mapped is in order: it has read it already. */
void needs_each(const struct weft_plugin *plugin,
		void (*visit)(void *ctx, const char *library), void *ctx)
{
	const char *strings = NULL;
	struct link_map *map;
	Dl_info info;

	/* The table's place is inside of the object. */
	if (!dladdr1(plugin->api, &info, (void **)&map, RTLD_DL_LINKMAP))
		return;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_STRTAB)
			strings = (const char *)d->d_un.d_ptr;
	for (const ElfW(Dyn) *d = map->l_ld; strings && d->d_tag != DT_NULL;
	     d++)
		if (d->d_tag == DT_NEEDED)
			visit(ctx, strings + d->d_un.d_val);
}
