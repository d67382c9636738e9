/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile server can do to the client and to a download: any values, of
 * roots and entries that are signed and hashed as they should be, at any name,
 * in any order, and any time between them.
 *
 * The input is a program: a byte says what is done, what follows is what with.
 * Entries that it makes exist under their right names; so branches can name
 * each other, twice too, and lists link to lists. */
#include <stdio.h>

#include "p2p/base/reader.h"
#include "p2p/crypto/hashtable.h"
#include "p2p/crypto/rng.h"
#include "p2p/dnsdisc/client.h"
#include "p2p/dnsdisc/sync.h"
#include "test/fuzz/fuzz.h"

enum {
	TEXTS_MAX = 32,
	TEXT_MAX = 2048,
	CHILDREN_MAX = 24,
	EVENTS_MAX = 250,
	LISTS = 3,
};

/* The server's entries, by number. */
struct server {
	char text[TEXTS_MAX][TEXT_MAX];
	struct dns_hash hash[TEXTS_MAX];
	size_t count;
	char root[LISTS][DNS_ROOT_TEXT];
	struct reader *in;
};

static struct ecc_keypair keys[LISTS];
static struct dns_link links[LISTS];
static struct enr record;

static void set_up(void)
{
	struct enr_draft d = { .seq = 1 };

	if (record.len)
		return;
	crypto_init();
	hashtable_init();
	for (unsigned i = 0; i < LISTS; i++) {
		memset(keys[i].key.b, (int)(7 + i), sizeof(keys[i].key.b));
		ecc_pub_of(&keys[i].pub, &keys[i].key);
		links[i].pub = keys[i].pub;
		snprintf(links[i].domain, sizeof(links[i].domain), "%u", i);
	}
	MUST(!enr_sign(&record, &d, &keys[0]));
	MUST(!enr_verify(&record, NULL));
}

static void add_text(struct server *s)
{
	if (s->count == TEXTS_MAX)
		return;
	s->hash[s->count] = dns_hash_of(span_text(s->text[s->count]));
	s->count++;
}

static void add_branch(struct server *s)
{
	unsigned n = rd_u8(s->in) % (CHILDREN_MAX + 1);
	char *text, name[DNS_HASH_TEXT];
	size_t len;

	if (s->count == TEXTS_MAX)
		return;
	text = s->text[s->count];
	len = (size_t)sprintf(text, "enrtree-branch:");
	for (unsigned i = 0; i < n; i++) {
		uint8_t which = rd_u8(s->in);
		struct dns_hash hash = { .len = DNS_HASH_MIN };

		hash.b[0] = which; /* nowhere */
		if (which < s->count)
			hash = s->hash[which];
		len += (size_t)sprintf(text + len, "%s%s", i ? "," : "",
				       dns_hash_text(name, &hash));
	}
	add_text(s);
}

static void add_link(struct server *s)
{
	if (s->count < TEXTS_MAX)
		dns_link_text(s->text[s->count], &links[rd_u8(s->in) % LISTS]);
	add_text(s);
}

static void add_record(struct server *s)
{
	if (s->count < TEXTS_MAX)
		enr_text(s->text[s->count], &record);
	add_text(s);
}

static void add_any(struct server *s)
{
	struct span any = rd_take(s->in, rd_u8(s->in));

	if (s->count < TEXTS_MAX)
		snprintf(s->text[s->count], TEXT_MAX, "enr%.*s", (int)any.len,
			 (const char *)any.data);
	add_text(s);
}

static void sign_root(struct server *s)
{
	unsigned which = rd_u8(s->in) % LISTS;
	size_t e = rd_u8(s->in), l = rd_u8(s->in);
	struct dns_root root = { .seq = rd_u8(s->in) };

	if (e >= s->count || l >= s->count)
		return;
	root.records = s->hash[e];
	root.links = s->hash[l];
	dns_root_sign(s->root[which], &root, &keys[which].key);
}

static const char *text_at(const struct server *s, const struct dns_link *list,
			   const char *name)
{
	char base32[DNS_HASH_TEXT];

	if (!strcmp(name, list->domain))
		return s->root[atoi(list->domain)];
	for (size_t i = 0; i < s->count; i++)
		if (!strncmp(name, dns_hash_text(base32, &s->hash[i]),
			     strcspn(name, ".")))
			return s->text[i];
	return NULL;
}

/* The values of a name, with what else the server puts there. */
static size_t values_of(struct server *s, struct span values[2],
			const struct dns_event *ev)
{
	const char *text = text_at(s, ev->list, ev->name);
	uint8_t how = rd_u8(s->in);
	size_t n = 0;

	if (how & 1)
		values[n++] = rd_take(s->in, how >> 1);
	if (text && !(how & 2))
		values[n++] = span_text(text);
	return n;
}

