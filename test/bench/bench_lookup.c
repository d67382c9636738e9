/* SPDX-License-Identifier: Apache-2.0 */
/* bench_lookup - how long a lookup takes in a network of many nodes in one
 * process, on a virtual clock: each in a /24 of its own, all a delay apart,
 * with one bootnode. Computing takes no time on that clock, so nothing is
 * signed here (the linker wraps the calls): that would be nearly all the time
 * that this takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/bench/usage.h"
#include "p2p/base/attr.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/discovery.h"

enum {
	NODES_MAX = 10000,
	DELAY_MS = 25, /* one way */
	JOIN_MS = 20,  /* one after the other */
	SETTLE_MS = 60000,
	LOOKUP_MS = 60000, /* at most */
	FLIGHTS = DELAY_MS + 1,
	PORT = 30303,
};

#define UNIX_MS UINT64_C(1700000000000)

struct flight {
	struct flight *next;
	struct addr from, to;
	size_t len;
	uint8_t bytes[];
};

struct member {
	struct discovery *d;
	struct contact self;
	struct mono due;
};

static struct member nodes[NODES_MAX];
static size_t count;
static enum discover_version version;
static uint64_t now_ms = 1000;

/* Those that arrive at one millisecond, by it; in order. */
static struct flight *flights[FLIGHTS], **last[FLIGHTS];

/* Of the lookup under way. */
static bool is_over;
static size_t found_count;
static struct node_id found[V5_RESULTS];

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_lookup: %s\n", what);
	exit(1);
}

static struct mono now(void)
{
	return (struct mono){ now_ms * 1000000 };
}

/* --- what stands in for signatures -------------------------------------------
 * The signer's public key, whose place begins its private one. */

bool __wrap_ecc_verify(const uint8_t rs[ECC_RS], const uint8_t digest[32],
		       const struct ecc_pub *pub);
void __wrap_ecc_sign(struct ecc_sig *out, const struct secret32 *key,
		     const uint8_t digest[32]);
enum err __wrap_ecc_recover(struct ecc_pub *out, const struct ecc_sig *sig,
			    const uint8_t digest[32]);

bool __wrap_ecc_verify(const uint8_t rs[ECC_RS],
		       const uint8_t digest[32] UNUSED,
		       const struct ecc_pub *pub)
{
	return !memcmp(rs, pub->b, ECC_RS);
}

void __wrap_ecc_sign(struct ecc_sig *out, const struct secret32 *key,
		     const uint8_t digest[32] UNUSED)
{
	size_t i = (size_t)(key->b[0] << 8 | key->b[1]);

	memcpy(out->b, nodes[i].self.pub.b, ECC_RS);
	out->b[ECC_RS] = 0;
}

enum err __wrap_ecc_recover(struct ecc_pub *out, const struct ecc_sig *sig,
			    const uint8_t digest[32] UNUSED)
{
	memcpy(out->b, sig->b, sizeof(out->b));
	return ERR_NONE;
}

/* --- the network ------------------------------------------------------------
 */

static void take_datagrams(struct member *m)
{
	size_t at = (now_ms + DELAY_MS) % FLIGHTS;
	struct datagram d;

	while (discovery_next_datagram(m->d, &d)) {
		struct flight *f = malloc(sizeof(*f) + d.len);

		must(f, "out of memory");
		f->next = NULL;
		f->from = m->self.udp;
		f->to = d.to;
		f->len = d.len;
		memcpy(f->bytes, d.bytes, d.len);
		*last[at] = f;
		last[at] = &f->next;
	}
}

static void take_events(struct member *m)
{
	struct discover_event ev;

	while (discovery_next_event(m->d, &ev)) {
		if (ev.type != DISCOVER_FOUND)
			continue;
		is_over = true;
		found_count = ev.count;
		for (size_t i = 0; i < ev.count; i++)
			found[i] = ev.found[i].id;
	}
}

static void tick(struct member *m)
{
	m->due = discovery_tick(m->d, now(), UNIX_MS + now_ms);
	take_events(m);
	take_datagrams(m);
}

static void deliver(struct flight *f)
{
	size_t i = (size_t)(f->to.ip.b[1] << 8 | f->to.ip.b[2]);

	if (i < count) {
		discovery_feed(nodes[i].d, &f->from, f->bytes, f->len, now(),
			       UNIX_MS + now_ms);
		tick(&nodes[i]);
	}
	free(f);
}

