/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/discovery.h"

#include <stdlib.h>

#include "p2p/crypto/drbg.h"
#include "p2p/discover/votes.h"

enum {
	COUNT_MS = 1000, /* votes are counted that often, at most */
};

struct discovery {
	struct v4 *v4; /* NULL: off */
	struct v5 *v5;
	struct node_id self;
	struct reach reach;
	struct local local;
	uint64_t told_seq; /* of the record that v4 and v5 have */
	bool is_new;	   /* and the owner was not told yet */
	struct votes votes4, votes6;
	struct mono now;       /* of the last feed or tick */
	struct mono counted;   /* the votes, last */
	struct mono count_due; /* again */
	uint64_t unanswerable;
};

/* --- our endpoint -----------------------------------------------------------
 */

static void count_votes(struct discovery *d, struct votes *votes,
			enum ip_family family)
{
	struct addr endpoint;

	if (votes_result(votes, &endpoint, d->now))
		local_set_predicted(&d->local, &endpoint);
	else
		local_unset_predicted(&d->local, family);
}

/* A result changes with a new vote and with the end of an old one. */
static void count_if_due(struct discovery *d)
{
	if (mono_before(d->now, d->count_due))
		return;
	count_votes(d, &d->votes4, IP_V4);
	count_votes(d, &d->votes6, IP_V6);
	d->counted = d->now;
	d->count_due = mono_min(votes_due(&d->votes4, d->now),
				votes_due(&d->votes6, d->now));
}

static void cast_vote(struct discovery *d, const struct discover_event *ev)
{
	struct addr endpoint = { .ip = ip_unmapped(&ev->endpoint.ip),
				 .port = ev->endpoint.port };

	votes_cast(endpoint.ip.family == IP_V4 ? &d->votes4 : &d->votes6,
		   &ev->node.udp.ip, &endpoint, d->now);
	d->count_due =
		mono_min(d->count_due, mono_add_ms(d->counted, COUNT_MS));
}

static void tell_record(struct discovery *d)
{
	const struct enr *record = local_record(&d->local, d->now);

	if (record->seq == d->told_seq)
		return;
	d->is_new = d->told_seq > 0;
	d->told_seq = record->seq;
	if (d->v4)
		v4_set_record(d->v4, record);
	if (d->v5)
		v5_set_record(d->v5, record);
}

void discovery_set_reach(struct discovery *d, const struct reach *reach)
{
	d->reach = *reach;
	if (d->v4)
		v4_set_reach(d->v4, reach);
	if (d->v5)
		v5_set_reach(d->v5, reach);
}

const struct reach *discovery_reach(const struct discovery *d)
{
	return &d->reach;
}

const struct enr *discovery_record(const struct discovery *d)
{
	return &d->local.record;
}

struct local *discovery_local(struct discovery *d)
{
	return &d->local;
}

/* --- life -------------------------------------------------------------------
 */

static struct secret32 drawn(struct drbg *rng)
{
	struct secret32 seed;

	drbg_bytes(rng, seed.b, sizeof(seed.b));
	return seed;
}

static void open_v4(struct discovery *d, const struct discovery_config *config,
		    struct drbg *rng)
{
	struct secret32 seed = drawn(rng);

	d->v4 = v4_new(
		&(struct v4_config){
			.key = config->local.key,
			.seed = &seed,
			.reach = config->reach,
			.limits = config->limits,
			.ping_version = config->ping_version,
		},
		d->now);
	secret_wipe(&seed, sizeof(seed));
}

static void open_v5(struct discovery *d, const struct discovery_config *config,
		    struct drbg *rng)
{
	struct secret32 seed = drawn(rng);

	d->v5 = v5_new(
		&(struct v5_config){
			.key = config->local.key,
			.seed = &seed,
			.reach = config->reach,
			.limits = config->limits,
		},
		d->now);
	secret_wipe(&seed, sizeof(seed));
}

struct discovery *discovery_new(const struct discovery_config *config,
				struct mono now)
{
	struct discovery *d = calloc(1, sizeof(*d));
	struct drbg rng;

	if (!d)
		abort();
	d->now = now;
	d->counted = now;
	d->count_due = MONO_NEVER;
	d->self = node_id_of(&config->local.key->pub);
	votes_init(&d->votes4);
	votes_init(&d->votes6);
	if (config->reach)
		d->reach = *config->reach;
	local_init(&d->local, &config->local, now);
	drbg_init(&rng, config->seed);
	if (config->versions & DISCOVER_V4)
		open_v4(d, config, &rng);
	if (config->versions & DISCOVER_V5)
		open_v5(d, config, &rng);
	secret_wipe(&rng, sizeof(rng));
	tell_record(d);
	return d;
}

void discovery_free(struct discovery *d)
{
	if (!d)
		return;
	v4_free(d->v4);
	v5_free(d->v5);
	local_clear(&d->local);
	free(d);
}

/* --- nodes ------------------------------------------------------------------
 */

