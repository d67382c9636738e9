/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlp/rlp_format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/rlp/rlp_write.h"

/* Of a format, in an error text: the rest of the line is for the error. */
#define FORMAT_SHOWN "%.256s"

enum use {
	PACK,
	UNPACK,
};

/* A copy, or several, in one allocation. */
struct rlp_text {
	struct rlp_text *next;
	char bytes[];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first letter at or behind `at`; it points to '\0' at the end. */
static const char *letter_from(const char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

static bool is_value(char letter)
{
	return letter && strchr("sdu?r", letter);
}

/* Is the format well formed? *values is how many it takes or gives. What
 * passes here is taken for granted below. */
static enum err format_check(size_t *values, struct why *why,
			     const char *format, enum use use)
{
	const char *at = letter_from(format);
	size_t depth = 0;
	size_t n = 0;

	for (; *at; at = letter_from(at + 1)) {
		if (is_value(*at))
			n++;
		else if (*at == '[')
			depth++;
		else if (*at == ']' && depth)
			depth--;
		else if (*at == ']')
			return err_fail(why, ERR_UNSUPPORTED,
					FORMAT_SHOWN ": ']' without '['",
					format);
		else if (*at != '*')
			return err_fail(why, ERR_UNSUPPORTED,
					FORMAT_SHOWN ": unknown letter '%c'",
					format, *at);
		else if (use == PACK)
			return err_fail(why, ERR_UNSUPPORTED,
					FORMAT_SHOWN ": '*' cannot be packed",
					format);
		else if (*letter_from(at + 1) != ']')
			return err_fail(why, ERR_UNSUPPORTED,
					FORMAT_SHOWN
					": '*' is not the last in a list",
					format);
		if (depth > RLP_DEPTH_MAX)
			return err_fail(why, ERR_LIMIT,
					FORMAT_SHOWN ": lists deeper than %d",
					format, RLP_DEPTH_MAX);
		if (n > RLP_FORMAT_ITEMS_MAX)
			return err_fail(why, ERR_LIMIT,
					FORMAT_SHOWN ": more than %d values",
					format, RLP_FORMAT_ITEMS_MAX);
	}
	if (depth)
		return err_fail(why, ERR_UNSUPPORTED,
				FORMAT_SHOWN ": '[' without ']'", format);
	*values = n;
	return ERR_NONE;
}

/* Output that is written from its end to its start: a list's header then comes
 * after the content, when its length is known, and nothing ever moves. Without
 * memory it only measures. */
struct backward {
	uint8_t *end; /* one past the last byte, or NULL */
	size_t size;  /* bytes so far */
	size_t limit; /* most bytes */
	bool full;
};

static void put_front(struct backward *b, const void *data, size_t n)
{
	if (b->full || n > b->limit - b->size) {
		b->full = true;
		return;
	}
	b->size += n;
	if (b->end && n)
		memcpy(b->end - b->size, data, n);
}

static void put_header(struct backward *b, enum rlp_kind kind, size_t len)
{
	uint8_t header[RLP_HEADER_MAX];

	put_front(b, header, rlp_put_header(header, kind, len));
}

static void put_string(struct backward *b, struct span s)
{
	put_front(b, s.data, s.len);
	if (s.len != 1 || s.data[0] >= 0x80)
		put_header(b, RLP_STRING, s.len);
}

static void put_number(struct backward *b, uint64_t v)
{
	uint8_t code[RLP_HEADER_MAX];

	put_front(b, code, rlp_put_code(code, v));
}

static void put_value(struct backward *b, char letter,
		      const struct rlp_item *item)
{
	if (letter == 'u')
		put_number(b, item->number);
	else if (letter == '?')
		put_number(b, item->number != 0);
	else if (letter == 'r')
		put_front(b, item->data.data, item->data.len);
	else
		put_string(b, item->data);
}

/* The whole structure. `items` points behind the last of them. */
static void put_all(struct backward *b, const char *format,
		    const struct rlp_item *items)
{
	size_t behind[RLP_DEPTH_MAX]; /* bytes that follow each open list */
	size_t depth = 0;

	for (const char *at = format + strlen(format); at > format;) {
		at--;
		if (*at == ']')
			behind[depth++] = b->size;
		else if (*at == '[')
			put_header(b, RLP_LIST, b->size - behind[--depth]);
		else if (is_value(*at))
			put_value(b, *at, --items);
	}
}

enum err rlp_pack_items(struct buf *out, struct why *why, const char *format,
			const struct rlp_item *items, size_t count)
{
	struct backward b = { .limit = out->limit - out->len };
	enum err rc;
	uint8_t *to;
	size_t n;

	rc = format_check(&n, why, format, PACK);
	if (rc)
		return rc;
	if (n != count)
		return err_fail(why, ERR_UNSUPPORTED,
				FORMAT_SHOWN ": %zu values, but %zu given",
				format, n, count);

	put_all(&b, format, items + count);
	if (b.size == 0 && !b.full)
		return ERR_NONE;
	to = b.full ? NULL : buf_grow(out, b.size);
	if (!to)
		return err_fail(why, ERR_LIMIT,
				FORMAT_SHOWN ": over the limit of %zu bytes",
				format, out->limit);
	n = b.size;
	b = (struct backward){ .end = to + n, .limit = n };
	put_all(&b, format, items + count);
	assert(b.size == n && !b.full);
	buf_commit(out, n);
	return ERR_NONE;
}

enum err rlp_pack_va(struct buf *out, struct why *why, const char *format,
		     va_list ap)
{
	struct rlp_item items[RLP_FORMAT_ITEMS_MAX];
	const char *text;
	const void *data;
	size_t count;
	size_t n = 0;
	enum err rc;

	rc = format_check(&count, why, format, PACK);
	if (rc)
		return rc;
	for (const char *at = format; *at; at++) {
		if (*at == 'u') {
			items[n++].number = va_arg(ap, uint64_t);
		} else if (*at == '?') {
			items[n++].number = va_arg(ap, int) != 0;
		} else if (*at == 's') {
			/* "A missing value of a byte-string [...] type is 80"
			 * (section 1.1) */
			text = va_arg(ap, const char *);
			items[n++].data = span_text(text ? text : "");
		} else if (is_value(*at)) {
			data = va_arg(ap, const void *);
			items[n++].data = span_of(data, va_arg(ap, size_t));
		}
	}
	return rlp_pack_items(out, why, format, items, count);
}

enum err rlp_pack(struct buf *out, struct why *why, const char *format, ...)
{
	va_list ap;
	enum err rc;

	va_start(ap, format);
	rc = rlp_pack_va(out, why, format, ap);
	va_end(ap);
	return rc;
}

static void read_value(struct rlp *r, struct rlp_item *item, char letter)
{
	*item = (struct rlp_item){ 0 };
	if (letter == 'u')
		item->number = rlp_u64(r);
	else if (letter == '?')
		item->number = rlp_bool(r);
	else if (letter == 'r')
		item->data = rlp_raw(r);
	else
		item->data = rlp_bytes(r);
}

static bool has_nul(struct span s)
{
	return s.len && memchr(s.data, 0, s.len);
}

/* `at` is the letter that failed, n the values before and with it. */
static enum err read_failed(struct why *why, const char *format, const char *at,
			    size_t n, const char *what)
{
	if (!*at)
		return err_fail(why, ERR_FORMAT,
				FORMAT_SHOWN ": at its end: %s", format, what);
	if (is_value(*at))
		return err_fail(why, ERR_FORMAT,
				FORMAT_SHOWN ": item %zu '%c': %s", format, n,
				*at, what);
	return err_fail(why, ERR_FORMAT,
			FORMAT_SHOWN ": '%c' after %zu items: %s", format, *at,
			n, what);
}

/* Step over the rest of the list and stay in it. */
static void skip_tail(struct rlp *r)
{
	struct rlp look = *r;

	rlp_leave_tail(&look);
	r->fault = look.fault;
	r->at = look.at;
}

/* The values, borrowed from `in`; texts are not copied yet. */
static enum err read_all(struct rlp_item *items, struct span in,
			 struct why *why, const char *format)
{
	struct rlp r = rlp_of(in.data, in.len);
	const char *at = letter_from(format);
	size_t n = 0;

	for (; *at; at = letter_from(at + 1)) {
		if (*at == '[')
			rlp_enter(&r);
		else if (*at == ']')
			rlp_leave(&r);
		else if (*at == '*')
			skip_tail(&r);
		else
			read_value(&r, &items[n++], *at);
		if (r.fault)
			return read_failed(why, format, at, n,
					   rlp_fault_name(r.fault));
		if (*at == 's' && has_nul(items[n - 1].data))
			return read_failed(why, format, at, n,
					   "a NUL byte in a text");
	}
	if (rlp_end(&r))
		return read_failed(why, format, at, n, rlp_fault_name(r.fault));
	return ERR_NONE;
}

/* Give each `s` a copy of its own with a NUL behind it, all in one block: its
 * size is bounded by the input's. */
static void keep_texts(struct rlp_texts *texts, struct rlp_item *items,
		       const char *format)
{
	struct rlp_text *text;
	size_t size = 0;
	size_t n = 0;
	char *to;

	for (const char *at = format; *at; at++) {
		if (*at == 's')
			size += items[n].data.len + 1;
		n += is_value(*at);
	}
	if (size == 0)
		return;
	assert(texts);
	text = malloc(sizeof(*text) + size);
	if (!text)
		abort();
	text->next = texts->first;
	texts->first = text;

	to = text->bytes;
	n = 0;
	for (const char *at = format; *at; at++) {
		if (*at == 's') {
			if (items[n].data.len)
				memcpy(to, items[n].data.data,
				       items[n].data.len);
			to[items[n].data.len] = '\0';
			items[n].data.data = (const uint8_t *)to;
			to += items[n].data.len + 1;
		}
		n += is_value(*at);
	}
}

void rlp_texts_clear(struct rlp_texts *texts)
{
	struct rlp_text *next;

	for (struct rlp_text *t = texts->first; t; t = next) {
		next = t->next;
		free(t);
	}
	texts->first = NULL;
}

enum err rlp_unpack_items(struct span in, struct rlp_texts *texts,
			  struct why *why, const char *format,
			  struct rlp_item *items, size_t room, size_t *count)
{
	struct rlp_item read[RLP_FORMAT_ITEMS_MAX];
	enum err rc;
	size_t n;

	rc = format_check(&n, why, format, UNPACK);
	if (rc)
		return rc;
	if (n > room)
		return err_fail(why, ERR_LIMIT,
				FORMAT_SHOWN ": %zu values, room for %zu",
				format, n, room);
	rc = read_all(read, in, why, format);
	if (rc)
		return rc;
	keep_texts(texts, read, format);
	if (n)
		memcpy(items, read, n * sizeof(*items));
	*count = n;
	return ERR_NONE;
}

static void set_span(const uint8_t **data, size_t *len, struct span s)
{
	if (data)
		*data = s.data;
	if (len)
		*len = s.len;
}

enum err rlp_unpack_va(struct span in, struct rlp_texts *texts, struct why *why,
		       const char *format, va_list ap)
{
	struct rlp_item items[RLP_FORMAT_ITEMS_MAX];
	const struct rlp_item *item = items;
	const uint8_t **data;
	uint64_t *number;
	size_t count;
	char **text;
	int *flag;
	enum err rc;

	rc = rlp_unpack_items(in, texts, why, format, items, ARRAY_LEN(items),
			      &count);
	if (rc)
		return rc;
	for (const char *at = format; *at; at++) {
		if (!is_value(*at))
			continue;
		if (*at == 'u') {
			number = va_arg(ap, uint64_t *);
			if (number)
				*number = item->number;
		} else if (*at == '?') {
			flag = va_arg(ap, int *);
			if (flag)
				*flag = (int)item->number;
		} else if (*at == 's') {
			text = va_arg(ap, char **);
			if (text) /* the copy is ours: not const in truth */
				*text = (char *)item->data.data;
		} else {
			data = va_arg(ap, const uint8_t **);
			set_span(data, va_arg(ap, size_t *), item->data);
		}
		item++;
	}
	return ERR_NONE;
}

enum err rlp_unpack(struct span in, struct rlp_texts *texts, struct why *why,
		    const char *format, ...)
{
	va_list ap;
	enum err rc;

	va_start(ap, format);
	rc = rlp_unpack_va(in, texts, why, format, ap);
	va_end(ap);
	return rc;
}
