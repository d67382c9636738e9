/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/split.h"

void json_split_init(struct json_split *s, size_t text_max, size_t parts_max)
{
	*s = (struct json_split){
		.text_max = text_max,
		.parts_max = parts_max,
	};
	buf_init(&s->in, text_max + JSON_SPLIT_AHEAD);
	json_scan_init(&s->scan, parts_max);
}

void json_split_clear(struct json_split *s)
{
	buf_clear(&s->in);
}

enum err json_split_feed(struct json_split *s, const uint8_t *data, size_t len)
{
	return s->dead ? ERR_NONE : buf_append(&s->in, data, len);
}

void json_split_end(struct json_split *s)
{
	s->ended = true;
}

static void drop_taken(struct json_split *s)
{
	if (!s->taken)
		return;
	buf_drop(&s->in, s->taken);
	s->taken = 0;
	s->scanned = 0;
	json_scan_init(&s->scan, s->parts_max);
}

/* Blanks between texts are nobody's and do not count. */
static void drop_blanks(struct json_split *s)
{
	size_t n = 0;

	if (s->scan.state != JSON_SCAN_BEFORE)
		return;
	while (n < s->in.len && json_is_blank(s->in.data[n]))
		n++;
	buf_drop(&s->in, n);
}

static enum err die(struct json_split *s, enum err rc)
{
	s->dead = rc;
	buf_clear(&s->in);
	return rc;
}

void json_split_stop(struct json_split *s)
{
	(void)die(s, s->dead ? s->dead : ERR_CLOSED);
}

/* What has come of the text and was not looked at yet. */
static struct span unseen(const struct json_split *s)
{
	if (s->scanned == s->in.len)
		return (struct span){ 0 };
	return span_of(s->in.data + s->scanned, s->in.len - s->scanned);
}

enum err json_split_next(struct json_split *s, struct span *text)
{
	size_t used;
	enum err rc;

	if (s->dead)
		return s->dead;
	drop_taken(s);
	drop_blanks(s);
	rc = json_scan_feed(&s->scan, &used, unseen(s));
	s->scanned += used;
	if (rc == ERR_SHORT && s->ended) {
		rc = json_scan_end(&s->scan);
		if (rc == ERR_SHORT)
			rc = ERR_CLOSED;
	}
	if (s->scanned > s->text_max)
		rc = ERR_LIMIT;
	if (rc == ERR_SHORT)
		return rc;
	if (rc)
		return die(s, rc);
	*text = span_of(s->in.data, s->scanned);
	s->taken = s->scanned;
	return ERR_NONE;
}

bool json_split_is_amid(const struct json_split *s)
{
	return !s->dead && !s->taken && s->scan.state != JSON_SCAN_BEFORE;
}

bool json_split_is_too_long(const struct json_split *s)
{
	return s->dead == ERR_LIMIT && s->scanned > s->text_max;
}

size_t json_split_unread(const struct json_split *s)
{
	return s->dead ? 0 : s->in.len - s->taken;
}
