/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/netlist.h"

#include <stdlib.h>
#include <string.h>

/* The address with all but its first `bits` bits cleared. */
static struct ip masked(const struct ip *ip, unsigned bits)
{
	struct ip out = *ip;

	for (unsigned i = 0; i < sizeof(out.b); i++) {
		unsigned left = bits > 8 * i ? bits - 8 * i : 0;

		if (left < 8)
			out.b[i] &= (uint8_t)(0xff00 >> left);
	}
	return out;
}

static enum err parse_bits(uint8_t *out, const char *text, unsigned most)
{
	unsigned v = 0;

	if (!*text || strlen(text) > 3)
		return ERR_FORMAT;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return ERR_FORMAT;
		v = v * 10 + (unsigned)(*text - '0');
	}
	if (v > most)
		return ERR_FORMAT;
	*out = (uint8_t)v;
	return ERR_NONE;
}

/* One "IP/BITS", without blanks around it. */
static enum err add(struct netlist *list, char *text, struct why *why)
{
	char *slash = strchr(text, '/');
	uint8_t bits = 0;
	struct ip ip;

	if (list->count == NETLIST_MAX)
		return err_fail(why, ERR_LIMIT, "more than %d networks",
				NETLIST_MAX);
	if (slash)
		*slash = '\0';
	if (!slash || ip_parse(&ip, text) ||
	    parse_bits(&bits, slash + 1, ip.family == IP_V4 ? 32 : 128)) {
		if (slash)
			*slash = '/';
		return err_fail(why, ERR_FORMAT,
				"\"%s\": not a network (like 10.0.0.0/8)",
				text);
	}
	list->nets[list->count].ip = masked(&ip, bits);
	list->nets[list->count].bits = bits;
	list->count++;
	return ERR_NONE;
}

enum err netlist_parse(struct netlist *out, const char *text, struct why *why)
{
	struct netlist list = { 0 };
	char *copy = strdup(text);
	char *rest = copy;
	enum err rc = ERR_NONE;

	if (!copy)
		abort();
	while (!rc && rest) {
		char *part = strsep(&rest, ",");
		size_t n;

		part += strspn(part, " \t");
		n = strlen(part);
		while (n && (part[n - 1] == ' ' || part[n - 1] == '\t'))
			part[--n] = '\0';
		rc = add(&list, part, why);
	}
	free(copy);
	if (!rc)
		*out = list;
	return rc;
}

enum err netlist_add(struct netlist *list, const struct netlist *more,
		     struct why *why)
{
	if (list->count + more->count > NETLIST_MAX)
		return err_fail(why, ERR_LIMIT, "more than %d networks",
				NETLIST_MAX);
	memcpy(list->nets + list->count, more->nets,
	       more->count * sizeof(more->nets[0]));
	list->count += more->count;
	return ERR_NONE;
}

bool netlist_has(const struct netlist *list, const struct ip *ip)
{
	for (size_t i = 0; i < list->count; i++) {
		struct ip net = masked(ip, list->nets[i].bits);

		if (ip_equal(&net, &list->nets[i].ip))
			return true;
	}
	return list->count == 0;
}
