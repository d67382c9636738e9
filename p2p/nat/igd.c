/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/igd.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpreplyparse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- searches ------------------------------------------------------------- */

const char *igd_search_text(char out[IGD_TEXT_MAX], unsigned number)
{
	static const char *const devices[IGD_SEARCHES] = {
		"WANConnectionDevice:1",
		"WANConnectionDevice:2",
		"InternetGatewayDevice:1",
		"InternetGatewayDevice:2",
	};

	snprintf(out, IGD_TEXT_MAX,
		 "M-SEARCH * HTTP/1.1\r\n"
		 "HOST: 239.255.255.250:1900\r\n"
		 "MAN: \"ssdp:discover\"\r\n"
		 "MX: 2\r\n"
		 "ST: urn:schemas-upnp-org:device:%s\r\n"
		 "\r\n",
		 devices[number]);
	return out;
}

/* --- URLs ----------------------------------------------------------------- */

static bool starts_with(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && !strncasecmp((const char *)s.data, text, n);
}

static struct span behind(struct span s, size_t n)
{
	return span_of(s.data + n, s.len - n);
}

/* It goes into the first line of a request: no blanks and no control
 * characters. */
static enum err copy_path(char out[IGD_PATH_MAX], struct span path)
{
	if (path.len >= IGD_PATH_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < path.len; i++)
		if (path.data[i] <= ' ' || path.data[i] > '~')
			return ERR_FORMAT;
	memcpy(out, path.data, path.len);
	out[path.len] = '\0';
	return ERR_NONE;
}

enum err igd_url_parse(struct igd_url *out, struct span text)
{
	struct igd_url url = { 0 };
	char host[ADDR_TEXT_MAX];
	size_t n = 0;
	enum err rc;

	if (!starts_with(text, "http://"))
		return ERR_FORMAT;
	text = behind(text, 7);
	while (n < text.len && text.data[n] != '/')
		n++;
	if (!n || n + 3 >= sizeof(host))
		return ERR_FORMAT;
	memcpy(host, text.data, n);
	host[n] = '\0';
	if (!strchr(host, ':'))
		strcat(host, ":80");
	if (strlen(host) != strcspn(host, "[") || addr_parse(&url.at, host) ||
	    url.at.ip.family != IP_V4 || !url.at.port)
		return ERR_FORMAT;
	rc = n == text.len ? copy_path(url.path, span_text("/"))
			   : copy_path(url.path, behind(text, n));
	if (!rc)
		*out = url;
	return rc;
}

/* The value of a header, or an empty span. */
static struct span header_of(struct span text, const char *name)
{
	size_t len = strlen(name);

	while (text.len) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t n = end ? (size_t)(end - text.data) : text.len;
		struct span line = span_of(text.data, n);

		text = behind(text, end ? n + 1 : n);
		if (!starts_with(line, name) || line.len <= len ||
		    line.data[len] != ':')
			continue;
		line = behind(line, len + 1);
		while (line.len && *line.data == ' ')
			line = behind(line, 1);
		while (line.len && line.data[line.len - 1] <= ' ')
			line.len--;
		return line;
	}
	return (struct span){ 0 };
}

enum err igd_location_read(struct igd_url *out, const struct ip *from,
			   struct span datagram)
{
	struct igd_url url;
	enum err rc;

	if (!starts_with(datagram, "HTTP/1.1 200"))
		return ERR_FORMAT;
	rc = igd_url_parse(&url, header_of(datagram, "location"));
	if (rc)
		return rc;
	if (!ip_equal(&url.at.ip, from))
		return ERR_DENIED;
	*out = url;
	return ERR_NONE;
}

/* --- the description ------------------------------------------------------ */

/* A URL, or a path on the host of the base. */
static bool resolve(struct igd_url *out, const struct igd_url *base,
		    const char *text)
{
	struct igd_url url = *base;

	if (starts_with(span_text(text), "http://"))
		return !igd_url_parse(out, span_text(text)) &&
		       ip_equal(&out->at.ip, &base->at.ip);
	url.path[0] = '/';
	if (strlen(text) + 2 > IGD_PATH_MAX ||
	    copy_path(url.path + (*text != '/'), span_text(text)))
		return false;
	*out = url;
	return true;
}

