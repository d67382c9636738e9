/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "node/dns/zone.h"
#include "node/json/parse.h"

enum {
	VALUE_MAX = DNS_TEXT_MAX, /* bytes of one record */
	NAME_LEN_MAX = 1023,
	JSON_PARTS = 4 * DNSZONE_ROWS_MAX,
};

/* --- JSON ----------------------------------------------------------------- */

static enum err read_json(struct dnszone *z, struct span text, struct why *why)
{
	const char *name;
	json_t *o, *value;
	enum err rc;

	rc = json_from_stranger(&o, text, JSON_PARTS, why);
	if (rc)
		return rc;
	json_object_foreach(o, name, value)
	{
		if (!json_is_string(value)) {
			rc = err_fail(why, ERR_FORMAT, "%.80s: not a text",
				      name);
			break;
		}
		rc = dnszone_add(z, span_text(name),
				 span_of(json_string_value(value),
					 json_string_length(value)));
		if (rc) {
			err_fail(why, rc, "over %d names", DNSZONE_ROWS_MAX);
			break;
		}
	}
	json_decref(o);
	return rc;
}

/* --- words of a zone file ------------------------------------------------- */

struct source {
	const uint8_t *at, *end;
	size_t line;
	unsigned open;	 /* parentheses, in which lines do not end */
	bool is_blank;	 /* blanks came before the word */
	bool is_quoted;	 /* the word was in quotes */
	struct buf word; /* without its escapes */
};

enum word {
	WORD_TEXT,
	WORD_LINE_END,
	WORD_FILE_END,
	WORD_FAULT,
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What a backslash stands for: three digits, or the byte itself. */
static bool take_escape(struct source *s, uint8_t *c)
{
	unsigned value;

	if (s->at == s->end)
		return false;
	if (s->end - s->at < 3 || !is_digit(s->at[0]) || !is_digit(s->at[1]) ||
	    !is_digit(s->at[2])) {
		*c = *s->at++;
		return *c != '\n' && !is_digit(*c);
	}
	value = (s->at[0] - '0') * 100u + (s->at[1] - '0') * 10u +
		(s->at[2] - '0');
	s->at += 3;
	*c = (uint8_t)value;
	return value <= UINT8_MAX;
}

static bool ends_word(uint8_t c)
{
	return is_space(c) || c == '\n' || c == ';' || c == '(' || c == ')' ||
	       c == '"';
}

static enum word take_text(struct source *s)
{
	s->is_quoted = *s->at == '"';
	s->at += s->is_quoted;
	buf_truncate(&s->word, 0);
	for (;;) {
		uint8_t c = s->at < s->end ? *s->at : '\n';

		if (s->is_quoted ? c == '"' : ends_word(c))
			break;
		if (s->is_quoted && c == '\n')
			return WORD_FAULT; /* no end */
		s->at++;
		if (c == '\\' && !take_escape(s, &c))
			return WORD_FAULT;
		if (buf_append(&s->word, &c, 1))
			return WORD_FAULT;
	}
	s->at += s->is_quoted;
	return WORD_TEXT;
}

static enum word take_word(struct source *s)
{
	s->is_blank = false;
	for (; s->at < s->end; s->at++) {
		uint8_t c = *s->at;

		if (c == '(') {
			s->open++;
		} else if (c == ')') {
			if (!s->open--)
				return WORD_FAULT;
		} else if (c == ';') {
			while (s->at + 1 < s->end && s->at[1] != '\n')
				s->at++;
		} else if (c == '\n') {
			s->line++;
			if (!s->open) {
				s->at++;
				return WORD_LINE_END;
			}
		} else if (!is_space(c)) {
			return take_text(s);
		}
		s->is_blank = true;
	}
	return s->open ? WORD_FAULT : WORD_FILE_END;
}

/* --- lines ---------------------------------------------------------------- */

struct reading {
	struct source s;
	struct dnszone *z;
	char origin[NAME_LEN_MAX + 1]; /* without a dot at the end */
	char name[NAME_LEN_MAX + 1];   /* of the record, or the one before */
	struct why *why;
};

static enum err fail(struct reading *r, enum err err, const char *text)
{
	return err_fail(r->why, err, "line %zu: %s", r->s.line, text);
}

static bool is_word(const struct reading *r, const char *text)
{
	return !r->s.is_quoted && r->s.word.len == strlen(text) &&
	       !strncasecmp((const char *)r->s.word.data, text, strlen(text));
}

/* A name, complete by the origin if it has no dot at the end. */
static enum err take_name(struct reading *r, char out[NAME_LEN_MAX + 1])
{
	const struct buf *w = &r->s.word;
	bool is_whole = w->len && w->data[w->len - 1] == '.';
	char name[2 * NAME_LEN_MAX + 3];
	int n;

