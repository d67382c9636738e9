/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/upnp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/base/attr.h"
#include "p2p/nat/http.h"
#include "p2p/nat/lan.h"

enum {
	PREFERRED_TRIES = 4,
	RANDOM_TRIES = 3,
	RANDOM_FIRST = 10000, /* external ports, when ours is taken */
	RANDOM_COUNT = 65535 - RANDOM_FIRST,
	FAULT_CONFLICT = 718,  /* ConflictInMappingEntry */
	FAULT_PERMANENT = 725, /* OnlyPermanentLeasesSupported */
	READ_MAX = 4096,
};

static struct sockaddr_in sockaddr_of(const struct addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(a->port) };

	memcpy(&in.sin_addr, a->ip.b, 4);
	return in;
}

static struct ip ip_of(const struct sockaddr_in *in)
{
	struct ip ip = { .family = IP_V4 };

	memcpy(ip.b, &in->sin_addr, 4);
	return ip;
}

/* --- one request over TCP ------------------------------------------------- */

static enum err await(int fd, short events, const struct patience *p)
{
	struct pollfd poll = { .fd = fd, .events = events };

	return patience_poll(p, &poll, 1);
}

/* *ours is the address that we have towards the other end. */
static enum err connect_to(int *out, struct ip *ours, const struct addr *to,
			   const struct patience *p)
{
	struct sockaddr_in in = sockaddr_of(to);
	socklen_t len = sizeof(in);
	int failed = 0,
	    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum err rc = ERR_SYSTEM;

	if (fd < 0)
		return ERR_SYSTEM;
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) &&
	    errno != EINPROGRESS)
		goto out;
	rc = await(fd, POLLOUT, p);
	if (rc)
		goto out;
	rc = ERR_SYSTEM;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed,
		       &(socklen_t){ sizeof(failed) }) ||
	    failed || getsockname(fd, (struct sockaddr *)&in, &len))
		goto out;
	*ours = ip_of(&in);
	*out = fd;
	return ERR_NONE;
out:
	close(fd);
	return rc;
}

static enum err send_all(int fd, const char *text, const struct patience *p)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
		enum err rc = ERR_NONE;

		if (n < 0 && errno == EAGAIN)
			rc = await(fd, POLLOUT, p);
		else if (n < 0)
			rc = ERR_SYSTEM;
		if (rc)
			return rc;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return ERR_NONE;
}

/* Until it is whole, or the other end closes. */
static enum err receive_all(int fd, struct http_reply *reply,
			    const struct patience *p)
{
	uint8_t bytes[READ_MAX];

	for (;;) {
		enum err rc = await(fd, POLLIN, p);
		ssize_t n;

		if (rc)
			return rc;
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (!n)
			return ERR_NONE;
		if (n < 0 && errno != EAGAIN)
			return ERR_SYSTEM;
		rc = n < 0 ? ERR_SHORT
			   : http_reply_feed(reply, bytes, (size_t)n);
		if (rc != ERR_SHORT)
			return rc;
	}
}

/* The body of the answer, borrowed from *reply, which the caller clears. */
static enum err exchange(struct span *body, struct http_reply *reply,
			 struct ip *ours, const struct addr *to,
			 const char *text, const struct patience *patience)
{
	struct patience p = patience_for(patience, UPNP_CALL_MS);
	int fd;
	enum err rc = connect_to(&fd, ours, to, &p);

	if (rc)
		return rc;
	rc = send_all(fd, text, &p);
	if (!rc)
		rc = receive_all(fd, reply, &p);
	if (!rc)
		rc = http_reply_body(reply, body);
	close(fd);
	return rc;
}

