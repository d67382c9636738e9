/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/enode/enode.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "p2p/base/hex.h"
#include "p2p/base/span.h"
#include "p2p/crypto/keccak.h"

enum {
	PUB_DIGITS = 2 * sizeof(struct ecc_pub),
	LABEL_MAX = 63, /* bytes between two dots of a name (RFC 1035) */
};

static const char scheme[] = "enode://";
static const char hex_digits[] = "0123456789abcdefABCDEF";

struct node_id node_id_of(const struct ecc_pub *pub)
{
	struct node_id id;

	keccak256(id.b, pub->b, sizeof(pub->b));
	return id;
}

bool node_id_equal(const struct node_id *a, const struct node_id *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

/* 2 * n lower-case digits and a terminator. */
static char *hex_write(char *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex_digits[bytes[i] >> 4];
		out[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

const char *node_id_text(char out[NODE_ID_HEX], const struct node_id *id)
{
	return hex_write(out, id->b, sizeof(id->b));
}

const char *node_id_short(char out[NODE_ID_SHORT], const struct node_id *id)
{
	return hex_write(out, id->b, (NODE_ID_SHORT - 1) / 2);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool node_id_parse(struct node_id *out, const char *text)
{
	struct node_id id = { { 0 } };
	size_t n = 0;

	for (; text[n] && n < (size_t)2 * NODE_ID_LEN; n++) {
		int value = hex_value(text[n]);

		if (value < 0)
			return false;
		id.b[n / 2] = (uint8_t)(id.b[n / 2] << 4 | value);
	}
	if (n != (size_t)2 * NODE_ID_LEN || text[n])
		return false;
	*out = id;
	return true;
}

static enum err pub_parse(struct ecc_pub *out, const char *text, size_t len,
			  struct why *why)
{
	struct ecc_pub pub = { { 0 } };
	int value;

	for (size_t i = 0; i < len; i++) {
		value = hex_value(text[i]);
		if (value < 0)
			return err_fail(why, ERR_FORMAT,
					"public key: '%c' is not a hex digit",
					text[i]);
		if (i < PUB_DIGITS)
			pub.b[i / 2] = (uint8_t)(pub.b[i / 2] << 4 | value);
	}
	if (len != PUB_DIGITS)
		return err_fail(why, ERR_FORMAT,
				"public key: %zu hex digits where %d are "
				"needed",
				len, PUB_DIGITS);
	if (!ecc_pub_valid(&pub))
		return err_fail(why, ERR_FORMAT,
				"public key: not a point on the curve");
	*out = pub;
	return ERR_NONE;
}

/* "tcp-port, udp-port = decimal 0..65535"; `what` names it. */
static enum err port_parse(uint16_t *out, const char *text, size_t len,
			   const char *what, struct why *why)
{
	uint32_t v = 0;

	if (len == 0)
		return err_fail(why, ERR_FORMAT, "%s: missing", what);
	for (size_t i = 0; i < len && v <= UINT16_MAX; i++) {
		if (!is_digit(text[i]))
			return err_fail(why, ERR_FORMAT,
					"%s: '%c' is not a digit", what,
					text[i]);
		v = v * 10 + (uint32_t)(text[i] - '0');
	}
	if (v > UINT16_MAX)
		return err_fail(why, ERR_FORMAT, "%s: over 65535", what);
	*out = (uint16_t)v;
	return ERR_NONE;
}

/* Is the name made of labels, and the last of them not a number? One dot may
 * end it. */
static enum err name_check(const char *name, size_t len, struct why *why)
{
	size_t label = 0;	/* bytes since the last dot */
	bool is_number = false; /* the last label is digits alone */

	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c == '.' && label == 0)
			return err_fail(why, ERR_FORMAT,
					"host: nothing in front of a dot");
		if (c == '.') {
			label = 0;
			continue;
		}
		if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
			return err_fail(why, ERR_FORMAT,
					"host: '%c' cannot be in a name", c);
		is_number = is_digit(c) && (is_number || label == 0);
		if (++label > LABEL_MAX)
			return err_fail(why, ERR_FORMAT,
					"host: over %d bytes between two dots",
					LABEL_MAX);
	}
	if (is_number)
		return err_fail(why, ERR_FORMAT,
				"host: neither an IPv4 address nor a name");
	return ERR_NONE;
}

static enum err host_parse(struct enode *out, const char *text, size_t len,
			   struct why *why)
{
	char host[ENODE_HOST_MAX];
	bool bracket = len && text[0] == '[';

	if (len == 0)
		return err_fail(why, ERR_FORMAT, "host: missing");
	if (bracket) { /* whoever cut it out has seen the closing one */
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return err_fail(why, ERR_FORMAT, "host: over %zu bytes",
				sizeof(host) - 1);
	memcpy(host, text, len);
	host[len] = '\0';
	if (bracket) {
		if (!strchr(host, ':') || ip_parse(&out->ip, host))
			return err_fail(why, ERR_FORMAT,
					"host: not an IPv6 address in the "
					"brackets");
		return ERR_NONE;
	}
	if (strchr(host, ':'))
		return err_fail(why, ERR_FORMAT,
				"host: an IPv6 address needs brackets");
	if (!ip_parse(&out->ip, host))
		return ERR_NONE;
	memcpy(out->host, host, len + 1);
	return name_check(host, len, why);
}

/* The host and port in the `len` bytes behind '@'. */
static enum err place_parse(struct enode *out, const char *text, size_t len,
			    struct why *why)
{
	const char *colon;
	const char *end;
	enum err rc;

	if (len && text[0] == '[') {
		end = memchr(text, ']', len);
		if (!end)
			return err_fail(why, ERR_FORMAT,
					"host: '[' without ']'");
		colon = end + 1;
		if (colon < text + len && *colon != ':')
			return err_fail(why, ERR_FORMAT,
					"host: '%c' behind the ']'", *colon);
	} else {
		colon = memrchr(text, ':', len);
		if (!colon)
			colon = text + len;
	}
	rc = host_parse(out, text, (size_t)(colon - text), why);
	if (rc)
		return rc;
	/* "The port is mandatory once there is an @." */
	if (colon == text + len)
		return err_fail(why, ERR_FORMAT, "tcp port: missing");
	return port_parse(&out->tcp, colon + 1,
			  (size_t)(text + len - colon - 1), "tcp port", why);
}

/* The query, up to its end or a fragment. "Absent or empty means UDP = TCP";
 * "other query parameters are ignored". */
static enum err query_parse(struct enode *out, const char *query,
			    struct why *why)
{
	static const char key[] = "discport=";
	bool given = false;
	enum err rc;
	size_t n;

	for (; *query && *query != '#'; query += query[n] == '&' ? n + 1 : n) {
		n = strcspn(query, "&#");
		if (strncmp(query, key, strlen(key)))
			continue;
		if (given)
			return err_fail(why, ERR_FORMAT,
					"discport: given twice");
		given = true;
		if (n == strlen(key))
			continue;
		rc = port_parse(&out->udp, query + strlen(key), n - strlen(key),
				"discport", why);
		if (rc)
			return rc;
	}
	return ERR_NONE;
}

/* What stands behind the scheme, if there was one. */
static enum err parts_parse(struct enode *out, const char *text,
			    struct why *why)
{
	size_t len = strcspn(text, "/?#");
	const char *at = memchr(text, '@', len);
	enum err rc;

	/* "Without @ the node is incomplete (key only)": nothing may follow. */
	if (!at)
		return pub_parse(&out->pub, text, strlen(text), why);
	rc = pub_parse(&out->pub, text, (size_t)(at - text), why);
	if (rc)
		return rc;
	rc = place_parse(out, at + 1, (size_t)(text + len - at - 1), why);
	if (rc)
		return rc;
	out->udp = out->tcp;
	text += strcspn(text, "?#");
	return *text == '?' ? query_parse(out, text + 1, why) : ERR_NONE;
}

enum err enode_parse(struct enode *out, const char *url, struct why *why)
{
	struct enode node = { 0 };
	enum err rc;

	if (strnlen(url, ENODE_URL_MAX) == ENODE_URL_MAX)
		return err_fail(why, ERR_LIMIT, "enode URL: over %d bytes",
				ENODE_URL_MAX - 1);
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~')
			return err_fail(why, ERR_FORMAT,
					"enode URL: a blank, control or "
					"non-ASCII byte at %td",
					c - url);
	/* "also takes a bare 128-digit key and is case-insensitive about the
	 * scheme" */
	if (!strncasecmp(url, scheme, strlen(scheme)))
		url += strlen(scheme);
	else if (url[strspn(url, hex_digits)])
		return err_fail(why, ERR_FORMAT, "no \"%s\" in front", scheme);
	rc = parts_parse(&node, url, why);
	if (rc)
		return rc;
	node.id = node_id_of(&node.pub);
	*out = node;
	return ERR_NONE;
}

const char *enode_url(char out[ENODE_URL_MAX], const struct enode *node)
{
	struct addr tcp = { .ip = node->ip, .port = node->tcp };
	char addr[ADDR_TEXT_MAX];
	char hex[PUB_DIGITS + 1];
	size_t n;

	hex_write(hex, node->pub.b, sizeof(node->pub.b));
	n = (size_t)snprintf(out, ENODE_URL_MAX, "%s%s", scheme, hex);
	if (node->host[0])
		n += (size_t)snprintf(out + n, ENODE_URL_MAX - n, "@%s:%u",
				      node->host, (unsigned)node->tcp);
	else if (node->ip.family != IP_NONE)
		n += (size_t)snprintf(out + n, ENODE_URL_MAX - n, "@%s",
				      addr_text(addr, &tcp));
	else
		return out;
	if (node->udp != node->tcp)
		snprintf(out + n, ENODE_URL_MAX - n, "?discport=%u",
			 (unsigned)node->udp);
	return out;
}

void enode_make(struct enode *out, const struct ecc_pub *pub,
		const struct addr *tcp)
{
	*out = (struct enode){
		.pub = *pub,
		.id = node_id_of(pub),
		.ip = tcp->ip,
		.tcp = tcp->port,
		.udp = tcp->port,
	};
}
