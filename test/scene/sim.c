/* SPDX-License-Identifier: Apache-2.0 */
#include "test/scene/sim.h"

#include <stdlib.h>

#include "p2p/crypto/hashtable.h"
#include "p2p/crypto/rng.h"

enum {
	UNIX = 1700000000,
	LATENCY_MIN_MS = 10, /* one way; of each link its own */
	LATENCY_SPREAD_MS = 80,
	JITTER_US = 5000,
	NOBODY = SIM_NODES,
	OWN_PLACES = 20, /* the first byte of their addresses, and so on */
};

/* A datagram arrives, or (NULL) a node's deadline. */
struct sim_step {
	uint64_t at_ns, number;
	size_t node;
	struct flight *flight;
};

struct flight {
	struct addr from, to;
	size_t len;
	uint8_t bytes[];
};

struct sim_place {
	uint8_t key[6]; /* IPv4 address, port */
	size_t node;
	UT_hash_handle hh;
};

struct sim sim;

/* --- the clock --------------------------------------------------------------
 */

static bool is_sooner(const struct sim_step *a, const struct sim_step *b)
{
	return a->at_ns < b->at_ns ||
	       (a->at_ns == b->at_ns && a->number < b->number);
}

static void push_step(struct mono at, size_t node, struct flight *f)
{
	struct sim_step step = { .at_ns = at.ns,
				 .number = sim.step_number++,
				 .node = node,
				 .flight = f };
	size_t i = sim.step_count++;

	if (sim.step_count > sim.step_room) {
		sim.step_room = sim.step_room ? 2 * sim.step_room : 4096;
		sim.steps = realloc(sim.steps,
				    sim.step_room * sizeof(sim.steps[0]));
		cr_assert_not_null(sim.steps);
	}
	while (i && is_sooner(&step, &sim.steps[(i - 1) / 2])) {
		sim.steps[i] = sim.steps[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	sim.steps[i] = step;
}

static struct sim_step pop_step(void)
{
	struct sim_step first = sim.steps[0];
	struct sim_step last = sim.steps[--sim.step_count];
	size_t i = 0;

	while (2 * i + 1 < sim.step_count) {
		size_t child = 2 * i + 1;

		if (child + 1 < sim.step_count &&
		    is_sooner(&sim.steps[child + 1], &sim.steps[child]))
			child++;
		if (!is_sooner(&sim.steps[child], &last))
			break;
		sim.steps[i] = sim.steps[child];
		i = child;
	}
	sim.steps[i] = last;
	return first;
}

/* --- places -----------------------------------------------------------------
 */

static void place_key(uint8_t out[6], const struct addr *at)
{
	memcpy(out, at->ip.b, 4);
	out[4] = (uint8_t)(at->port >> 8);
	out[5] = (uint8_t)at->port;
}

static bool is_at(const struct sim_node *n, const struct addr *at)
{
	return ip_equal(&n->contact.udp.ip, &at->ip) &&
	       n->contact.udp.port == at->port;
}

/* Most are at their own place, which tells their number. */
size_t sim_at(const struct addr *at)
{
	size_t own = (size_t)(at->ip.b[0] - OWN_PLACES) << 8 | at->ip.b[1];
	struct sim_place *p;
	uint8_t key[6];

	if (own < sim.count && is_at(sim.nodes[own], at))
		return own;
	place_key(key, at);
	HASH_FIND(hh, sim.places, key, sizeof(key), p);
	return p ? p->node : NOBODY;
}

static void settle(size_t i, const struct addr *at)
{
	struct sim_place *p = calloc(1, sizeof(*p));

	cr_assert_not_null(p);
	cr_assert_eq(sim_at(at), NOBODY);
	place_key(p->key, at);
	p->node = i;
	HASH_ADD(hh, sim.places, key, sizeof(p->key), p);
}

/* 20.0.0.0/24 and so on. */
static struct addr own_place(size_t i)
{
	return (struct addr){
		.ip = { .family = IP_V4,
			.b = { (uint8_t)(OWN_PLACES + (i >> 8)), (uint8_t)i, 7,
			       1 } },
		.port = 30303,
	};
}

/* --- a core of either version -----------------------------------------------
 */

uint64_t sim_unix(void)
{
	return UNIX + sim.now.ns / 1000000000;
}

const struct table *sim_table(size_t i)
{
	const struct sim_node *n = sim.nodes[i];

	return n->v4 ? v4_table(n->v4) : v5_table(n->v5);
}

static bool next_datagram(struct sim_node *n, struct datagram *d)
{
	return n->v4 ? v4_next_datagram(n->v4, d) : v5_next_datagram(n->v5, d);
}

static bool next_event(struct sim_node *n, struct discover_event *ev)
{
	return n->v4 ? v4_next_event(n->v4, ev) : v5_next_event(n->v5, ev);
}

static void add_seed(struct sim_node *n, const struct contact *c)
{
	if (n->v4)
		v4_seed(n->v4, c, 0, sim.now);
	else
		v5_seed(n->v5, c, sim.now);
}

static void set_record(struct sim_node *n, const struct addr *at)
{
	struct enr_draft d = { .seq = 1 };
	struct enr r;

	cr_assert_eq(enr_draft_set_ip(&d, &at->ip), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, "udp", at->port), ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &n->key), ERR_NONE);
	cr_assert_eq(enr_read(&r, enr_raw(&r), NULL), ERR_NONE);
	if (n->v4)
		v4_set_record(n->v4, &r);
	else
		v5_set_record(n->v5, &r);
	if (n->v5)
		n->contact.record = r;
}