/* --- actions -------------------------------------------------------------- */

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
		rc = exchange(
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

/* One attempt to map an external port; *granted is the one that was given. */
static enum err map_port(struct upnp *u, uint16_t *granted, unsigned *fault,
			 const struct nat_request *r, uint16_t external,
			 uint32_t lifetime_s, const struct patience *p,
			 struct why *why)
{
	char outside[8], inside[8], host[IP_TEXT_MAX], lifetime[12];
	const char *arguments[] = { "NewRemoteHost",
				    "",
				    "NewExternalPort",
				    outside,
				    "NewProtocol",
				    name_of(r->protocol),
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
	const char *arguments[] = { "NewRemoteHost",
				    "",
				    "NewExternalPort",
				    outside,
				    "NewProtocol",
				    name_of(r->protocol),
				    NULL };
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

/* --- the search ----------------------------------------------------------- */

struct search {
	struct lan lan;
	int fd;
	size_t host_count;
	struct addr hosts[UPNP_HOSTS_MAX]; /* that answered */

	/* Anybody may answer first. So our default route's router is waited
	 * for, a little, and others are kept for then. */
	bool waits;
	struct ip gateway;
	size_t other_count;
	struct igd_url others[UPNP_HOSTS_MAX];
};

/* "The internal address: our interface in the gateway's subnet." */
static void send_searches(const struct search *s)
{
	static const struct addr group = {
		.ip = { .family = IP_V4, .b = { 239, 255, 255, 250 } },
		.port = 1900,
	};
	struct sockaddr_in to = sockaddr_of(&group);
	char text[IGD_TEXT_MAX];

	for (size_t i = 0; i < s->lan.count; i++) {
		struct in_addr ours;

		memcpy(&ours, s->lan.networks[i].ours.b, sizeof(ours));
		if (setsockopt(s->fd, IPPROTO_IP, IP_MULTICAST_IF, &ours,
			       sizeof(ours)))
			continue;
		for (unsigned n = 0; n < IGD_SEARCHES; n++) {
			/* Lost or refused is the same to us. */
			ssize_t sent UNUSED;

			igd_search_text(text, n);
			sent = sendto(s->fd, text, strlen(text), MSG_NOSIGNAL,
				      (struct sockaddr *)&to, sizeof(to));
		}
	}
}

/* "Usable if GetNATRSIPStatus reports NAT enabled." */
static enum err try_service(struct upnp *u, const struct patience *p,
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

static enum err try_description(struct upnp *out, const struct igd_url *url,
				const struct patience *p, struct why *why)
{
	struct igd_service services[IGD_SERVICES_MAX];
	char text[IGD_TEXT_MAX];
	struct http_reply reply;
	struct upnp u = { 0 };
	struct span body;
	size_t n = 0;
	enum err rc;

	http_reply_init(&reply, IGD_DESCRIPTION_MAX);
	rc = exchange(&body, &reply, &u.ours, &url->at, igd_get_text(text, url),
		      p);
	if (!rc)
		n = igd_description_read(services, url, body);
	http_reply_clear(&reply);
	if (rc)
		return err_fail(why, rc, "its description: %s",
				rc == ERR_SYSTEM ? "no connection"
						 : err_name(rc));
	rc = err_fail(why, ERR_NOT_FOUND, "it has no service to map ports");
	for (size_t i = 0; i < n && rc && rc != ERR_CLOSED; i++) {
		u.service = services[i];
		rc = try_service(&u, p, why);
	}
	if (!rc)
		*out = u;
	return rc;
}

/* No host has more than two tries, or one could use up the time of all. */
static bool is_new(struct search *s, const struct addr *at)
{
	int of_host = 0;

	for (size_t i = 0; i < s->host_count; i++) {
		if (!ip_equal(&s->hosts[i].ip, &at->ip))
			continue;
		if (s->hosts[i].port == at->port)
			return false;
		of_host++;
	}
	if (of_host == 2 || s->host_count == UPNP_HOSTS_MAX)
		return false;
	s->hosts[s->host_count++] = *at;
	return true;
}

static enum err try_url(const struct igd_url *url, struct upnp *out,
			const struct patience *p, struct why *why)
{
	char text[IP_TEXT_MAX];
	enum err rc = try_description(out, url, p, why);

	ip_text(text, &url->at.ip);
	return rc ? err_wrap(why, rc, "%s", text) : ERR_NONE;
}

/* One answer: ERR_NONE when it led to a router. */
static enum err try_answer(struct search *s, struct upnp *out,
			   const struct patience *p, struct why *why)
{
	char text[IP_TEXT_MAX];
	uint8_t bytes[1536];
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	struct igd_url url;
	struct ip from;
	ssize_t n = recvfrom(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT,
			     (struct sockaddr *)&in, &len);
	enum err rc;

	if (n <= 0)
		return ERR_NOT_FOUND;
	from = ip_of(&in);
	if (!lan_of(&s->lan, &from))
		return ERR_NOT_FOUND;
	rc = igd_location_read(&url, &from, span_of(bytes, (size_t)n));
	if (rc == ERR_DENIED)
		return err_fail(why, rc, "%s names a description elsewhere",
				ip_text(text, &from));
	if (rc || !is_new(s, &url.at))
		return ERR_NOT_FOUND;
	if (s->waits && !ip_equal(&from, &s->gateway)) {
		s->others[s->other_count++] = url;
		return ERR_NOT_FOUND;
	}
	return try_url(&url, out, p, why);
}

/* Datagrams get lost, so it is asked twice; and from now on any router will
 * do. */
static enum err search_again(struct search *s, struct upnp *out,
			     const struct patience *p, struct why *why)
{
	enum err rc = ERR_NOT_FOUND;

	s->waits = false;
	send_searches(s);
	for (size_t i = 0; i < s->other_count && rc && rc != ERR_CLOSED; i++)
		rc = try_url(&s->others[i], out, p, why);
	return rc;
}

static enum err search(struct search *s, struct upnp *out,
		       const struct patience *p, struct why *why)
{
	struct patience all = patience_for(p, UPNP_SEARCH_MS);
	struct patience first = patience_for(p, UPNP_WAIT_MS);
	bool again = false;

	s->waits = lan_gateway(&s->gateway, &s->lan);
	send_searches(s);
	while (mono_before(mono_now(), all.until)) {
		enum err rc;

		if (!again && !mono_before(mono_now(), first.until)) {
			again = true;
			rc = search_again(s, out, p, why);
		} else {
			rc = await(s->fd, POLLIN, again ? &all : &first);
			if (!rc)
				rc = try_answer(s, out, p, why);
		}
		if (!rc || rc == ERR_CLOSED)
			return rc;
	}
	return ERR_NOT_FOUND;
}

enum err upnp_find(struct upnp *out, const struct patience *p, struct why *why)
{
	struct search s = { 0 };
	struct why inner = WHY_NONE;
	enum err rc;

	lan_read(&s.lan);
	if (!s.lan.count)
		return err_fail(why, ERR_NOT_FOUND,
				"this machine is in no private network");
	s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s.fd < 0)
		return err_errno(why, ERR_SYSTEM, errno, "a socket");
	rc = search(&s, out, p, &inner);
	close(s.fd);
	if (rc)
		return err_fail(why, rc, "UPnP: %s",
				inner.text[0] ? inner.text
					      : "no router answers");
	return ERR_NONE;
}
