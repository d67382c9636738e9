/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_told.h"

#include <stdio.h>
#include <string.h>

static struct node_teller *find(struct node_told *t, const char *plugin)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->tellers[i].plugin, plugin))
			return &t->tellers[i];
	return NULL;
}

/* There are as many tellers as sources, so those have an end first. */
static struct node_teller *add(struct node_told *t, const char *plugin)
{
	struct node_teller *teller = &t->tellers[t->count];
	char name[MIX_NAME_MAX];

	snprintf(name, sizeof(name), "plugin:%.*s", MIX_NAME_MAX - 8, plugin);
	if (t->count == MIX_SOURCES ||
	    sources_add(t->sources, &teller->source, name))
		return NULL;
	snprintf(teller->plugin, sizeof(teller->plugin), "%s", plugin);
	t->count++;
	return teller;
}

enum err node_told_of(struct node_told *t, const char *plugin,
		      const struct enode *node, const struct enr *record)
{
	const struct contact c = {
		.pub = node->pub,
		.id = node->id,
		.udp = { node->ip, node->udp },
		.tcp = node->tcp,
		.record = *record,
	};
	const struct node_teller *teller = find(t, plugin);

	if (!teller)
		teller = add(t, plugin);
	if (!teller)
		return ERR_LIMIT;
	sources_put(t->sources, teller->source, &c);
	return ERR_NONE;
}

void node_told_forget(struct node_told *t, const char *plugin)
{
	struct node_teller *teller = find(t, plugin);

	if (!teller)
		return;
	sources_remove(t->sources, teller->source);
	*teller = t->tellers[--t->count];
}