static void open_core(struct sim_node *n, const struct sim_place_of *place)
{
	struct secret32 seed;

	drbg_bytes(&sim.rng, seed.b, sizeof(seed.b));
	if (sim.version == DISCOVER_V4) {
		struct v4_config config = { .key = &n->key,
					    .seed = &seed,
					    .reach = place->reach,
					    .limits = guard_limits_default,
					    .ping_version = V4_VERSION };

		n->v4 = v4_new(&config, sim.now);
	} else {
		struct v5_config config = { .key = &n->key,
					    .seed = &seed,
					    .reach = place->reach,
					    .limits = guard_limits_default };

		n->v5 = v5_new(&config, sim.now);
	}
	set_record(n, place->claims ? place->claims : &n->contact.udp);
}

static void close_core(struct sim_node *n)
{
	v4_free(n->v4);
	v5_free(n->v5);
	n->v4 = NULL;
	n->v5 = NULL;
}

static bool is_there(const struct sim_node *n)
{
	return n->v4 || n->v5;
}

/* --- links ------------------------------------------------------------------
 */

static uint64_t latency_us(size_t a, size_t b)
{
	uint64_t link = (a < b ? a * SIM_NODES + b : b * SIM_NODES + a) + 1;

	link = (link ^ sim.seed) * 0x9e3779b97f4a7c15;
	return 1000 * (LATENCY_MIN_MS + (link >> 40) % LATENCY_SPREAD_MS) +
	       drbg_below(&sim.rng, JITTER_US);
}

static bool are_cut(const struct sim_node *a, const struct sim_node *b)
{
	return sim.is_cut && a->side != b->side && a->side != SIM_BETWEEN &&
	       b->side != SIM_BETWEEN;
}

static void launch(size_t from, const struct datagram *d)
{
	size_t to = sim_at(&d->to);
	struct flight *f;
	struct mono at;

	if (sim.sent)
		sim.sent(sim.nodes[from], d);
	if (to == NOBODY || drbg_below(&sim.rng, 100) < sim.loss ||
	    are_cut(sim.nodes[from], sim.nodes[to]))
		return;
	f = malloc(sizeof(*f) + d->len);
	cr_assert_not_null(f);
	f->from = sim.nodes[from]->contact.udp;
	f->to = d->to;
	f->len = d->len;
	memcpy(f->bytes, d->bytes, d->len);
	at.ns = sim.now.ns + 1000 * latency_us(from, to);
	push_step(at, to, f);
}

/* --- lookups ----------------------------------------------------------------
 */

