/* SPDX-License-Identifier: Apache-2.0 */
/* All of a node's discovery, beside another node's on the same link. Each step
 * is a head of 4 bytes and data:
 *
 *     what    0: a datagram as it is; 1: one masked as of v5 for us; 2: time
 *             passes; 3: the link carries on, with a bit of one datagram
 *             turned; 4: a request; 5: what the owner says of our endpoint
 *     who     from one of 8 addresses; which request; which change
 *     length  of the data, 2 bytes; milliseconds; the bit
 *
 * The record stays valid and its number never falls; what is sent fits, and
 * goes to somewhere; it rests. */

#include "p2p/base/reader.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/discovery.h"
#include "test/fuzz/fuzz.h"

enum {
	NODES = 2, /* ours first */
	STEPS = 64,
	TURNS = 200, /* until it rests */
	DO_RAW = 0,
	DO_MASKED,
	DO_TIME,
	DO_LINK,
	DO_REQUEST,
	DO_OWNER,
	DOS,
};

static struct node {
	struct ecc_keypair key;
	struct addr at;
	struct discovery *d;
	uint64_t seq;
} nodes[NODES];

static struct mono now;
static uint32_t turned; /* the bit of the next datagram to turn; 0: none */

static struct addr address(uint8_t who)
{
	static const uint8_t firsts[4] = { 127, 10, 20, 0 };

	return (struct addr){ .ip = { .family = IP_V4,
				      .b = { firsts[who % 4], 0, 0,
					     who % 4 < 3 } },
			      .port = who % 8 < 4 ? 30303 : 0 };
}

static uint64_t unix_ms(void)
{
	return 1700000000000 + now.ns / 1000000;
}

static void make(struct node *n, uint8_t number)
{
	struct secret32 seed = { { number } };

	memset(n->key.key.b, 1 + number, sizeof(n->key.key.b));
	ecc_pub_of(&n->key.pub, &n->key.key);
	n->at = address(number);
	n->d = discovery_new(
		&(struct discovery_config){
			.local = { .key = &n->key,
				   .unix_ms = unix_ms(),
				   .stored = LOCAL_STORED_NEVER,
				   .fallback = n->at.ip,
				   .udp = n->at.port,
				   .tcp = n->at.port },
			.seed = &seed,
			.versions = DISCOVER_V4 | DISCOVER_V5,
			.limits = guard_limits_default,
			.ping_version = V4_VERSION,
		},
		now);
	n->seq = discovery_record(n->d)->seq;
}

static void carry(const struct node *from, struct datagram *p)
{
	MUST(p->len > 0 && p->len <= DATAGRAM_MAX);
	MUST(p->to.port && !ip_is_unspecified(&p->to.ip));
	if (turned) {
		p->bytes[turned / 8 % p->len] ^= (uint8_t)(1 << turned % 8);
		turned = 0;
	}
	for (size_t i = 0; i < NODES; i++)
		if (ip_equal(&nodes[i].at.ip, &p->to.ip) &&
		    nodes[i].at.port == p->to.port)
			discovery_feed(nodes[i].d, &from->at, p->bytes, p->len,
				       now, unix_ms());
}

static void check_record(struct node *n)
{
	struct enr r;

	MUST(discovery_record(n->d)->seq >= n->seq);
	if (discovery_record(n->d)->seq == n->seq)
		return;
	n->seq = discovery_record(n->d)->seq;
	MUST(!enr_read(&r, enr_raw(discovery_record(n->d)), NULL));
	MUST(r.seq == n->seq);
}

/* True: it did something. */
static bool act(struct node *n)
{
	struct mono due = discovery_tick(n->d, now, unix_ms());
	bool any = !mono_before(now, due);
	struct discover_event ev;
	struct datagram p;

	while (discovery_next_event(n->d, &ev)) {
		MUST(ev.type == DISCOVER_SELF || ev.version == DISCOVER_V4 ||
		     ev.version == DISCOVER_V5);
		any = true;
	}
	while (discovery_next_datagram(n->d, &p)) {
		carry(n, &p);
		any = true;
	}
	check_record(n);
	return any;
}

