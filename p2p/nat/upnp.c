/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/upnp.h"

#include <stdio.h>
#include <string.h>

#include "p2p/nat/exchange.h"
#include "p2p/nat/upnp_inside.h"

enum {
	PREFERRED_TRIES = 4,
	RANDOM_TRIES = 3,
	RANDOM_FIRST = 10000, /* external ports, when ours is taken */
	RANDOM_COUNT = 65535 - RANDOM_FIRST,
	FAULT_CONFLICT = 718,  /* ConflictInMappingEntry */
	FAULT_PERMANENT = 725, /* OnlyPermanentLeasesSupported */
};

/* An answer with another status than 200 holds the number of the fault. */
static enum err call(struct upnp *u, struct span *body,
		     struct http_reply *reply, unsigned *fault,
		     const char *action, const char *const *arguments,
		     const struct patience *p, struct why *why)
{
	char text[IGD_TEXT_MAX];
	struct ip ours;
	enum err rc = patience_sleep(p, u->next_call);

	*fault = 0;
	if (!rc)
		rc = exchange_http(
			body, reply, &ours, &u->service.url.at,
			igd_call_text(text, &u->service, action, arguments), p);
	u->next_call = mono_add_ms(mono_now(), UPNP_PAUSE_MS);
	if (rc)
		return err_fail(why, rc, "%s: %s", action,
				rc == ERR_SYSTEM ? "no connection"
						 : err_name(rc));
	u->ours = ours;
	if (reply->status == 200)
		return ERR_NONE;
	*fault = igd_fault_read(*body);
	if (*fault)
		return err_fail(why, ERR_DENIED, "%s: the router says error %u",
				action, *fault);
	return err_fail(why, ERR_DENIED, "%s: the router says HTTP %d", action,
			reply->status);
}

static const char *const no_arguments[] = { NULL };

/* The value of that name, of an action without arguments. */
static enum err get(struct upnp *u, char out[IGD_VALUE_MAX], const char *action,
		    const char *name, const struct patience *p, struct why *why)
{
	struct http_reply reply;
	struct span body;
	unsigned fault;
	enum err rc;

	http_reply_init(&reply, IGD_REPLY_MAX);
	rc = call(u, &body, &reply, &fault, action, no_arguments, p, why);
	if (!rc && !igd_value_read(out, body, name))
		rc = err_fail(why, ERR_FORMAT, "%s: no %s in the answer",
			      action, name);
	http_reply_clear(&reply);
	return rc;
}

/* "Usable if GetNATRSIPStatus reports NAT enabled." */
enum err upnp_translates(struct upnp *u, const struct patience *p,
			 struct why *why)
{
	char value[IGD_VALUE_MAX];
	enum err rc =
		get(u, value, "GetNATRSIPStatus", "NewNATEnabled", p, why);

	if (!rc && strcmp(value, "1"))
		rc = err_fail(why, ERR_UNSUPPORTED,
			      "the router does not translate addresses");
	return rc;
}

static void ask_address(struct upnp *u, struct nat_answer *out,
			const struct patience *p, struct why *why)
{
	char value[IGD_VALUE_MAX];
	struct http_reply reply;
	struct span body;
	unsigned fault;

	out->err = get(u, value, "GetExternalIPAddress", "NewExternalIPAddress",
		       p, why);
	if (out->err)
		return;
	if (ip_parse(&out->ip, value)) {
		out->err = err_fail(why, ERR_FORMAT, "\"%s\" is no IP address",
				    value);
		return;
	}
	/* Since when, tells whether it forgot our mappings. Not all say. */
	http_reply_init(&reply, IGD_REPLY_MAX);
	if (!call(u, &body, &reply, &fault, "GetStatusInfo", no_arguments, p,
		  NULL))
		out->has_uptime = igd_number_read(&out->uptime_s, body,
						  "NewUptime", UINT32_MAX);
	http_reply_clear(&reply);
}

static const char *name_of(enum nat_protocol protocol)
{
	return protocol == NAT_TCP ? "TCP" : "UDP";
}

static const char *describe(enum nat_protocol protocol)
{
	return protocol == NAT_TCP ? "ethereum p2p" : "ethereum peer discovery";
}