static bool read_service(struct igd_service *out, const struct igd_url *base,
			 const struct IGDdatas_service *s)
{
	static const struct {
		const char *type;
		bool any_port;
	} known[] = {
		{ "urn:schemas-upnp-org:service:WANIPConnection:1", false },
		{ "urn:schemas-upnp-org:service:WANPPPConnection:1", false },
		{ "urn:schemas-upnp-org:service:WANIPConnection:2", true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(s->servicetype, known[i].type))
			continue;
		memset(out, 0, sizeof(*out));
		snprintf(out->type, sizeof(out->type), "%s", known[i].type);
		out->any_port = known[i].any_port;
		return resolve(&out->url, base, s->controlurl);
	}
	return false;
}

size_t igd_description_read(struct igd_service out[IGD_SERVICES_MAX],
			    const struct igd_url *from, struct span xml)
{
	struct igd_url base = *from;
	struct IGDdatas d;
	size_t n = 0;

	memset(&d, 0, sizeof(d));
	parserootdesc((const char *)xml.data, (int)xml.len, &d);
	if (d.urlbase[0] && !resolve(&base, from, d.urlbase))
		return 0;
	if (read_service(&out[n], &base, &d.first))
		n++;
	if (read_service(&out[n], &base, &d.second))
		n++;
	return n;
}

/* --- calls ---------------------------------------------------------------- */

const char *igd_get_text(char out[IGD_TEXT_MAX], const struct igd_url *url)
{
	char host[ADDR_TEXT_MAX];

	snprintf(out, IGD_TEXT_MAX,
		 "GET %s HTTP/1.1\r\n"
		 "Host: %s\r\n"
		 "Connection: close\r\n"
		 "\r\n",
		 url->path, addr_text(host, &url->at));
	return out;
}

const char *igd_call_text(char out[IGD_TEXT_MAX],
			  const struct igd_service *service, const char *action,
			  const char *const *arguments)
{
	char body[IGD_TEXT_MAX / 2], host[ADDR_TEXT_MAX];
	size_t n;

	n = (size_t)snprintf(
		body, sizeof(body),
		"<?xml version=\"1.0\"?>\r\n"
		"<s:Envelope"
		" xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""
		" s:encodingStyle="
		"\"http://schemas.xmlsoap.org/soap/encoding/\">"
		"<s:Body><u:%s xmlns:u=\"%s\">",
		action, service->type);
	for (; *arguments; arguments += 2)
		n += (size_t)snprintf(body + n, sizeof(body) - n, "<%s>%s</%s>",
				      arguments[0], arguments[1], arguments[0]);
	n += (size_t)snprintf(body + n, sizeof(body) - n,
			      "</u:%s></s:Body></s:Envelope>\r\n", action);
	snprintf(out, IGD_TEXT_MAX,
		 "POST %s HTTP/1.1\r\n"
		 "Host: %s\r\n"
		 "SOAPAction: \"%s#%s\"\r\n"
		 "Content-Type: text/xml; charset=\"utf-8\"\r\n"
		 "Content-Length: %zu\r\n"
		 "Connection: close\r\n"
		 "\r\n"
		 "%s",
		 service->url.path, addr_text(host, &service->url.at),
		 service->type, action, n, body);
	return out;
}

bool igd_value_read(char out[IGD_VALUE_MAX], struct span xml, const char *name)
{
	struct NameValueParserData values;
	const char *value;
	bool good = false;

	ParseNameValue((const char *)xml.data, (int)xml.len, &values);
	value = GetValueFromNameValueList(&values, name);
	if (value && strlen(value) < IGD_VALUE_MAX) {
		good = true;
		for (const char *c = value; *c; c++)
			good = good && *c >= ' ' && *c <= '~';
	}
	if (good)
		strcpy(out, value);
	ClearNameValueList(&values);
	return good;
}

bool igd_number_read(uint32_t *out, struct span xml, const char *name,
		     uint32_t max)
{
	char text[IGD_VALUE_MAX];
	uint64_t v = 0;
	size_t n = 0;

	if (!igd_value_read(text, xml, name))
		return false;
	for (; text[n] >= '0' && text[n] <= '9' && n < 10; n++)
		v = v * 10 + (uint64_t)(text[n] - '0');
	if (!n || text[n] || v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

unsigned igd_fault_read(struct span xml)
{
	uint32_t code;

	return igd_number_read(&code, xml, "errorCode", 999) ? code : 0;
}
