/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/event.h"

#include <stdio.h>
#include <stdlib.h>

struct dns_told *dns_events_put(struct dns_events *q, enum dns_event_type type,
				const struct dns_link *list)
{
	struct dns_told *told = calloc(1, sizeof(*told)), **last = &q->first;

	if (!told)
		abort();
	told->list = *list;
	told->event.type = type;
	told->event.list = &told->list;
	while (*last)
		last = &(*last)->next;
	*last = told;
	return told;
}

void dns_events_ask(struct dns_events *q, const struct dns_link *list,
		    uint32_t ask, const char *name)
{
	struct dns_told *told = dns_events_put(q, DNS_EVENT_ASK, list);

	snprintf(told->name, sizeof(told->name), "%s", name);
	told->event.name = told->name;
	told->event.ask = ask;
}

void dns_events_root(struct dns_events *q, const struct dns_link *list,
		     uint64_t seq)
{
	dns_events_put(q, DNS_EVENT_ROOT, list)->event.seq = seq;
}

void dns_events_record(struct dns_events *q, const struct dns_link *list,
		       const struct enr *record)
{
	struct dns_told *told = dns_events_put(q, DNS_EVENT_RECORD, list);

	told->record = *record;
	told->event.record = &told->record;
}

void dns_events_link(struct dns_events *q, const struct dns_link *list,
		     const struct dns_link *link)
{
	struct dns_told *told = dns_events_put(q, DNS_EVENT_LINK, list);

	told->link = *link;
	told->event.link = &told->link;
}

void dns_events_fault(struct dns_events *q, enum dns_event_type type,
		      const struct dns_link *list, bool is_whole, enum err err,
		      const char *why)
{
	struct dns_told *told = dns_events_put(q, type, list);

	told->event.err = err_fail(&told->why, err, "%s", why);
	told->event.why = told->why.text;
	told->event.is_whole = is_whole;
}

bool dns_events_next(struct dns_events *q, struct dns_event *out)
{
	free(q->told);
	q->told = q->first;
	if (!q->told)
		return false;
	q->first = q->told->next;
	*out = q->told->event;
	return true;
}

void dns_events_clear(struct dns_events *q)
{
	struct dns_event ev;

	while (dns_events_next(q, &ev))
		;
}
