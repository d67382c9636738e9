/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c - log lines and events as the program gets them. */
#include <stdio.h>
#include <string.h>

#include "node/embed/embed.h"
#include "node/plugin/api.h"

enum {
	LINE_MAX_BYTES = 2048,
	VALUE_MAX_BYTES = 512,
};

void embed_log(void *server, const struct log_line *line)
{
	const struct weft_server *s = server;
	char text[LINE_MAX_BYTES], value[VALUE_MAX_BYTES];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%s  %s  %s",
			     log_level_name(line->level), line->area,
			     line->message);
	for (const struct log_field *f = line->fields;
	     f->kind != LOG_KIND_END && n < sizeof(text); f++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  %s=%s",
				      f->key,
				      log_value_text(value, sizeof(value), f));
	if (s->on_log)
		s->on_log(s->ctx, (int)line->level, text);
	else
		fprintf(stderr, "%s\n", text);
}

static void emit(struct weft_server *s, struct weft_server_event *event)
{
	event->size = sizeof(*event);
	event->peers = atomic_load(&s->peers);
	if (s->on_event)
		s->on_event(s->ctx, event);
}

void embed_tell_started(struct weft_server *s)
{
	emit(s, &(struct weft_server_event){
			.kind = WEFT_EVENT_STARTED,
			.enode = s->enode,
		});
}

void embed_event(struct weft_server *s, const struct server_event *ev)
{
	struct weft_server_event event = {
		.reason = ev->reason,
		.cause = ev->cause,
	};
	struct weft_peer_facts facts;
	char url[ENODE_URL_MAX];

	if (ev->peer) {
		api_peer_facts_of(&facts, ev->peer);
		event.peer = &facts;
	}
	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		event.kind = WEFT_EVENT_PEER_ADDED;
		atomic_store(&s->peers, ev->peers);
		break;
	case SERVER_PEER_DROPPED:
		event.kind = WEFT_EVENT_PEER_DROPPED;
		atomic_store(&s->peers, ev->peers);
		break;
	case SERVER_DIAL_FAILED:
		event.kind = WEFT_EVENT_DIAL_FAILED;
		event.enode = enode_url(url, ev->dialed);
		break;
	case SERVER_CLOSED:
		return;
	}
	emit(s, &event);
}
