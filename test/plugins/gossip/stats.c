/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gossip.h"

static void add(struct weft_text *json, const char *text)
{
	weft_text_add(json, text, strlen(text));
}

static void member(struct weft_text *json, const char *name, int64_t value)
{
	char text[64];

	snprintf(text, sizeof(text), "\"%s\":%" PRId64 ",", name, value);
	add(json, text);
}

static void write_sums(const struct gossip_sums *s, struct weft_text *json)
{
	const struct {
		const char *name;
		int64_t value;
	} members[] = {
		{ "opened", s->opened },
		{ "closed", s->closed },
		{ "rumours_made", s->rumours_made },
		{ "rumours_heard", s->rumours_heard },
		{ "rumours_again", s->rumours_again },
		{ "rumours_posted", s->rumours_posted },
		{ "rumours_skipped", s->rumours_skipped },
		{ "asked", s->asked },
		{ "answered", s->answered },
		{ "late", s->late },
		{ "cut", s->cut },
		{ "strays", s->strays },
		{ "replied", s->replied },
		{ "ignored", s->ignored },
		{ "loads_sent", s->loads_sent },
		{ "loads_cut", s->loads_cut },
		{ "loads_failed", s->loads_failed },
		{ "loads_heard", s->loads_heard },
		{ "loads_wrong", s->loads_wrong },
		{ "load_bytes", s->load_bytes },
		{ "longest_write_ms", s->longest_write_ms },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		member(json, members[i].name, members[i].value);
}

void stats_write_friend(const struct friend *f, struct weft_text *json)
{
	add(json, "{");
	member(json, "rumours", f->rumours);
	member(json, "asked", (int64_t)f->asked);
	member(json, "answered", f->answered);
	member(json, "late", f->late);
	add(json, "\"id\":\"");
	add(json, f->id);
	add(json, "\"}");
}

void stats_write(const struct gossip *g, struct weft_text *json)
{
	add(json, "{");
	write_sums(&g->sums, json);
	add(json, "\"peers\":[");
	for (const struct friend *f = g->friends; f; f = f->next) {
		stats_write_friend(f, json);
		if (f->next)
			add(json, ",");
	}
	add(json, "]}");
}