static void settle(void)
{
	for (size_t turn = 0;; turn++) {
		bool any = false;

		for (size_t i = 0; i < NODES; i++)
			any |= act(&nodes[i]);
		if (!any)
			return;
		MUST(turn < TURNS);
	}
}

static void request(uint8_t which)
{
	enum discover_version v = which & 1 ? DISCOVER_V4 : DISCOVER_V5;
	struct discovery *d = nodes[0].d;
	struct contact c;

	MUST(contact_of_record(&c, discovery_record(nodes[1].d), NULL));
	if (which & 2)
		c.record.len = 0;
	switch (which / 4 % 5) {
	case 0:
		discovery_ping(d, v, &c);
		break;
	case 1:
		discovery_request_record(d, v, &c);
		break;
	case 2:
		discovery_lookup(d, v, &c.pub);
		break;
	case 3:
		discovery_resolve(d, v, &c.pub, which & 2 ? NULL : &c);
		break;
	default:
		discovery_seed(d, v, &c, which, now);
	}
}

static void own(uint8_t which, struct span data)
{
	struct local *l = discovery_local(nodes[0].d);
	struct ip ip = { .family = which & 1 ? IP_V4 : IP_V6 };
	char key[2] = { (char)('a' + which % 26) };
	struct enr_draft entries = l->entries;
	enum err rc = ERR_NONE;

	if (data.len)
		memcpy(ip.b, data.data,
		       data.len < 4 || which & 1 ? data.len % 5
						 : data.len % 17);
	switch (which / 4 % 6) {
	case 0:
		local_set_static(l, &ip);
		break;
	case 1:
		local_unset_static(l, ip.family);
		break;
	case 2:
		local_set_fallback(l, &ip);
		break;
	case 3:
		local_set_ports(l, (uint16_t)(which * 257), which);
		break;
	case 4:
		rc = enr_draft_set(&entries, key, data);
		break;
	default:
		rc = enr_draft_unset(&entries, key);
	}
	if (!rc)
		rc = local_set_entries(l, &entries);
	(void)rc; /* whatever it thinks of it */
}

static void feed(uint8_t who, struct span data, bool masked)
{
	uint8_t bytes[DATAGRAM_MAX + 16];
	struct node_id id = node_id_of(&nodes[0].key.pub);
	struct addr from = address(who);

	if (data.len > sizeof(bytes))
		data.len = sizeof(bytes);
	if (data.len)
		memcpy(bytes, data.data, data.len);
	if (masked && data.len > V5_IV)
		v5_mask(bytes + V5_IV, bytes + V5_IV, data.len - V5_IV, bytes,
			&id);
	discovery_feed(nodes[0].d, &from, bytes, data.len, now, unix_ms());
}

static void step(struct reader *r)
{
	uint8_t what = rd_u8(r) % DOS, who = rd_u8(r);
	uint16_t n = rd_be16(r);
	struct span data = { 0 };

	if (what == DO_RAW || what == DO_MASKED || what == DO_OWNER)
		data = rd_take(r, n < r->left ? n : r->left);
	if (r->failed)
		return;
	switch (what) {
	case DO_RAW:
	case DO_MASKED:
		feed(who, data, what == DO_MASKED);
		break;
	case DO_TIME:
		now = mono_add_ms(now, n);
		break;
	case DO_LINK:
		turned = n;
		break;
	case DO_REQUEST:
		request(who);
		break;
	default:
		own(who, data);
	}
	settle();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);

	crypto_init();
	now = (struct mono){ 3600000000000 };
	turned = 0;
	for (uint8_t i = 0; i < NODES; i++)
		make(&nodes[i], i);
	settle();
	for (int i = 0; i < STEPS && r.left; i++)
		step(&r);
	for (size_t i = 0; i < NODES; i++)
		discovery_free(nodes[i].d);
	return 0;
}
