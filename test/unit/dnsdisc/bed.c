/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/dnsdisc/bed.h"

#include <stdio.h>

void bed_open(struct bed *b, unsigned char seed)
{
	struct secret32 s = { { seed } };

	*b = (struct bed){ .now = { 5000000000 } };
	b->c = dns_client_new(&s, b->now);
}

void bed_close(struct bed *b)
{
	dns_client_free(b->c);
	zone_clear(&b->z);
}

void bed_add(struct bed *b, unsigned n, const char *domain)
{
	struct dns_link link = zone_link(n, domain);

	cr_assert_eq(dns_client_add(b->c, &link), ERR_NONE);
}

void bed_open_list(struct bed *b, unsigned char seed, unsigned count)
{
	bed_open(b, seed);
	zone_add_list(&b->z, 1, "a", 1, 1, count, NULL, 0);
	bed_add(b, 1, "a");
}

static void answer(struct bed *b, const struct dns_event *ev)
{
	const struct zone_row *row = zone_find(&b->z, ev->name);
	struct span value;

	if (b->asked < BED_LOG) {
		snprintf(b->asks[b->asked], DNS_NAME_MAX, "%s", ev->name);
		b->asked_at[b->asked] = b->now;
	}
	b->asked++;
	b->roots_asked += !strcmp(ev->name, ev->list->domain);
	b->last_ask = ev->ask;
	if (b->is_mute)
		return;
	if (!row) {
		dns_client_fail(b->c, ev->ask, ERR_NOT_FOUND, "no such name",
				b->now);
		return;
	}
	if (!row->text) {
		dns_client_fail(b->c, ev->ask, ERR_SYSTEM, "SERVFAIL", b->now);
		return;
	}
	value = span_text(row->text);
	dns_client_answer(b->c, ev->ask, &value, 1, b->now);
}

static void take_fault(struct bed *b, const struct dns_event *ev)
{
	b->err = ev->err;
	b->is_whole = ev->is_whole;
	snprintf(b->why.text, sizeof(b->why.text), "%s", ev->why);
}

static void take_event(struct bed *b, const struct dns_event *ev)
{
	switch (ev->type) {
	case DNS_EVENT_ASK:
		answer(b, ev);
		break;
	case DNS_EVENT_RECORD:
		cr_assert_lt(ev->record->seq, BED_NODES);
		b->records++;
		b->distinct += !b->times[ev->record->seq]++;
		break;
	case DNS_EVENT_ROOT:
		b->root_seq = ev->seq;
		b->root_of = *ev->list;
		break;
	case DNS_EVENT_JOINED:
		b->joined++;
		break;
	case DNS_EVENT_LEFT:
		b->left++;
		b->left_of = *ev->list;
		if (ev->err)
			take_fault(b, ev);
		break;
	case DNS_EVENT_REFUSED:
		b->refused++;
		take_fault(b, ev);
		break;
	case DNS_EVENT_FAILED:
		b->failed++;
		take_fault(b, ev);
		break;
	case DNS_EVENT_LINK:
	case DNS_EVENT_DONE:
		cr_assert(false);
	}
}

void bed_run(struct bed *b, uint64_t ms)
{
	struct mono end = mono_add_ms(b->now, ms), next;
	struct dns_event ev;

	for (;;) {
		unsigned n = 0;

		while (dns_client_next(b->c, &ev, b->now)) {
			take_event(b, &ev);
			cr_assert_lt(++n, 1000, "it spins");
		}
		next = dns_client_tick(b->c, b->now);
		cr_assert(mono_before(b->now, next), "it spins");
		if (mono_before(end, next))
			break;
		b->now = next;
	}
	b->now = end;
}

void bed_rest(struct bed *b)
{
	dns_client_want(b->c, 0);
	bed_run(b, 31 * MINUTE);
	dns_client_want(b->c, SIZE_MAX);
	bed_run(b, MINUTE);
}