enum err discovery_bootnode(struct discovery *d, const struct contact *c)
{
	enum err rc = d->v4 ? v4_bootnode(d->v4, c) : ERR_NONE;

	if (!rc && d->v5)
		rc = v5_bootnode(d->v5, c);
	return rc;
}

void discovery_seed(struct discovery *d, enum discover_version version,
		    const struct contact *c, uint64_t proven_ms,
		    struct mono now)
{
	if (version == DISCOVER_V4 && d->v4)
		v4_seed(d->v4, c, proven_ms, now);
	if (version == DISCOVER_V5 && d->v5)
		v5_seed(d->v5, c, now);
}

void discovery_set_walk(struct discovery *d, enum discover_walk walk)
{
	if (d->v4)
		v4_set_walk(d->v4, walk);
	if (d->v5)
		v5_set_walk(d->v5, walk);
}

/* --- requests ---------------------------------------------------------------
 */

static bool is_v4(const struct discovery *d, enum discover_version version)
{
	return version == DISCOVER_V4 && d->v4;
}

static bool is_v5(const struct discovery *d, enum discover_version version)
{
	return version == DISCOVER_V5 && d->v5;
}

uint32_t discovery_ping(struct discovery *d, enum discover_version version,
			const struct contact *c)
{
	if (is_v4(d, version))
		return v4_ping(d->v4, c);
	return is_v5(d, version) ? v5_ping(d->v5, c) : 0;
}

uint32_t discovery_request_record(struct discovery *d,
				  enum discover_version version,
				  const struct contact *c)
{
	if (is_v4(d, version))
		return v4_request_record(d->v4, c);
	return is_v5(d, version) ? v5_request_record(d->v5, c) : 0;
}

uint32_t discovery_lookup(struct discovery *d, enum discover_version version,
			  const struct ecc_pub *target)
{
	struct node_id id = node_id_of(target);

	if (is_v4(d, version))
		return v4_lookup(d->v4, target);
	return is_v5(d, version) ? v5_lookup(d->v5, &id) : 0;
}

uint32_t discovery_resolve(struct discovery *d, enum discover_version version,
			   const struct ecc_pub *pub,
			   const struct contact *known)
{
	struct node_id id = node_id_of(pub);

	if (is_v4(d, version))
		return v4_resolve(d->v4, pub, known);
	return is_v5(d, version) ? v5_resolve(d->v5, &id, known) : 0;
}

/* --- in and out -------------------------------------------------------------
 */

static bool is_answerable(const struct addr *from)
{
	return from->port && !ip_is_unspecified(&from->ip) &&
	       !ip_is_multicast(&from->ip);
}

/* "Unmask the first 6 header bytes; if they are "discv5" it is v5, otherwise
 * try v4." */
void discovery_feed(struct discovery *d, const struct addr *from,
		    const void *data, size_t len, struct mono now,
		    uint64_t unix_ms)
{
	d->now = now;
	if (!is_answerable(from))
		d->unanswerable++;
	else if (d->v5 &&
		 (!d->v4 || v5_is_packet(span_of(data, len), &d->self)))
		v5_feed(d->v5, from, data, len, now);
	else if (d->v4)
		v4_feed(d->v4, from, data, len, now, unix_ms / 1000);
}

struct mono discovery_tick(struct discovery *d, struct mono now,
			   uint64_t unix_ms)
{
	struct mono due;

	d->now = now;
	count_if_due(d);
	tell_record(d);
	due = mono_min(d->count_due, local_due(&d->local));
	if (d->v4)
		due = mono_min(due, v4_tick(d->v4, now, unix_ms / 1000));
	if (d->v5)
		due = mono_min(due, v5_tick(d->v5, now));
	return due;
}

bool discovery_next_datagram(struct discovery *d, struct datagram *out)
{
	return (d->v4 && v4_next_datagram(d->v4, out)) ||
	       (d->v5 && v5_next_datagram(d->v5, out));
}

static void tell_self(struct discovery *d, struct discover_event *out)
{
	const struct enr *record = &d->local.record;

	*out = (struct discover_event){ .type = DISCOVER_SELF };
	if (!contact_of_record(&out->node, record, NULL))
		out->node = (struct contact){ .pub = record->pub,
					      .id = record->id,
					      .record = *record };
	d->is_new = false;
}

bool discovery_next_event(struct discovery *d, struct discover_event *out)
{
	if (d->is_new) {
		tell_self(d, out);
		return true;
	}
	if (!(d->v4 && v4_next_event(d->v4, out)) &&
	    !(d->v5 && v5_next_event(d->v5, out)))
		return false;
	if (out->type == DISCOVER_ENDPOINT)
		cast_vote(d, out);
	return true;
}

/* --- a look inside ----------------------------------------------------------
 */

struct v4 *discovery_v4(const struct discovery *d)
{
	return d->v4;
}

struct v5 *discovery_v5(const struct discovery *d)
{
	return d->v5;
}

uint64_t discovery_unanswerable(const struct discovery *d)
{
	return d->unanswerable;
}
