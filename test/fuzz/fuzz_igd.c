/* SPDX-License-Identifier: Apache-2.0 */
/* What a host of the LAN answers: to a search, as a description over HTTP, or
 * to a call. Bytes arrive as one piece or one by one with the same result, and
 * whatever is named lies on the host that was asked. */
#include <string.h>

#include "p2p/nat/http.h"
#include "p2p/nat/igd.h"
#include "test/fuzz/fuzz.h"

static const struct igd_url from = { { { IP_V4, { 10, 0, 0, 1 } }, 5000 },
				     "/d.xml" };

static void check_url(const struct igd_url *url)
{
	MUST(ip_equal(&url->at.ip, &from.at.ip) && url->at.port);
	MUST(url->path[0] == '/' && strlen(url->path) < IGD_PATH_MAX);
	MUST(!strpbrk(url->path, " \r\n"));
}

/* Bytes in pieces of that size, and what comes of it. */
static enum err read_reply(struct http_reply *r, struct span *body,
			   const uint8_t *data, size_t size, size_t piece)
{
	enum err rc = ERR_SHORT;

	http_reply_init(r, IGD_DESCRIPTION_MAX);
	for (size_t at = 0; at < size && rc == ERR_SHORT; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		rc = http_reply_feed(r, data + at, n);
	}
	return rc && rc != ERR_SHORT ? rc : http_reply_body(r, body);
}

static void check_body(struct span body)
{
	struct igd_service services[IGD_SERVICES_MAX];
	size_t n = igd_description_read(services, &from, body);
	char value[IGD_VALUE_MAX], text[IGD_TEXT_MAX];
	static const char *const none[] = { NULL };

	MUST(body.len <= IGD_DESCRIPTION_MAX && n <= IGD_SERVICES_MAX);
	for (size_t i = 0; i < n; i++) {
		check_url(&services[i].url);
		igd_call_text(text, &services[i], "GetStatusInfo", none);
		MUST(strlen(text) < IGD_TEXT_MAX - 1);
	}
	if (igd_value_read(value, body, "NewExternalIPAddress"))
		MUST(strlen(value) < IGD_VALUE_MAX);
	MUST(igd_fault_read(body) <= 999);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reply whole, pieces;
	struct span body, again;
	struct igd_url url;
	enum err rc;

	if (!igd_location_read(&url, &from.at.ip, span_of(data, size)))
		check_url(&url);
	rc = read_reply(&whole, &body, data, size, 1);
	if (!rc) {
		check_body(body);
		/* More may be behind it, of which one piece would know. */
		size = whole.in.len - 1;
		MUST(!read_reply(&pieces, &again, data, size, size));
		MUST(span_equal(body, again));
		http_reply_clear(&pieces);
	}
	http_reply_clear(&whole);
	return 0;
}
