/* SPDX-License-Identifier: Apache-2.0 */
/* igd.h - what UPnP says to and of an Internet Gateway Device: texts to be sent
 * and answers to be read (specs: discovery.md, "Protocol notes"). Pure; what
 * comes in is bounded by its caller, and read by libminiupnpc's parsers.
 *
 * Any host of the LAN may answer and name any URL. So whatever it names must
 * lie on the host that answered, as an IPv4 address; nothing is looked up, and
 * no other host is ever asked. */
#ifndef P2P_NAT_IGD_H
#define P2P_NAT_IGD_H

#include "p2p/base/addr.h"
#include "p2p/base/span.h"

enum {
	IGD_PATH_MAX = 128, /* of a URL, with terminator */
	IGD_TYPE_MAX = 64,
	IGD_TEXT_MAX = 2048, /* of what is sent, with terminator */
	IGD_DESCRIPTION_MAX = 64 * 1024,
	IGD_REPLY_MAX = 8 * 1024,
	IGD_SERVICES_MAX = 2,
	IGD_ARGUMENTS_MAX = 8,
	IGD_VALUE_MAX = 64, /* of a value that is read, with terminator */
	IGD_SEARCHES = 4,
};

/* "http://192.168.1.1:5000/rootDesc.xml" */
struct igd_url {
	struct addr at;
	char path[IGD_PATH_MAX]; /* begins with '/' */
};

/* A service that maps ports. */
struct igd_service {
	struct igd_url url;
	char type[IGD_TYPE_MAX];
	bool any_port; /* it picks a free port itself: version 2 */
};

/* igd_search_text - the search with that number (below IGD_SEARCHES), for
 * 239.255.255.250, port 1900. Returns out. */
const char *igd_search_text(char out[IGD_TEXT_MAX], unsigned number);

/* igd_url_parse - ERR_FORMAT: it is no "http://" of an IPv4 address and port.
 * ERR_LIMIT: its path is too long. */
MUST_USE enum err igd_url_parse(struct igd_url *out, struct span text);

/* igd_location_read - the URL of the description in an answer to a search,
 * which came from `from`. ERR_FORMAT: it is none. ERR_DENIED: the URL is of
 * another host than that. */
MUST_USE enum err igd_location_read(struct igd_url *out, const struct ip *from,
				    struct span datagram);

/* igd_description_read - the services that map ports, in the document that
 * `from` led to; a zero byte stands behind it. Returns how many. */
size_t igd_description_read(struct igd_service out[IGD_SERVICES_MAX],
			    const struct igd_url *from, struct span xml);

/* igd_get_text, igd_call_text - whole requests: for the description, and of an
 * action with its arguments, names and values in turn (ours: nothing is
 * escaped), ended by NULL. Return out. */
const char *igd_get_text(char out[IGD_TEXT_MAX], const struct igd_url *url);
const char *igd_call_text(char out[IGD_TEXT_MAX],
			  const struct igd_service *service, const char *action,
			  const char *const *arguments);

/* igd_value_read - one value of an answer, of printable ASCII; a zero byte
 * stands behind the answer. False: there is none of that name. */
bool igd_value_read(char out[IGD_VALUE_MAX], struct span xml, const char *name);

/* igd_fault_read - the number of a UPnP error ("718"), or 0. */
unsigned igd_fault_read(struct span xml);

/* igd_number_read - a value that is a decimal number up to max. */
bool igd_number_read(uint32_t *out, struct span xml, const char *name,
		     uint32_t max);

#endif