/* The closest nodes there are, but for that one. */
static size_t closest(const struct node_id *best[SIM_WIDTH],
		      const struct node_id *target, size_t but)
{
	size_t n = 0;

	for (size_t i = 0; i < sim.count; i++) {
		const struct node_id *id = &sim.nodes[i]->contact.id;
		size_t at = n;

		if (i == but || !is_there(sim.nodes[i]) ||
		    sim.nodes[i]->is_hostile)
			continue;
		while (at && is_closer(target, id, best[at - 1]))
			at--;
		if (at == SIM_WIDTH)
			continue;
		if (n < SIM_WIDTH)
			n++;
		memmove(&best[at + 1], &best[at],
			(n - 1 - at) * sizeof(best[0]));
		best[at] = id;
	}
	return n;
}

static void lookup_over(size_t i, const struct discover_event *ev)
{
	const struct node_id *best[SIM_WIDTH];
	size_t count = closest(best, &sim.nodes[i]->target, i), right = 0;

	for (size_t k = 0; k < ev->count; k++)
		for (size_t j = 0; j < count; j++)
			right += node_id_equal(&ev->found[k].id, best[j]);
	sim.nodes[i]->request = 0;
	sim.over++;
	sim.exact += right == count;
	if (count - right > SIM_WIDTH - sim.worst)
		sim.worst = SIM_WIDTH - (count - right);
}

/* --- nodes ------------------------------------------------------------------
 */

static void remember(struct sim_node *n, const struct contact *c)
{
	for (size_t k = 0; k < n->seed_count; k++)
		if (node_id_equal(&n->seeds[k].id, &c->id))
			return;
	n->seeds[n->seed_next] = *c;
	n->seed_next = (n->seed_next + 1) % SIM_SEEDS;
	if (n->seed_count < SIM_SEEDS)
		n->seed_count++;
}

static void take_events(size_t i)
{
	struct sim_node *n = sim.nodes[i];
	struct discover_event ev;

	while (next_event(n, &ev)) {
		if (ev.type == DISCOVER_SEEDS)
			for (size_t k = 0; k < n->seed_count; k++)
				add_seed(n, &n->seeds[k]);
		else if (ev.type == DISCOVER_LIVE && ev.checks > 5)
			remember(n, &ev.node);
		else if (ev.type == DISCOVER_FOUND && ev.request == n->request)
			lookup_over(i, &ev);
	}
}

static void tick(size_t i)
{
	struct sim_node *n = sim.nodes[i];
	struct mono due;
	struct datagram d;

	if (n->v4)
		due = v4_tick(n->v4, sim.now, sim_unix());
	else
		due = v5_tick(n->v5, sim.now);
	while (next_datagram(n, &d))
		launch(i, &d);
	take_events(i);
	if (due.ns != n->due.ns && due.ns != MONO_NEVER.ns)
		push_step(due, i, NULL);
	n->due = due;
}

void sim_feed(size_t to, const struct addr *from, struct span packet)
{
	struct sim_node *n = sim.nodes[to];

	if (n->v4)
		v4_feed(n->v4, from, packet.data, packet.len, sim.now,
			sim_unix());
	else
		v5_feed(n->v5, from, packet.data, packet.len, sim.now);
	tick(to);
}

size_t sim_add(const struct sim_place_of *place)
{
	struct sim_node *n = calloc(1, sizeof(*n));
	size_t i = sim.count++;

	cr_assert_not_null(n);
	cr_assert_leq(sim.count, SIM_NODES);
	sim.nodes[i] = n;
	if (place->key)
		n->key = *place->key;
	else
		drbg_key(&sim.rng, &n->key.key);
	ecc_pub_of(&n->key.pub, &n->key.key);
	n->contact.pub = n->key.pub;
	n->contact.id = node_id_of(&n->key.pub);
	if (place->at)
		settle(i, place->at);
	n->contact.udp = place->at ? *place->at : own_place(i);
	open_core(n, place);
	if (place->bootnode != NOBODY) {
		const struct contact *c = &sim.nodes[place->bootnode]->contact;

		cr_assert_eq(n->v4 ? v4_bootnode(n->v4, c)
				   : v5_bootnode(n->v5, c),
			     ERR_NONE);
	}
	n->due = MONO_NEVER;
	tick(i);
	return i;
}

