/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - what reading DNS lists tells its owner: the client of many lists
 * (client.h) and the download of one (sync.h). Pure. */
#ifndef P2P_DNSDISC_EVENT_H
#define P2P_DNSDISC_EVENT_H

#include "p2p/dnsdisc/entry.h"

enum {
	DNS_NAME_MAX = DNS_HASH_TEXT + DNS_DOMAIN_MAX,
	DNS_LOOKUP_TIMEOUT_MS = 5000, /* of each name; the owner's to keep */
};

enum dns_event_type {
	DNS_EVENT_ASK,	  /* look up name: ask is its number */
	DNS_EVENT_ROOT,	  /* the list has a new root, with this seq */
	DNS_EVENT_RECORD, /* record, verified, of this list */
	DNS_EVENT_FAILED, /* err, why: a lookup gave nothing; it is tried again.
			     Of a download that is its end */
	/* err, why: what a name had will not do; why begins with the name. The
	 * list goes on without it, unless is_whole: then with its next root. Of
	 * a download that is its end. */
	DNS_EVENT_REFUSED,

	DNS_EVENT_JOINED, /* client: another list links to this one */
	DNS_EVENT_LEFT,	  /* client: none does any more; or, with err and why,
			     there is no room for it */
	DNS_EVENT_LINK,	  /* download: the list links to `link` */
	DNS_EVENT_DONE,	  /* download: that was all */
};

/* A value; pointers are borrowed until the next event. */
struct dns_event {
	enum dns_event_type type;
	const struct dns_link *list;
	const struct dns_link *link;
	uint32_t ask;
	const char *name;
	uint64_t seq;
	const struct enr *record;
	enum err err;
	const char *why;
	bool is_whole;
};

/* --- for the cores -------------------------------------------------------- */

/* An event that waits, with what it tells. */
struct dns_told {
	struct dns_told *next;
	struct dns_event event;
	struct dns_link list, link;
	struct enr record;
	char name[DNS_NAME_MAX];
	struct why why;
};

/* Zero is an empty queue; not to be copied. */
struct dns_events {
	struct dns_told *first;
	struct dns_told *told; /* pulled last */
};

/* dns_events_put - one more, at the end; fill in what belongs to its type. */
struct dns_told *dns_events_put(struct dns_events *q, enum dns_event_type type,
				const struct dns_link *list);

/* The same, filled in. */
void dns_events_ask(struct dns_events *q, const struct dns_link *list,
		    uint32_t ask, const char *name);
void dns_events_root(struct dns_events *q, const struct dns_link *list,
		     uint64_t seq);
void dns_events_record(struct dns_events *q, const struct dns_link *list,
		       const struct enr *record);
void dns_events_link(struct dns_events *q, const struct dns_link *list,
		     const struct dns_link *link);
void dns_events_fault(struct dns_events *q, enum dns_event_type type,
		      const struct dns_link *list, bool is_whole, enum err err,
		      const char *why);

/* dns_events_next - pull one; ends the loan of the one before. */
bool dns_events_next(struct dns_events *q, struct dns_event *out);
void dns_events_clear(struct dns_events *q);

#endif