/* The arguments that say which mapping is meant: any host's, at that port. */
#define MAPPING(external, protocol)                                      \
	"NewRemoteHost", "", "NewExternalPort", external, "NewProtocol", \
		name_of(protocol)

/* One attempt to map an external port; *granted is the one that was given. */
static enum err map_port(struct upnp *u, uint16_t *granted, unsigned *fault,
			 const struct nat_request *r, uint16_t external,
			 uint32_t lifetime_s, const struct patience *p,
			 struct why *why)
{
	char outside[8], inside[8], host[IP_TEXT_MAX], lifetime[12];
	const char *arguments[] = { MAPPING(outside, r->protocol),
				    "NewInternalPort",
				    inside,
				    "NewInternalClient",
				    ip_text(host, &u->ours),
				    "NewEnabled",
				    "1",
				    "NewPortMappingDescription",
				    describe(r->protocol),
				    "NewLeaseDuration",
				    lifetime,
				    NULL };
	struct http_reply reply;
	struct span body;
	uint32_t port = external;
	enum err rc;

	snprintf(outside, sizeof(outside), "%u", (unsigned)external);
	snprintf(inside, sizeof(inside), "%u", (unsigned)r->internal);
	snprintf(lifetime, sizeof(lifetime), "%u", (unsigned)lifetime_s);
	http_reply_init(&reply, IGD_REPLY_MAX);
	rc = call(u, &body, &reply, fault,
		  u->service.any_port ? "AddAnyPortMapping" : "AddPortMapping",
		  arguments, p, why);
	if (!rc && u->service.any_port &&
	    (!igd_number_read(&port, body, "NewReservedPort", UINT16_MAX) ||
	     !port))
		rc = err_fail(why, ERR_FORMAT,
			      "AddAnyPortMapping: no port in the answer");
	http_reply_clear(&reply);
	*granted = (uint16_t)port;
	return rc;
}

/* "With the preferred port up to 4 times, then 3 random ports": the former is
 * of no use when another host has it. A router that knows only mappings without
 * end gets one; it goes when we do. */
static void ask_map(struct upnp *u, struct nat_answer *out,
		    const struct nat_request *r, uint64_t random,
		    const struct patience *p, struct why *why)
{
	uint16_t external = r->external;
	uint32_t lifetime_s = r->lifetime_s;
	unsigned fault;

	for (int i = 0; i < PREFERRED_TRIES + RANDOM_TRIES; i++) {
		if (i >= PREFERRED_TRIES) {
			external = (uint16_t)(RANDOM_FIRST +
					      random % RANDOM_COUNT);
			random /= RANDOM_COUNT;
		}
		out->err = map_port(u, &out->external, &fault, r, external,
				    lifetime_s, p, why);
		if (out->err != ERR_DENIED)
			return;
		if (fault == FAULT_PERMANENT)
			lifetime_s = 0;
		if (fault == FAULT_CONFLICT && i < PREFERRED_TRIES)
			i = PREFERRED_TRIES - 1;
	}
}

static void ask_unmap(struct upnp *u, struct nat_answer *out,
		      const struct nat_request *r, const struct patience *p,
		      struct why *why)
{
	char outside[8];
	const char *arguments[] = { MAPPING(outside, r->protocol), NULL };
	struct http_reply reply;
	struct span body;
	unsigned fault;

	snprintf(outside, sizeof(outside), "%u", (unsigned)r->external);
	http_reply_init(&reply, IGD_REPLY_MAX);
	out->err = call(u, &body, &reply, &fault, "DeletePortMapping",
			arguments, p, why);
	http_reply_clear(&reply);
}

void upnp_ask(struct upnp *u, struct nat_answer *out,
	      const struct nat_request *request, uint64_t random,
	      const struct patience *p, struct why *why)
{
	memset(out, 0, sizeof(*out));
	switch (request->ask) {
	case NAT_ADDRESS:
		ask_address(u, out, p, why);
		break;
	case NAT_MAP:
		ask_map(u, out, request, random, p, why);
		break;
	case NAT_UNMAP:
		ask_unmap(u, out, request, p, why);
		break;
	}
}
