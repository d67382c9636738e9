/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/scan.h"

void json_scan_init(struct json_scan *s, size_t parts_max)
{
	*s = (struct json_scan){
		.state = JSON_SCAN_BEFORE,
		.parts_left = parts_max,
	};
}

static void die(struct json_scan *s, enum err fault)
{
	s->state = JSON_SCAN_DEAD;
	s->fault = fault;
}

static void count_part(struct json_scan *s)
{
	if (s->parts_left == 0)
		die(s, ERR_LIMIT);
	else
		s->parts_left--;
}

/* What follows a whole value: the rest of its container, or nothing. */
static void leave_value(struct json_scan *s)
{
	s->state = s->depth ? JSON_SCAN_INSIDE : JSON_SCAN_DONE;
}

static void open_bracket(struct json_scan *s, uint8_t c)
{
	uint64_t bit;

	if (s->depth == JSON_DEPTH_MAX) {
		die(s, ERR_LIMIT);
		return;
	}
	bit = (uint64_t)1 << s->depth;
	s->braces = c == '{' ? s->braces | bit : s->braces & ~bit;
	s->depth++;
	s->state = JSON_SCAN_INSIDE;
	count_part(s);
}

static void close_bracket(struct json_scan *s, uint8_t c)
{
	bool brace;

	if (s->depth == 0) {
		die(s, ERR_FORMAT);
		return;
	}
	brace = s->braces >> (s->depth - 1) & 1;
	if (brace != (c == '}')) {
		die(s, ERR_FORMAT);
		return;
	}
	s->depth--;
	leave_value(s);
}

/* A byte outside of strings, and not of a word that stands by itself. */
static void outside(struct json_scan *s, uint8_t c)
{
	switch (c) {
	case '[':
	case '{':
		open_bracket(s, c);
		break;
	case ']':
	case '}':
		close_bracket(s, c);
		break;
	case ',':
	case ':':
		if (s->depth)
			count_part(s);
		else
			die(s, ERR_FORMAT);
		break;
	case '"':
		s->state = JSON_SCAN_STRING;
		break;
	default:
		if (!s->depth && !json_is_blank(c))
			s->state = JSON_SCAN_WORD;
		break;
	}
}

static bool ends_word(uint8_t c)
{
	return json_is_blank(c) || (c && strchr("[]{},:\"", c));
}

/* One byte; false if it belongs to what comes after the text. */
static bool step(struct json_scan *s, uint8_t c)
{
	switch (s->state) {
	case JSON_SCAN_BEFORE:
	case JSON_SCAN_INSIDE:
		outside(s, c);
		break;
	case JSON_SCAN_STRING:
		if (c == '"')
			leave_value(s);
		else if (c == '\\')
			s->state = JSON_SCAN_ESCAPE;
		break;
	case JSON_SCAN_ESCAPE:
		s->state = JSON_SCAN_STRING;
		break;
	case JSON_SCAN_WORD:
		if (!ends_word(c))
			break;
		s->state = JSON_SCAN_DONE;
		return false;
	case JSON_SCAN_DONE:
	case JSON_SCAN_DEAD:
		return false;
	}
	return true;
}

enum err json_scan_feed(struct json_scan *s, size_t *used, struct span bytes)
{
	size_t i = 0;

	while (i < bytes.len && s->state != JSON_SCAN_DONE &&
	       s->state != JSON_SCAN_DEAD && step(s, bytes.data[i]))
		i++;
	*used = i;
	if (s->state == JSON_SCAN_DEAD)
		return s->fault;
	return s->state == JSON_SCAN_DONE ? ERR_NONE : ERR_SHORT;
}

enum err json_scan_end(struct json_scan *s)
{
	if (s->state == JSON_SCAN_DEAD)
		return s->fault;
	if (s->state == JSON_SCAN_BEFORE)
		return ERR_SHORT;
	if (s->state == JSON_SCAN_WORD)
		s->state = JSON_SCAN_DONE;
	if (s->state == JSON_SCAN_DONE)
		return ERR_NONE;
	die(s, ERR_FORMAT);
	return ERR_FORMAT;
}