size_t sim_join(size_t bootnode)
{
	struct sim_place_of place = { .bootnode = bootnode };

	return sim_add(&place);
}

void sim_walk(size_t i)
{
	const struct sim_node *n = sim.nodes[i];

	if (n->v4)
		v4_set_walk(n->v4, DISCOVER_WALK);
	else
		v5_set_walk(n->v5, DISCOVER_WALK);
	tick(i);
}

void sim_leave(size_t i)
{
	close_core(sim.nodes[i]);
}

/* --- the network ------------------------------------------------------------
 */

void sim_open(void)
{
	const char *text = getenv("WEFT_SCENE_SEED");
	struct secret32 seed = { { 0 } };

	crypto_init();
	hashtable_init();
	sim.version = SIM_VERSION;
	sim.seed = text ? strtoull(text, NULL, 10) : 1;
	memcpy(seed.b, &sim.seed, sizeof(sim.seed));
	drbg_init(&sim.rng, &seed);
	sim.now = (struct mono){ 1000000000 };
	printf("WEFT_SCENE_SEED=%llu\n", (unsigned long long)sim.seed);
}

void sim_close(void)
{
	struct sim_place *p, *next;

	for (size_t i = 0; i < sim.step_count; i++)
		free(sim.steps[i].flight);
	free(sim.steps);
	for (size_t i = 0; i < sim.count; i++) {
		close_core(sim.nodes[i]);
		free(sim.nodes[i]);
	}
	HASH_ITER (hh, sim.places, p, next) {
		HASH_DEL(sim.places, p);
		free(p);
	}
	memset(&sim, 0, sizeof(sim));
}

static void arrive(const struct sim_step *s)
{
	if (is_there(sim.nodes[s->node]))
		sim_feed(s->node, &s->flight->from,
			 span_of(s->flight->bytes, s->flight->len));
	free(s->flight);
}

void sim_run(uint64_t ms)
{
	struct mono end = mono_add_ms(sim.now, ms);

	while (sim.step_count && sim.steps[0].at_ns <= end.ns) {
		struct sim_step s = pop_step();
		struct sim_node *n = sim.nodes[s.node];

		if (sim.now.ns < s.at_ns)
			sim.now.ns = s.at_ns;
		if (s.flight) {
			arrive(&s);
		} else if (is_there(n) && n->due.ns == s.at_ns) {
			n->due = MONO_NEVER; /* this step of it is gone */
			tick(s.node);
		}
	}
	sim.now = end;
}

void sim_grow(size_t count, uint64_t apart_ms, uint64_t settle_ms)
{
	size_t first = sim_join(NOBODY);

	for (size_t i = 1; i < count; i++) {
		sim_run(apart_ms);
		sim_join(first);
	}
	sim_run(settle_ms);
}

size_t sim_live(void)
{
	size_t n = 0;

	for (size_t i = 0; i < sim.count; i++)
		n += is_there(sim.nodes[i]);
	return n;
}

size_t sim_any(void)
{
	size_t i;

	do {
		i = drbg_below(&sim.rng, (uint32_t)sim.count);
	} while (!is_there(sim.nodes[i]) || sim.nodes[i]->is_hostile);
	return i;
}

static void begin_lookup(size_t i)
{
	struct sim_node *n = sim.nodes[i];
	struct ecc_pub target;

	drbg_bytes(&sim.rng, target.b, sizeof(target.b));
	n->target = node_id_of(&target);
	n->request = n->v4 ? v4_lookup(n->v4, &target)
			   : v5_lookup(n->v5, &n->target);
	cr_assert_neq(n->request, 0);
	tick(i);
}

struct sim_tally sim_look_up(size_t count, uint64_t apart_ms)
{
	size_t begun = 0;

	sim.over = 0;
	sim.exact = 0;
	sim.worst = SIM_WIDTH;
	while (begun < count) {
		size_t i = sim_any();

		if (!sim.nodes[i]->request) {
			begin_lookup(i);
			begun++;
		}
		sim_run(apart_ms);
	}
	for (unsigned i = 0; i < 60 && sim.over < count; i++)
		sim_run(1000);
	return (struct sim_tally){ sim.over, sim.exact, sim.worst };
}
