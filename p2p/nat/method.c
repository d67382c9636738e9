/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/method.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct name {
	const char *text;
	enum nat_kind kind;
} names[] = {
	{ "none", NAT_NONE },	{ "off", NAT_NONE },  { "", NAT_NONE },
	{ "any", NAT_ANY },	{ "auto", NAT_ANY },  { "on", NAT_ANY },
	{ "upnp", NAT_UPNP },	{ "pmp", NAT_PMP },   { "natpmp", NAT_PMP },
	{ "nat-pmp", NAT_PMP }, { "stun", NAT_STUN }, { "extip", NAT_EXTIP },
	{ "ip", NAT_EXTIP },
};

static const struct name *find_name(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].text) == len &&
		    !strncasecmp(names[i].text, text, len))
			return &names[i];
	return NULL;
}

static enum err read_ip(struct ip *out, const char *text, struct why *why)
{
	struct ip ip;

	if (ip_parse(&ip, text))
		return err_fail(why, ERR_FORMAT, "\"%s\" is no IP address",
				text);
	if (ip_is_unspecified(&ip) || ip_is_multicast(&ip))
		return err_fail(why, ERR_FORMAT, "%s is the address of no host",
				text);
	*out = ip;
	return ERR_NONE;
}

static enum err read_port(uint16_t *out, const char *text, struct why *why)
{
	uint32_t port = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < 5; n++)
		port = port * 10 + (uint32_t)(text[n] - '0');
	if (!n || text[n] || !port || port > UINT16_MAX)
		return err_fail(why, ERR_FORMAT,
				"\"%s\" is no port: give 1 to 65535", text);
	*out = (uint16_t)port;
	return ERR_NONE;
}

/* A name of DNS, as far as it is safe to hand on, or an IPv4 address. */
static bool is_host(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789.-_",
			    *c))
			return false;
	return *text && *text != '.' && *text != '-';
}

/* HOST, HOST:PORT, [IPv6] or [IPv6]:PORT; text is changed. */
static enum err read_server(struct nat_server *out, char *text, struct why *why)
{
	struct nat_server s = { .port = NAT_STUN_PORT };
	char *host = text, *port = strchr(text, ':');
	struct ip ip;

	if (*text == '[') {
		char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return err_fail(why, ERR_FORMAT,
					"\"%s\" is no [IPv6]:PORT", text);
		port = end[1] ? end + 1 : NULL;
		*end = '\0';
		host = text + 1;
		if (ip_parse(&ip, host) || ip.family != IP_V6)
			return err_fail(why, ERR_FORMAT,
					"\"%s\" is no IPv6 address", host);
	} else if (port && strchr(port + 1, ':')) {
		return err_fail(why, ERR_FORMAT,
				"put the IPv6 address in brackets: [%s]", text);
	}
	if (port) {
		*port = '\0';
		if (read_port(&s.port, port + 1, why))
			return ERR_FORMAT;
	}
	if (*text != '[' && !is_host(host))
		return err_fail(why, ERR_FORMAT,
				"\"%s\" is no name of a server", host);
	if (strlen(host) >= sizeof(s.host))
		return err_fail(why, ERR_FORMAT, "its name is too long");
	strcpy(s.host, host);
	*out = s;
	return ERR_NONE;
}

static enum err read_servers(struct nat_method *m, const char *text,
			     struct why *why)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		char one[NAT_HOST_MAX + 8];
		enum err rc;

		if (m->server_count == NAT_SERVERS_MAX)
			return err_fail(why, ERR_LIMIT,
					"more than %d STUN servers",
					NAT_SERVERS_MAX);
		if (len >= sizeof(one))
			return err_fail(why, ERR_FORMAT,
					"STUN server: its name is too long");
		memcpy(one, text, len);
		one[len] = '\0';
		rc = read_server(&m->servers[m->server_count], one, why);
		if (rc)
			return err_wrap(why, rc, "STUN server");
		m->server_count++;
		if (!text[len])
			return ERR_NONE;
		text += len + 1;
	}
}

/* What stands behind the colon; NULL when there is none. */
static enum err read_rest(struct nat_method *m, const char *name,
			  const char *rest, struct why *why)
{
	switch (m->kind) {
	case NAT_NONE:
	case NAT_ANY:
	case NAT_UPNP:
		if (rest)
			return err_fail(why, ERR_FORMAT,
					"nothing goes behind \"%s\"", name);
		return ERR_NONE;
	case NAT_PMP:
		if (!rest)
			return ERR_NONE;
		if (read_ip(&m->ip, rest, why))
			return ERR_FORMAT;
		if (m->ip.family != IP_V4)
			return err_fail(why, ERR_FORMAT,
					"NAT-PMP is for IPv4, %s is not", rest);
		return ERR_NONE;
	case NAT_STUN:
		if (!rest || !*rest)
			return err_fail(why, ERR_FORMAT,
					"no STUN server is built in: name one, "
					"as in stun:stun.example.org or "
					"stun:192.0.2.1:3478");
		return read_servers(m, rest, why);
	case NAT_EXTIP:
		if (!rest || !*rest)
			return err_fail(why, ERR_FORMAT,
					"the address is missing: extip:IP");
		return read_ip(&m->ip, rest, why);
	}
	return ERR_FORMAT;
}

enum err nat_method_parse(struct nat_method *out, const char *text,
			  struct why *why)
{
	size_t len = strcspn(text, ":");
	const struct name *name = find_name(text, len);
	struct nat_method m = { 0 };
	enum err rc;

	if (!name)
		return err_fail(why, ERR_FORMAT,
				"\"%.*s\" is none of none, any, upnp, "
				"pmp[:GATEWAY], stun:SERVER and extip:IP",
				(int)(len > 64 ? 64 : len), text);
	m.kind = name->kind;
	rc = read_rest(&m, name->text, text[len] ? text + len + 1 : NULL, why);
	if (!rc)
		*out = m;
	return rc;
}

static void put_server(char *out, size_t room, const struct nat_server *s)
{
	bool v6 = strchr(s->host, ':');
	size_t n = (size_t)snprintf(out, room, "%s%s%s", v6 ? "[" : "", s->host,
				    v6 ? "]" : "");

	if (s->port != NAT_STUN_PORT)
		snprintf(out + n, room - n, ":%u", (unsigned)s->port);
}

const char *nat_method_text(char out[NAT_METHOD_TEXT],
			    const struct nat_method *m)
{
	char ip[IP_TEXT_MAX];
	size_t n;

	ip_text(ip, &m->ip);
	switch (m->kind) {
	case NAT_NONE:
		return strcpy(out, "none");
	case NAT_ANY:
		return strcpy(out, "any");
	case NAT_UPNP:
		return strcpy(out, "upnp");
	case NAT_PMP:
		snprintf(out, NAT_METHOD_TEXT, "pmp%s%s", *ip ? ":" : "", ip);
		return out;
	case NAT_EXTIP:
		snprintf(out, NAT_METHOD_TEXT, "extip:%s", ip);
		return out;
	case NAT_STUN:
		strcpy(out, "stun:");
		for (size_t i = 0; i < m->server_count; i++) {
			n = strlen(out);
			if (i)
				out[n++] = ',';
			put_server(out + n, NAT_METHOD_TEXT - n,
				   &m->servers[i]);
		}
		return out;
	}
	return strcpy(out, "none");
}
