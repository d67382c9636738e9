/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/support/unit.h"

enum {
	BODY_MAX = 100
};

/* The body of an answer that arrives in pieces of that size: "200 body", or the
 * error. When the other end has not closed it must be whole by then. */
static const char *read_pieces(const char *text, size_t piece, bool closed)
{
	static char out[512];
	struct http_reply r;
	size_t len = strlen(text);
	struct span body;
	enum err rc = ERR_SHORT;

	http_reply_init(&r, BODY_MAX);
	for (size_t at = 0; at < len && rc == ERR_SHORT; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		rc = http_reply_feed(&r, (const uint8_t *)text + at, n);
	}
	if (rc == ERR_SHORT && closed)
		rc = ERR_NONE;
	if (!rc)
		rc = http_reply_body(&r, &body);
	if (!rc) {
		cr_assert_eq(body.data[body.len], 0);
		snprintf(out, sizeof(out), "%d %.*s", r.status, (int)body.len,
			 (const char *)body.data);
	} else {
		snprintf(out, sizeof(out), "%s", err_name(rc));
	}
	http_reply_clear(&r);
	return out;
}

static void expect(const char *text, bool closed, const char *wanted)
{
	for (size_t piece = 1; piece <= strlen(text); piece++)
		cr_assert_str_eq(read_pieces(text, piece, closed), wanted,
				 "%s in pieces of %zu", text, piece);
}

#define OK "HTTP/1.1 200 OK\r\n"

Test(http, reads_a_body_of_declared_length)
{
	expect(OK "Content-Length: 5\r\n\r\nhello", false, "200 hello");
	expect(OK "content-length:5  \r\nX: y\r\n\r\nhello", false,
	       "200 hello");
	expect(OK "Content-Length: 0\r\n\r\n", false, "200 ");
	expect("HTTP/1.0 500 Internal Server Error\nContent-Length: 2\n\nno",
	       false, "500 no");
	cr_assert_str_eq(read_pieces(OK "Content-Length: 5\r\n\r\nhello, you",
				     99, false),
			 "200 hello");
	expect(OK "Content-Length: 5\r\n\r\nhell", false, err_name(ERR_SHORT));
	expect(OK "Content-Length: 5\r\n\r\nhell", true, err_name(ERR_FORMAT));
}

Test(http, reads_a_body_until_the_end)
{
	expect(OK "\r\nhello", true, "200 hello");
	expect(OK "no colon here\r\n\r\nhello", true, "200 hello");
	expect(OK "\r\nhello", false, err_name(ERR_SHORT));
	expect(OK "X: y\r\n", true, err_name(ERR_FORMAT));
}

#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

Test(http, joins_chunks)
{
	expect(CHUNKED "5\r\nhello\r\n0\r\n\r\n", false, "200 hello");
	expect(CHUNKED "2\r\nhe\r\nA;x=y\r\nllo, world\r\n0\r\n\r\n", false,
	       "200 hello, world");
	expect(CHUNKED "0\r\n\r\n", false, "200 ");
	expect(CHUNKED "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", true,
	       "200 hello");
}

Test(http, refuses_broken_chunks)
{
	static const char *const broken[] = {
		"",
		"5",
		"5\r\nhel",
		"7\r\nhello\r\n0\r\n\r\n",
		"4\r\nhello\r\n0\r\n\r\n",
		"-1\r\nhello\r\n0\r\n\r\n",
		"ffffffff\r\nhello\r\n0\r\n\r\n",
		"\r\n\r\n",
		"5 hello\r\n0\r\n\r\n",
		"\x15\r\nhello\r\n0\r\n\r\n", /* as a digit with a bit off */
		"123456789\r\nhello\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		char text[256];

		snprintf(text, sizeof(text), CHUNKED "%s", broken[i]);
		cr_assert_str_eq(read_pieces(text, 999, true),
				 err_name(ERR_FORMAT), "%s", broken[i]);
	}
}

Test(http, refuses_what_is_no_http)
{
	static const char *const none[] = {
		"\r\n\r\n",
		"hello\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1\r\n\r\n",
		OK "Content-Length: -1\r\n\r\n",
		OK "Content-Length: \r\n\r\n",
		OK "Content-Length: 5x\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		cr_assert_str_eq(read_pieces(none[i], 999, true),
				 err_name(ERR_FORMAT), "%s", none[i]);
}

/* A limit, and one byte more. */
Test(http, limits_bodies)
{
	static const char *const heads[] = { OK "\r\n",
					     OK "Content-Length: %zu\r\n\r\n" };
	char text[512], length[64];

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		for (size_t n = BODY_MAX; n <= BODY_MAX + 1; n++) {
			snprintf(length, sizeof(length),
				 "Content-Length: %zu\r\n", n);
			snprintf(text, sizeof(text), OK "%s\r\n%0*d",
				 i ? length : "", (int)n, 0);
			cr_assert_eq(!strcmp(read_pieces(text, 999, true),
					     err_name(ERR_LIMIT)),
				     n > BODY_MAX);
		}
	}
	cr_assert_str_eq(read_pieces(OK "Content-Length: 99999999999999999\r\n"
					"\r\n",
				     999, true),
			 err_name(ERR_LIMIT));
	snprintf(text, sizeof(text), CHUNKED "65\r\n%0101d\r\n0\r\n\r\n", 0);
	cr_assert_str_eq(read_pieces(text, 999, false), err_name(ERR_LIMIT));
}

Test(http, limits_heads)
{
	static char text[HTTP_HEAD_MAX + 2];
	const char *ok = OK "X: ";

	for (size_t n = HTTP_HEAD_MAX; n <= HTTP_HEAD_MAX + 1; n++) {
		struct http_reply r;
		enum err rc;

		memset(text, 'y', n);
		memcpy(text, ok, strlen(ok));
		memcpy(text + n - 4, "\r\n\r\n", 4);
		http_reply_init(&r, BODY_MAX);
		rc = http_reply_feed(&r, (const uint8_t *)text, n);
		cr_assert_eq(rc, n > HTTP_HEAD_MAX ? ERR_LIMIT : ERR_SHORT);
		http_reply_clear(&r);
	}
}

/* What never ends is given up, and not kept. */
static size_t bytes_taken(const char *head, const char *more)
{
	struct http_reply r;
	size_t taken = 0;
	enum err rc;

	http_reply_init(&r, BODY_MAX);
	rc = http_reply_feed(&r, (const uint8_t *)head, strlen(head));
	while (rc == ERR_SHORT) {
		rc = http_reply_feed(&r, (const uint8_t *)more, strlen(more));
		taken += strlen(more);
		cr_assert(taken < 1 << 20);
	}
	cr_assert_eq(rc, ERR_LIMIT);
	cr_assert(r.in.len <= 2 * HTTP_HEAD_MAX);
	http_reply_clear(&r);
	return taken;
}

Test(http, gives_up_what_never_ends)
{
	bytes_taken(OK, "X: y\r\n");
	bytes_taken("HTTP", "x");
	bytes_taken(OK "\r\n", "x");
	bytes_taken(CHUNKED, "1\r\nx\r\n");
	bytes_taken(CHUNKED, "1");
}