	if (w->len > NAME_LEN_MAX)
		return fail(r, ERR_LIMIT, "too long a name");
	if (is_word(r, "@"))
		n = snprintf(name, sizeof(name), "%s", r->origin);
	else
		n = snprintf(name, sizeof(name), "%.*s%s%s",
			     (int)(w->len - is_whole), (const char *)w->data,
			     is_whole || !*r->origin ? "" : ".",
			     is_whole ? "" : r->origin);
	if (n > NAME_LEN_MAX)
		return fail(r, ERR_LIMIT, "too long a name");
	memcpy(out, name, (size_t)n + 1);
	return ERR_NONE;
}

static enum err skip_line(struct reading *r, enum word word)
{
	while (word == WORD_TEXT)
		word = take_word(&r->s);
	if (word == WORD_FAULT)
		return fail(r, ERR_FORMAT, "quotes, parentheses or escapes");
	return ERR_NONE;
}

static enum err take_directive(struct reading *r)
{
	bool is_origin = is_word(r, "$ORIGIN");
	enum word word;
	enum err rc;

	if (!is_origin && !is_word(r, "$TTL"))
		return fail(r, ERR_UNSUPPORTED,
			    "a directive other than $ORIGIN and $TTL");
	word = take_word(&r->s);
	if (word != WORD_TEXT)
		return fail(r, ERR_FORMAT, "nothing behind a directive");
	rc = is_origin ? take_name(r, r->origin) : ERR_NONE;
	return rc ? rc : skip_line(r, take_word(&r->s));
}

/* The strings behind "TXT", put together. */
static enum err take_strings(struct reading *r)
{
	struct buf value;
	enum word word;
	enum err rc = ERR_NONE;
	size_t n = 0;

	buf_init(&value, VALUE_MAX);
	while (!rc && (word = take_word(&r->s)) == WORD_TEXT) {
		n++;
		if (buf_append(&value, r->s.word.data, r->s.word.len))
			rc = fail(r, ERR_LIMIT, "too long a value");
	}
	if (!rc)
		rc = skip_line(r, word);
	if (!rc && !n)
		rc = fail(r, ERR_FORMAT, "nothing behind TXT");
	if (!rc && dnszone_add(r->z, span_text(r->name),
			       span_of(value.data, value.len)))
		rc = fail(r, ERR_LIMIT, "too many records");
	buf_clear(&value);
	return rc;
}

/* "[name] [ttl] [class] type data", of which TTL and class come in any order.
 */
static enum err take_record(struct reading *r)
{
	enum word word = WORD_TEXT;
	enum err rc;

	if (!r->s.is_blank) {
		rc = take_name(r, r->name);
		if (rc)
			return rc;
		word = take_word(&r->s);
	}
	while (word == WORD_TEXT && !r->s.is_quoted &&
	       (is_word(r, "IN") ||
		(r->s.word.len && is_digit(r->s.word.data[0]))))
		word = take_word(&r->s);
	if (word == WORD_TEXT && is_word(r, "TXT"))
		return take_strings(r);
	return skip_line(r, word);
}

static enum err read_lines(struct reading *r)
{
	enum err rc = ERR_NONE;

	while (!rc) {
		enum word word = take_word(&r->s);

		if (word == WORD_FILE_END)
			break;
		if (word == WORD_FAULT)
			rc = skip_line(r, word);
		else if (word == WORD_TEXT && r->s.word.len &&
			 r->s.word.data[0] == '$' && !r->s.is_quoted)
			rc = take_directive(r);
		else if (word == WORD_TEXT)
			rc = take_record(r);
	}
	return rc;
}

enum err dnszone_read(struct dnszone *z, struct span text, struct why *why)
{
	struct reading r = { .z = z, .why = why };
	size_t first = 0;
	enum err rc;

	if (text.len > DNSZONE_TEXT_MAX)
		return err_fail(why, ERR_LIMIT, "over %d bytes",
				DNSZONE_TEXT_MAX);
	while (first < text.len && json_is_blank(text.data[first]))
		first++;
	if (first < text.len && text.data[first] == '{') {
		rc = read_json(z, text, why);
	} else {
		r.s = (struct source){
			.at = text.data,
			.end = text.len ? text.data + text.len : text.data,
			.line = 1,
		};
		buf_init(&r.s.word, VALUE_MAX);
		rc = read_lines(&r);
		buf_clear(&r.s.word);
	}
	if (rc)
		dnszone_clear(z);
	return rc;
}