static void build(struct server *s)
{
	static void (*const steps[])(struct server * s) = {
		add_branch, add_link, add_record, add_any, sign_root,
	};

	for (unsigned i = 0; i < 2 * TEXTS_MAX && s->in->left; i++) {
		uint8_t what = rd_u8(s->in) % (ARRAY_LEN(steps) + 1);

		if (what == ARRAY_LEN(steps))
			return;
		steps[what](s);
	}
}

static void check_event(const struct dns_event *ev)
{
	MUST(ev->list);
	switch (ev->type) {
	case DNS_EVENT_ASK:
		MUST(ev->ask && ev->name[0]);
		break;
	case DNS_EVENT_RECORD:
		MUST(node_id_equal(&ev->record->id, &record.id) ||
		     ev->record->len);
		break;
	case DNS_EVENT_LINK:
		MUST(ev->link->domain[0]);
		break;
	case DNS_EVENT_FAILED:
	case DNS_EVENT_REFUSED:
		/* Which name it was. */
		MUST(ev->err && strstr(ev->why, ev->list->domain));
		break;
	case DNS_EVENT_ROOT:
	case DNS_EVENT_JOINED:
	case DNS_EVENT_LEFT:
	case DNS_EVENT_DONE:
		break;
	}
}

static void run_client(struct server *s)
{
	struct secret32 seed = { { 1 } };
	struct mono now = { 1 }, next;
	struct dns_client *c = dns_client_new(&seed, now);
	struct dns_client_counts counts;
	struct dns_event ev;
	uint64_t seqs[LISTS] = { 0 };

	MUST(!dns_client_add(c, &links[0]));
	dns_client_want(c, SIZE_MAX);
	for (unsigned i = 0; i < EVENTS_MAX && s->in->left; i++) {
		struct span values[2];
		size_t n;

		while (!dns_client_next(c, &ev, now)) {
			next = dns_client_tick(c, now);
			MUST(mono_before(now, next));
			if (next.ns == MONO_NEVER.ns)
				goto out;
			now = next;
		}
		check_event(&ev);
		if (ev.type == DNS_EVENT_ROOT) {
			uint64_t *seq = &seqs[atoi(ev.list->domain)];

			MUST(ev.seq >= *seq);
			*seq = ev.seq;
		}
		if (ev.type != DNS_EVENT_ASK)
			continue;
		n = values_of(s, values, &ev);
		if (n)
			dns_client_answer(c, ev.ask, values, n, now);
		else if (rd_u8(s->in) % 8 == 7)
			build(s); /* it changes meanwhile, and is silent */
		else
			dns_client_fail(c, ev.ask, ERR_NOT_FOUND, "no", now);
	}
out:
	dns_client_counts(c, &counts);
	MUST(counts.lists <= DNS_LISTS_MAX && counts.cached <= DNS_CACHE_MAX);
	dns_client_free(c);
}

/* Ends with one of the three ends, or waits for an answer. */
static void run_sync(struct server *s)
{
	struct mono now = { 1 }, next;
	struct dns_sync *sync = dns_sync_new(&links[0], 0, 10, now);
	bool is_over = false;
	struct dns_event ev;

	for (unsigned i = 0; i < EVENTS_MAX; i++) {
		struct span values[2];
		size_t n;

		while (!dns_sync_next(sync, &ev, now)) {
			next = dns_sync_tick(sync, now);
			if (next.ns == MONO_NEVER.ns)
				goto out;
			MUST(mono_before(now, next));
			now = next;
		}
		MUST(!is_over);
		check_event(&ev);
		is_over = ev.type == DNS_EVENT_DONE ||
			  ev.type == DNS_EVENT_FAILED ||
			  ev.type == DNS_EVENT_REFUSED;
		if (ev.type != DNS_EVENT_ASK)
			continue;
		n = values_of(s, values, &ev);
		if (n)
			dns_sync_answer(sync, ev.ask, values, n);
		else
			dns_sync_fail(sync, ev.ask, ERR_NOT_FOUND, "no");
	}
out:
	MUST(is_over);
	dns_sync_free(sync);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	struct server *s = calloc(1, sizeof(*s));
	bool is_sync;

	set_up();
	MUST(s);
	s->in = &in;
	is_sync = rd_u8(&in) % 2;
	build(s);
	(is_sync ? run_sync : run_client)(s);
	free(s);
	return 0;
}
