/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "p2p/discover/table.h"

struct node_talk_ask {
	uint32_t request;
	void (*done)(void *ctx, enum err rc, struct span response);
	void *ctx;
	struct node_talk_ask *prev, *next;
};

static struct v5 *v5_of(const struct node_talk *t)
{
	return t->finder ? discovery_v5(finder_discovery(t->finder)) : NULL;
}

void node_talk_open(struct node_talk *t, struct finder *finder,
		    const struct manager *manager)
{
	*t = (struct node_talk){ .finder = finder, .manager = manager };
	if (v5_of(t))
		v5_take_talks(v5_of(t));
}

/* --- answering ---------------------------------------------------------------
 */

void node_talk_reply(struct node_talk *t, uint64_t token, struct span response)
{
	if (!v5_of(t))
		return;
	/* Too late for whoever asked, that is all. */
	if (!v5_talk_reply(v5_of(t), token, response))
		finder_wake(t->finder);
}

static void facts_of(struct weft_talk_facts *out, const struct contact *c)
{
	char text[ENR_TEXT_MAX];

	*out = (struct weft_talk_facts){ 0 };
	memcpy(out->id, c->id.b, sizeof(out->id));
	addr_text(out->remote, &c->udp);
	if (c->record.len)
		snprintf(out->record, sizeof(out->record), "%s",
			 enr_text(text, &c->record));
}

static void asked(struct node_talk *t, const struct discover_event *ev)
{
	struct weft_talk_facts who;

	facts_of(&who, &ev->node);
	if (manager_talk_asked(t->manager, ev->token, &who, ev->protocol,
			       ev->data))
		node_talk_reply(t, ev->token, span_of(NULL, 0));
}

/* --- asking ------------------------------------------------------------------
 */

static void end_ask(struct node_talk *t, struct node_talk_ask *a, enum err rc,
		    struct span response)
{
	DL_DELETE(t->asks, a);
	a->done(a->ctx, rc, response);
	free(a);
}

static void talked(struct node_talk *t, const struct discover_event *ev)
{
	struct node_talk_ask *a;

	DL_SEARCH_SCALAR(t->asks, a, request, ev->request);
	if (a)
		end_ask(t, a, ev->err, ev->data);
}

static enum err contact_of_text(struct contact *out, const struct discovery *d,
				const char *text)
{
	const struct contact *known;
	struct node_id id;
	struct enr r;
	enum err rc;

	if (node_id_parse(&id, text)) {
		known = table_find(v5_table(discovery_v5(d)), &id);
		if (known)
			*out = *known;
		return known ? ERR_NONE : ERR_NOT_FOUND;
	}
	rc = enr_parse(&r, text, NULL);
	if (!rc)
		rc = enr_verify(&r, NULL);
	if (rc || !contact_of_record(out, &r, discovery_reach(d)))
		return ERR_FORMAT;
	return ERR_NONE;
}

enum err node_talk_ask(struct node_talk *t, const struct instance_talk *talk,
		       void (*done)(void *ctx, enum err rc,
				    struct span response),
		       void *done_ctx)
{
	struct v5 *v5 = v5_of(t);
	struct node_talk_ask *a;
	struct contact c;
	uint32_t request;
	enum err rc;

	if (!v5)
		return ERR_NOT_FOUND;
	rc = contact_of_text(&c, finder_discovery(t->finder), talk->node);
	if (rc)
		return rc;
	request = v5_talk(v5, &c, span_text(talk->protocol), talk->request);
	if (!request)
		return ERR_LIMIT;
	finder_wake(t->finder);
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->request = request;
	a->done = done;
	a->ctx = done_ctx;
	DL_APPEND(t->asks, a);
	return ERR_NONE;
}

/* --- both --------------------------------------------------------------------
 */

void node_talk_heard(struct node_talk *t, const struct discover_event *ev)
{
	if (ev->type == DISCOVER_TALK)
		asked(t, ev);
	else if (ev->type == DISCOVER_TALKED)
		talked(t, ev);
}

void node_talk_close(struct node_talk *t)
{
	t->finder = NULL;
	while (t->asks)
		end_ask(t, t->asks, ERR_CLOSED, span_of(NULL, 0));
}
