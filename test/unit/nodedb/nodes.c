/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/nodedb/nodes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/nodedb/known_inside.h"

struct named {
	struct ecc_keypair key;
	struct node_id id;
};

/* The first ones are made once. */
static const struct named *named(unsigned n)
{
	static struct named all[64], other;
	struct named *a = n < ARRAY_LEN(all) ? &all[n] : &other;

	if (a != &other && a->key.key.b[0])
		return a;
	a->key.key.b[0] = 7;
	for (size_t i = 0; i < 4; i++)
		a->key.key.b[31 - i] = (uint8_t)((n + 1) >> 8 * i);
	ecc_pub_of(&a->key.pub, &a->key.key);
	a->id = node_id_of(&a->key.pub);
	return a;
}

struct known_contact node_at(unsigned n, unsigned net, unsigned host)
{
	const struct named *a = named(n);
	struct known_contact c = {
		.pub = a->key.pub,
		.id = a->id,
		.udp = { .ip = { .family = IP_V4,
				 .b = { 20, (uint8_t)(net >> 8), (uint8_t)net,
					(uint8_t)host } },
			 .port = 30303 },
		.tcp = 30304,
	};

	return c;
}

static void sign(struct known_contact *c, const struct ecc_keypair *key,
		 uint64_t seq)
{
	struct enr_draft draft = { .seq = seq };

	if (enr_draft_set_ip(&draft, &c->udp.ip) ||
	    enr_draft_set_port(&draft, "udp", c->udp.port) ||
	    enr_draft_set_port(&draft, "tcp", c->tcp) ||
	    enr_sign(&c->record, &draft, key))
		abort();
}

struct known_contact node_signed(unsigned n, unsigned net, unsigned host,
				 uint64_t seq)
{
	/* The last record of each of the first ones is made once. */
	static struct known_contact last[64];
	struct known_contact c = node_at(n, net, host);

	if (n < ARRAY_LEN(last) && last[n].record.len &&
	    last[n].record.seq == seq && ip_equal(&last[n].udp.ip, &c.udp.ip))
		return last[n];
	sign(&c, &named(n)->key, seq);
	if (n < ARRAY_LEN(last))
		last[n] = c;
	return c;
}

struct entry_node node_entry(const struct known_contact *c, uint32_t pong)
{
	return (struct entry_node){
		.pub = c->pub,
		.udp = c->udp,
		.tcp = c->tcp,
		.record = enr_raw(&c->record),
		.count = 1,
		.at = { { .ip = c->udp.ip, .pong = pong } },
	};
}

/* --- text ----------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct known_item *const *x = a, *const *y = b;

	return memcmp(&(*x)->id, &(*y)->id, sizeof(struct node_id));
}

static void print_item(FILE *out, const struct known_item *item)
{
	char id[NODE_ID_SHORT], udp[ADDR_TEXT_MAX], ip[IP_TEXT_MAX];
	struct entry_node node = known_item_read(item);

	fprintf(out, "%s %s %u%s", node_id_short(id, &item->id),
		addr_text(udp, &node.udp), node.tcp,
		item->is_proven ? " proven" : "");
	for (size_t i = 0; i < node.count; i++)
		fprintf(out, " [%s %u %u %u]", ip_text(ip, &node.at[i].ip),
			node.at[i].ping, node.at[i].pong, node.at[i].failures);
	fprintf(out, node.record.len ? " record " : " key ");
	if (!node.record.len)
		node.record = span_of(node.pub.b, sizeof(node.pub.b));
	for (size_t i = 0; i < node.record.len; i++)
		fprintf(out, "%02x", node.record.data[i]);
	fprintf(out, "\n");
}

static int by_key(struct known_list *a, struct known_list *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

char *known_text(struct known *k)
{
	struct known_item *all[1 << 16], *item;
	struct known_list *list;
	size_t n = 0, len;
	FILE *out;
	char *text;

	for (item = k->proven; item; item = item->next)
		all[n++] = item;
	for (item = k->unproven; item; item = item->next)
		all[n++] = item;
	if (n)
		qsort(all, n, sizeof(struct known_item *), by_id);
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	for (size_t i = 0; i < n; i++)
		print_item(out, all[i]);
	HASH_SORT(k->lists, by_key);
	for (list = k->lists; list; list = list->hh.next)
		fprintf(out, "%s %" PRIu64 " %" PRIu64 "\n", list->list.url,
			list->list.seq, list->list.used);
	fclose(out);
	return text;
}
