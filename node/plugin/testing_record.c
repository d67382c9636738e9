/* SPDX-License-Identifier: Apache-2.0 */
/* testing_record.c - the record that the plugins of one node share, of which
 * nobody hears. */
#include <utlist.h>

#include "node/plugin/testing.h"
#include "p2p/enode/local.h"

enum err testing_entry(void *ctx, const char *key)
{
	const struct subject *sets = ctx, *s;
	struct span value;
	size_t size = 0;

	LL_FOREACH (sets->run->subjects, s) {
		if (s->house != sets->house || !s->host || s->stopping)
			continue;
		size += instance_entries(s->host)->len;
		if (s != sets &&
		    enr_draft_get(instance_entries(s->host), key, &value))
			return ERR_EXISTS;
	}
	return size > LOCAL_ENTRIES_MAX ? ERR_LIMIT : ERR_NONE;
}
