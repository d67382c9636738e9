/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/base/attr.h"
#include "p2p/nat/exchange.h"
#include "p2p/nat/lan.h"
#include "p2p/nat/upnp_inside.h"

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

/* Each network has a group of its own. */
static void send_searches(const struct search *s)
{
	static const struct addr group = {
		.ip = { .family = IP_V4, .b = { 239, 255, 255, 250 } },
		.port = 1900,
	};
	struct sockaddr_in to = exchange_sockaddr(&group);
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
	rc = exchange_http(&body, &reply, &u.ours, &url->at,
			   igd_get_text(text, url), p);
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
		rc = upnp_translates(&u, p, why);
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
	from = exchange_ip(&in);
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
			rc = exchange_await(s->fd, POLLIN,
					    again ? &all : &first);
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
