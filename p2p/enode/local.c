/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/enode/local.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/base/attr.h"
#include "p2p/crypto/secret.h"

enum {
	LASTS_MS = 1, /* each record at least */

	/* Encoded, at most: */
	SIZE_HEADER = 3,
	SIZE_SIGNATURE = 66,
	SIZE_SEQ = 9,
	SIZE_IDENTITY = 3 + 3 + 10 + 34,     /* "id", "v4", "secp256k1", key */
	SIZE_ENDPOINTS = 8 + 21 + 7 + 7 + 8, /* ip, ip6, tcp, udp, udp6 */
};

_Static_assert(SIZE_HEADER + SIZE_SIGNATURE + SIZE_SEQ + SIZE_IDENTITY +
			       SIZE_ENDPOINTS + LOCAL_ENTRIES_MAX ==
		       ENR_MAX,
	       "any endpoint fits beside the other entries");

/* --- what the record says ---------------------------------------------------
 */

static struct local_side *side_of(struct local *l, enum ip_family family)
{
	return family == IP_V6 ? &l->v6 : &l->v4;
}

/* Whether that is something new is seen when it is signed. */
static void changed(struct local *l)
{
	l->is_signed = false;
}

void local_set_static(struct local *l, const struct ip *ip)
{
	side_of(l, ip->family)->fixed = *ip;
	changed(l);
}

void local_unset_static(struct local *l, enum ip_family family)
{
	side_of(l, family)->fixed = (struct ip){ .family = IP_NONE };
	changed(l);
}

void local_set_predicted(struct local *l, const struct addr *endpoint)
{
	side_of(l, endpoint->ip.family)->predicted = *endpoint;
	changed(l);
}

void local_unset_predicted(struct local *l, enum ip_family family)
{
	side_of(l, family)->predicted = (struct addr){ 0 };
	changed(l);
}

void local_set_fallback(struct local *l, const struct ip *ip)
{
	side_of(l, ip->family)->fallback = *ip;
	changed(l);
}

void local_set_ports(struct local *l, uint16_t udp, uint16_t tcp)
{
	l->udp = udp;
	l->tcp = tcp;
	changed(l);
}

static bool owns(struct span key)
{
	static const char *const ours[] = { "id",   "secp256k1", "ip",	"ip6",
					    "tcp",  "tcp6",	 "udp", "udp6",
					    "quic", "quic6" };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (span_equal(key, span_text(ours[i])))
			return true;
	return false;
}

bool local_owns(const char *key)
{
	return owns(span_text(key));
}

enum err local_set_entries(struct local *l, const struct enr_draft *entries)
{
	struct rlp in = enr_draft_entries(entries);

	while (rlp_more(&in)) {
		if (owns(rlp_bytes(&in)))
			return ERR_FORMAT;
		(void)rlp_raw(&in);
	}
	if (entries->len > LOCAL_ENTRIES_MAX)
		return ERR_LIMIT;
	l->entries = *entries;
	changed(l);
	return ERR_NONE;
}

/* --- the record -------------------------------------------------------------
 */

/* "Precedence, separately for IPv4 and IPv6: static IP > predicted endpoint >
 * fallback IP. The port is the predicted port when the prediction is used." */
static struct addr endpoint_of(const struct local_side *s, uint16_t port)
{
	if (s->fixed.family)
		return (struct addr){ s->fixed, port };
	if (s->predicted.ip.family)
		return s->predicted;
	return (struct addr){ s->fallback, port };
}

static void put_ip(struct enr_draft *d, const struct ip *ip)
{
	if (!ip_is_unspecified(ip) && enr_draft_set_ip(d, ip))
		abort(); /* there is room, and none was there */
}

static void put_port(struct enr_draft *d, const char *key, uint16_t port)
{
	if (port && enr_draft_set_port(d, key, port))
		abort();
}

static void make_draft(struct enr_draft *out, const struct local *l)
{
	struct addr v4 = endpoint_of(&l->v4, l->udp);
	struct addr v6 = endpoint_of(&l->v6, l->udp);

	*out = l->entries;
	put_ip(out, &v4.ip);
	put_ip(out, &v6.ip);
	put_port(out, "tcp", l->tcp);
	put_port(out, "udp", v4.port);
	if (v6.port != v4.port)
		put_port(out, "udp6", v6.port);
}

/* Does the record say just that? */
static bool says(const struct enr *r, const struct enr_draft *d)
{
	struct enr_draft said;

	enr_draft_of(&said, r);
	return span_equal(span_of(said.pairs, said.len),
			  span_of(d->pairs, d->len));
}

static void sign(struct local *l, struct enr_draft *d, uint64_t seq,
		 struct mono now)
{
	d->seq = seq;
	if (enr_sign(&l->record, d, &l->key))
		abort(); /* it fits */
	l->signed_at = now;
	l->is_signed = true;
}

static bool has_number(const struct local *l)
{
	return l->record.seq < l->stored;
}

struct mono local_due(const struct local *l)
{
	if (l->is_signed || !has_number(l))
		return MONO_NEVER;
	return mono_add_ms(l->signed_at, LASTS_MS);
}

const struct enr *local_record(struct local *l, struct mono now)
{
	struct enr_draft d;

	if (mono_before(now, local_due(l)))
		return &l->record;
	make_draft(&d, l);
	if (says(&l->record, &d))
		l->is_signed = true;
	else
		sign(l, &d, l->record.seq + 1, now);
	return &l->record;
}

/* A quarter of what is stored ahead is for the time that storing takes. */
uint64_t local_wants(const struct local *l)
{
	uint64_t seq = l->record.seq;

	if (l->stored > seq && l->stored - seq > LOCAL_AHEAD / 4)
		return 0;
	return seq < UINT64_MAX - LOCAL_AHEAD ? seq + LOCAL_AHEAD : UINT64_MAX;
}

void local_stored(struct local *l, uint64_t seq)
{
	if (seq > l->stored)
		l->stored = seq;
}

/* --- life -------------------------------------------------------------------
 */

uint64_t local_first(uint64_t seq, uint64_t unix_ms)
{
	if (!seq)
		return unix_ms;
	return seq < UINT64_MAX ? seq + 1 : seq;
}

void local_init(struct local *l, const struct local_config *config,
		struct mono now)
{
	struct enr_draft d;

	*l = (struct local){
		.key = *config->key,
		.stored = config->stored,
		.udp = config->udp,
		.tcp = config->tcp,
	};
	if (config->fallback.family)
		local_set_fallback(l, &config->fallback);
	if (config->entries && local_set_entries(l, config->entries))
		abort(); /* the owner saw to it that they fit */
	if (config->other.family)
		local_set_fallback(l, &config->other);
	make_draft(&d, l);
	sign(l, &d, local_first(config->seq, config->unix_ms), now);
	assert(l->record.seq <= l->stored);
}

void local_clear(struct local *l)
{
	secret_wipe(&l->key, sizeof(l->key));
}
