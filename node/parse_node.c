/* SPDX-License-Identifier: Apache-2.0 */
#include "node/parse.h"

#include <string.h>

#include "p2p/net/udp.h"

enum {
	NODE_SHOWN = 24, /* a node fills two lines of a terminal */
};

static enum err name_node(struct why *why, enum err rc, const char *text)
{
	return err_wrap(why, rc, "\"%.*s%s\"", NODE_SHOWN, text,
			strlen(text) > NODE_SHOWN ? "..." : "");
}

enum err parse_node(struct enode *out, struct enr *record, const char *text,
		    struct why *why)
{
	enum err rc = enr_parse_node(out, record, text, NULL, why);

	return rc ? name_node(why, rc, text) : ERR_NONE;
}

/* Has it an address or name, and that port? If not, say where it would be. */
static enum err check_place(const struct enode *node, const struct enr *record,
			    const char *what, uint16_t port, const char *text,
			    struct why *why)
{
	const char *missing = NULL;

	if (node->ip.family == IP_NONE && !node->host[0])
		missing = "address";
	else if (!port)
		missing = what;
	if (!missing)
		return ERR_NONE;
	err_fail(why, ERR_UNSUPPORTED, "no %s%s", missing,
		 record->len ? " in the record"
			     : "; give enode://<key>@<host>:<port>");
	return name_node(why, ERR_UNSUPPORTED, text);
}

enum err parse_dialable(struct enode *out, const char *text, struct why *why)
{
	struct reach reach = { 0 };
	struct enode node;
	struct enr record;
	enum err rc = parse_node(&node, &record, text, why);

	if (!rc && record.len) {
		net_udp_ways(&reach);
		enr_node(&node, &record, &reach);
	}
	if (!rc)
		rc = check_place(&node, &record, "TCP port", node.tcp, text,
				 why);
	if (!rc)
		*out = node;
	return rc;
}

enum err parse_askable(struct enode *out, struct enr *record, const char *text,
		       struct why *why)
{
	struct enode node;
	struct enr r;
	enum err rc = parse_node(&node, &r, text, why);

	/* Nobody can be asked at 0.0.0.0. */
	if (!rc && ip_is_unspecified(&node.ip))
		node.ip = (struct ip){ 0 };
	if (!rc)
		rc = check_place(&node, &r, "UDP port", node.udp, text, why);
	if (rc)
		return rc;
	*out = node;
	*record = r;
	return ERR_NONE;
}
