/* SPDX-License-Identifier: Apache-2.0 */
/* info.c - what an instance tells its node about itself: the protocols it
 * offers, and what they have to say in admin_nodeInfo and admin_peers. */
#include <utlist.h>

#include "node/plugin/inside.h"

size_t instance_protocols(const struct weft_host *h,
			  const struct protocol **out)
{
	*out = h->protocols;
	return h->protocol_count;
}

static bool is_named(const struct instance_protocol *p, const char *name,
		     uint32_t version)
{
	return p->p.version == version && !strcmp(p->p.name, name);
}

char *instance_node_info(struct weft_host *h, const char *name,
			 uint32_t version)
{
	const struct instance_protocol *p;
	struct weft_text text;

	LL_FOREACH (h->own, p)
		if (is_named(p, name, version))
			break;
	if (!p || !p->p.node_info || h->stage != INSTANCE_RUNNING ||
	    h->work_closed)
		return NULL;
	text_init(&text, TEXT_MAX);
	h->unwaitable++;
	p->p.node_info(p->state, &text);
	h->unwaitable--;
	return text_take(&text);
}

char *instance_peer_info(struct weft_host *h, const char *name,
			 uint32_t version, const struct node_id *peer)
{
	const struct instance_protocol *p;
	struct weft_channel *ch;
	struct weft_text text;

	DL_FOREACH (h->channels, ch)
		if (!ch->closed && !ch->opening &&
		    is_named(ch->protocol, name, version) &&
		    node_id_equal(&ch->facts.id, peer))
			break;
	if (!ch || !ch->protocol->p.peer_info)
		return NULL;
	p = ch->protocol;
	text_init(&text, TEXT_MAX);
	h->unwaitable++;
	p->p.peer_info(ch, ch->user, &text);
	h->unwaitable--;
	return text_take(&text);
}
