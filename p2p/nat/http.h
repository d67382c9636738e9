/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - an answer to one HTTP/1.1 request, as the small servers inside of
 * routers give it. Pure, bounded.
 *
 * It is ours since a router need not be one: the client in libminiupnpc reads
 * for as long as bytes come, and keeps them all. */
#ifndef P2P_NAT_HTTP_H
#define P2P_NAT_HTTP_H

#include "p2p/base/buf.h"

enum {
	HTTP_HEAD_MAX = 8 * 1024, /* bytes of status line and headers */
};

struct http_reply {
	struct buf in; /* all bytes so far */
	size_t head;   /* where the body begins; 0: not there yet */
	size_t body_max;
	size_t length; /* of the body, if it was declared */
	bool has_length, chunked;
	int status;
};

void http_reply_init(struct http_reply *r, size_t body_max);
void http_reply_clear(struct http_reply *r);

/* http_reply_feed - bytes arrived, in any pieces. ERR_NONE: the answer is
 * whole. ERR_SHORT: there may be more. ERR_LIMIT: too long, be it declared or
 * sent. ERR_FORMAT: it is no HTTP. Errors are final. */
MUST_USE enum err http_reply_feed(struct http_reply *r, const uint8_t *data,
				  size_t len);

/* http_reply_body - after http_reply_feed said ERR_NONE, or the other side
 * closed: the body, with chunks joined in place, and a zero byte behind it.
 * Borrowed until http_reply_clear. ERR_FORMAT: it ended too early. */
MUST_USE enum err http_reply_body(struct http_reply *r, struct span *out);

#endif