static void pass_one_ms(void)
{
	size_t at = ++now_ms % FLIGHTS;
	struct flight *f = flights[at];

	flights[at] = NULL;
	last[at] = &flights[at];
	while (f) {
		struct flight *next = f->next;

		deliver(f);
		f = next;
	}
	for (size_t i = 0; i < count; i++)
		if (!mono_before(now(), nodes[i].due))
			tick(&nodes[i]);
}

static void join(void)
{
	struct member *m = &nodes[count];
	struct secret32 seed;
	struct ecc_keypair key;
	struct discovery_config config = {
		.local = { .key = &key,
			   .unix_ms = UNIX_MS,
			   .stored = LOCAL_STORED_NEVER,
			   .udp = PORT,
			   .tcp = PORT },
		.seed = &seed,
		.versions = version,
		.limits = guard_limits_default,
		.ping_version = V4_VERSION,
	};

	rng_bytes(seed.b, sizeof(seed.b));
	rng_key(&key.key);
	key.key.b[0] = (uint8_t)(count >> 8);
	key.key.b[1] = (uint8_t)count;
	ecc_pub_of(&key.pub, &key.key);
	m->self.pub = key.pub;
	config.local.fallback = (struct ip){
		.family = IP_V4,
		.b = { 20, (uint8_t)(count >> 8), (uint8_t)count, 1 },
	};
	m->d = discovery_new(&config, now());
	must(contact_of_record(&m->self, discovery_record(m->d), NULL),
	     "no record");
	must(!count || !discovery_bootnode(m->d, &nodes[0].self),
	     "no bootnode");
	m->due = now();
	count++;
}

/* --- lookups ----------------------------------------------------------------
 */

/* Of the nodes found, how many are of the closest there are. */
static size_t right(size_t by, const struct node_id *target)
{
	size_t n = 0;

	for (size_t k = 0; k < found_count; k++) {
		size_t closer = 0;

		for (size_t i = 0; i < count; i++)
			closer +=
				i != by &&
				is_closer(target, &nodes[i].self.id, &found[k]);
		n += closer < V5_RESULTS;
	}
	return n;
}

/* Returns how long it took. */
static double look_up(size_t by, bool *is_exact)
{
	uint64_t began = now_ms;
	struct ecc_pub target;
	struct node_id id;

	rng_bytes(target.b, sizeof(target.b));
	id = node_id_of(&target);
	is_over = false;
	must(discovery_lookup(nodes[by].d, version, &target),
	     "too many lookups");
	tick(&nodes[by]);
	while (!is_over) {
		must(now_ms < began + LOOKUP_MS, "a lookup has no end");
		pass_one_ms();
	}
	*is_exact = right(by, &id) == V5_RESULTS;
	return (double)(now_ms - began);
}

static void close_all(void)
{
	for (size_t i = 0; i < FLIGHTS; i++)
		while (flights[i]) {
			struct flight *next = flights[i]->next;

			free(flights[i]);
			flights[i] = next;
		}
	while (count)
		discovery_free(nodes[--count].d);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	size_t total = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	size_t lookups = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	double *took = calloc(lookups + 1, sizeof(*took));
	size_t exact = 0;
	double cpu = 0;

	if (!total || total > NODES_MAX || !lookups) {
		fprintf(stderr, "usage: bench_lookup v4|v5 NODES LOOKUPS\n");
		return 2;
	}
	crypto_init();
	version = strcmp(argv[1], "v4") ? DISCOVER_V5 : DISCOVER_V4;
	for (size_t i = 0; i < FLIGHTS; i++)
		last[i] = &flights[i];
	while (count < total) {
		join();
		for (int i = 0; i < JOIN_MS; i++)
			pass_one_ms();
	}
	for (int i = 0; i < SETTLE_MS; i++)
		pass_one_ms();
	for (size_t i = 0; i < lookups; i++) {
		bool is_exact;

		took[i] = look_up(rng_below((uint32_t)total), &is_exact);
		exact += is_exact;
	}
	qsort(took, lookups, sizeof(*took), compare);
	must(usage_cpu(&cpu, 0), "no clock");
	printf("{\"p50_ms\":%f,\"p90_ms\":%f,\"exact\":%f,\"cpu_s\":%f}\n",
	       took[lookups / 2], took[lookups * 9 / 10],
	       (double)exact / (double)lookups, cpu);
	free(took);
	close_all();
	return 0;
}
