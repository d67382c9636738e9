/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/http.h"

#include <string.h>
#include <strings.h>

#include "p2p/base/hex.h"

enum {
	LINE_MAX_BYTES = 10, /* digits of a length that is worth reading */
};

/* Bytes that are not the body, between its pieces: a size for each byte is
 * more than any server sends. */
static size_t room_for(size_t body_max)
{
	return HTTP_HEAD_MAX + 2 * body_max + 64;
}

void http_reply_init(struct http_reply *r, size_t body_max)
{
	memset(r, 0, sizeof(*r));
	r->body_max = body_max;
	buf_init(&r->in, room_for(body_max) + 1); /* and a zero byte */
}

void http_reply_clear(struct http_reply *r)
{
	buf_clear(&r->in);
}

static struct span rest_from(struct span s, size_t at)
{
	return span_of(s.data + at, s.len - at);
}

/* The next line without its end, taken off s; false: none is whole. */
static bool take_line(struct span *s, struct span *line)
{
	const uint8_t *end = s->len ? memchr(s->data, '\n', s->len) : NULL;
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - s->data);
	*line = span_of(s->data, n && s->data[n - 1] == '\r' ? n - 1 : n);
	*s = rest_from(*s, n + 1);
	return true;
}

static struct span trimmed(struct span s)
{
	while (s.len && (*s.data == ' ' || *s.data == '\t'))
		s = rest_from(s, 1);
	while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool is_word(struct span s, const char *word)
{
	return s.len == strlen(word) &&
	       !strncasecmp((const char *)s.data, word, s.len);
}

/* "HTTP/1.x NNN ..." */
static bool read_status(int *out, struct span line)
{
	const uint8_t *b = line.data;
	int status = 0;

	if (line.len < 12 || memcmp(b, "HTTP/1.", 7) || b[8] != ' ')
		return false;
	for (size_t i = 9; i < 12; i++) {
		if (b[i] < '0' || b[i] > '9')
			return false;
		status = status * 10 + (b[i] - '0');
	}
	*out = status;
	return true;
}

static enum err read_length(struct http_reply *r, struct span value)
{
	size_t n = 0;

	if (!value.len || value.len > LINE_MAX_BYTES)
		return value.len ? ERR_LIMIT : ERR_FORMAT;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return ERR_FORMAT;
		n = n * 10 + (size_t)(value.data[i] - '0');
	}
	if (n > r->body_max)
		return ERR_LIMIT;
	r->has_length = true;
	r->length = n;
	return ERR_NONE;
}

static enum err read_header(struct http_reply *r, struct span line)
{
	const uint8_t *colon =
		line.len ? memchr(line.data, ':', line.len) : NULL;
	struct span name, value;

	if (!colon)
		return ERR_NONE; /* of no use to us */
	name = span_of(line.data, (size_t)(colon - line.data));
	value = trimmed(rest_from(line, name.len + 1));
	if (is_word(name, "content-length"))
		return read_length(r, value);
	if (is_word(name, "transfer-encoding") && is_word(value, "chunked"))
		r->chunked = true;
	return ERR_NONE;
}

/* The bytes up to the empty line. */
static enum err read_head(struct http_reply *r, struct span head)
{
	struct span line;
	enum err rc;

	if (!take_line(&head, &line) || !read_status(&r->status, line))
		return ERR_FORMAT;
	while (take_line(&head, &line) && line.len) {
		rc = read_header(r, line);
		if (rc)
			return rc;
	}
	return ERR_NONE;
}

/* Is the line that ends at `at` (its '\n') empty? */
static bool ends_head(const struct buf *in, size_t at)
{
	const uint8_t *b = in->data;

	if (at >= 1 && b[at - 1] == '\n')
		return true;
	return at >= 2 && b[at - 1] == '\r' && b[at - 2] == '\n';
}

static enum err find_head(struct http_reply *r, size_t from)
{
	for (size_t i = from; i < r->in.len && i < HTTP_HEAD_MAX; i++) {
		if (r->in.data[i] != '\n' || !ends_head(&r->in, i))
			continue;
		r->head = i + 1;
		return read_head(r, span_of(r->in.data, r->head));
	}
	return r->in.len >= HTTP_HEAD_MAX ? ERR_LIMIT : ERR_NONE;
}

static bool ends_with(const struct http_reply *r, const char *text)
{
	size_t n = strlen(text), len = r->in.len - r->head;

	return len >= n && !memcmp(r->in.data + r->in.len - n, text, n);
}

static bool is_whole(const struct http_reply *r)
{
	size_t len = r->in.len - r->head;

	if (r->chunked)
		return ends_with(r, "\r\n0\r\n\r\n") ||
		       (len == 5 && ends_with(r, "0\r\n\r\n"));
	return r->has_length && len >= r->length;
}

enum err http_reply_feed(struct http_reply *r, const uint8_t *data, size_t len)
{
	size_t from = r->in.len;
	enum err rc;

	if (r->in.len + len > room_for(r->body_max) ||
	    buf_append(&r->in, data, len))
		return ERR_LIMIT;
	if (!r->head) {
		rc = find_head(r, from);
		if (rc)
			return rc;
	}
	if (r->head && !r->chunked && !r->has_length &&
	    r->in.len - r->head > r->body_max)
		return ERR_LIMIT;
	return r->head && is_whole(r) ? ERR_NONE : ERR_SHORT;
}

/* The size of a chunk: hex digits, and perhaps ";..." behind them. */
static bool read_size(size_t *out, struct span line)
{
	size_t n = 0, size = 0;

	for (; n < line.len && n < 8; n++) {
		int value = hex_value(line.data[n]);

		if (value < 0)
			break;
		size = size * 16 + (size_t)value;
	}
	*out = size;
	line = trimmed(rest_from(line, n));
	return n && (!line.len || *line.data == ';');
}

static enum err join_chunks(struct http_reply *r, struct span *body)
{
	struct span in = *body, line;
	uint8_t *out = r->in.data + r->head;
	size_t len = 0, size;

	for (;;) {
		if (!take_line(&in, &line) || !read_size(&size, line) ||
		    size > in.len)
			return ERR_FORMAT;
		if (!size)
			break;
		if (size > r->body_max - len)
			return ERR_LIMIT;
		memmove(out + len, in.data, size);
		len += size;
		in = rest_from(in, size);
		if (!take_line(&in, &line) || line.len)
			return ERR_FORMAT;
	}
	*body = span_of(out, len);
	return ERR_NONE;
}

enum err http_reply_body(struct http_reply *r, struct span *out)
{
	static const uint8_t zero;
	struct span body;
	enum err rc;

	if (!r->head)
		return ERR_FORMAT;
	if (buf_append(&r->in, &zero, 1))
		return ERR_LIMIT;
	body = span_of(r->in.data + r->head, r->in.len - 1 - r->head);
	if (r->chunked) {
		rc = join_chunks(r, &body);
		if (rc)
			return rc;
	} else if (r->has_length) {
		if (body.len < r->length)
			return ERR_FORMAT;
		body.len = r->length;
	}
	r->in.data[(size_t)(body.data - r->in.data) + body.len] = 0;
	*out = body;
	return ERR_NONE;
}
