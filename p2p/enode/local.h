/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - the record of the node itself (specs: discovery.md, "The local
 * record"): what it says of its endpoint, and a sequence number that only
 * grows. Pure; nothing to free.
 *
 * The address of each family is the first that there is of
 *
 *     static     configured, or told by a router
 *     predicted  as others see us, with the port that they see
 *     fallback   where we listen
 *
 * and an unspecified one is not published. Saying again what the record says
 * already changes nothing. A changed record is signed when it is asked for.
 *
 * The sequence number must never fall, not even after a crash, or others keep
 * what they have of us. So the owner stores a number well ahead of those in use
 * and starts behind it the next time:
 *
 *     config.seq, config.stored   before the first record
 *     local_wants                 now and then: a higher one to be stored
 *     local_stored                it is; until then the record stays as it is
 *                                 once the stored numbers are used up */
#ifndef P2P_ENODE_LOCAL_H
#define P2P_ENODE_LOCAL_H

#include "p2p/base/mono.h"
#include "p2p/enode/enr.h"

enum {
	/* Bytes of other entries, keys included: what ENR_MAX leaves beside the
	 * signature, the key, and endpoints of both families. */
	LOCAL_ENTRIES_MAX = 121,
	LOCAL_AHEAD = 64, /* numbers stored ahead of use */
};

#define LOCAL_STORED_NEVER UINT64_MAX /* nobody stores any */

struct local_config {
	const struct ecc_keypair *key; /* copied */

	/* The highest number that may have been told, such as the one stored
	 * last; 0: the node is new. Its first record has the next one, or that
	 * of the clock. */
	uint64_t seq;
	uint64_t unix_ms; /* the clock, for a node that is new */

	/* Stored now, as local_first says, or LOCAL_STORED_NEVER. */
	uint64_t stored;

	struct ip fallback; /* IP_NONE: no address */
	struct ip other;    /* likewise, of the other family */
	uint16_t udp, tcp;  /* 0: not published */

	/* As local_set_entries takes them, which they must fit; NULL: none. */
	const struct enr_draft *entries;
};

/* What one family is reached by. */
struct local_side {
	struct ip fixed, fallback; /* IP_NONE: there is none */
	struct addr predicted;
};

/* Holds a secret: clear it. */
struct local {
	struct ecc_keypair key;
	uint64_t stored;
	struct local_side v4, v6;
	uint16_t udp, tcp;
	struct enr_draft entries; /* the other ones */
	bool is_signed;		  /* with everything that was set */
	struct mono signed_at;
	struct enr record;
};

/* local_first - the number of the first record. The owner stores this and
 * LOCAL_AHEAD more before local_init. */
uint64_t local_first(uint64_t seq, uint64_t unix_ms);

/* local_init - with a first record. config.stored is at least local_first. */
void local_init(struct local *l, const struct local_config *config,
		struct mono now);
void local_clear(struct local *l);

/* --- what the record says ---------------------------------------------------
 */

/* local_set_static - of the address's family, before all others. */
void local_set_static(struct local *l, const struct ip *ip);
void local_unset_static(struct local *l, enum ip_family family);

/* local_set_predicted - of the endpoint's family, as votes.h has it. */
void local_set_predicted(struct local *l, const struct addr *endpoint);
void local_unset_predicted(struct local *l, enum ip_family family);

/* local_set_fallback - of the address's family. */
void local_set_fallback(struct local *l, const struct ip *ip);

/* local_set_ports - as we listen, or as a router maps them; 0: not
 * published. */
void local_set_ports(struct local *l, uint16_t udp, uint16_t tcp);

/* local_owns - is it a key of the record's own: who the node is, or how it is
 * reached? Nobody else sets those. */
bool local_owns(const char *key);

/* local_set_entries - what else it says, instead of what it said so far;
 * copied, but for seq. ERR_FORMAT: an entry is of the record's own. ERR_LIMIT:
 * over LOCAL_ENTRIES_MAX in all. Nothing is changed then. */
MUST_USE enum err local_set_entries(struct local *l,
				    const struct enr_draft *entries);

/* --- the record -------------------------------------------------------------
 */

/* local_record - as of now, signed if it has to be; borrowed until it is
 * changed. Costs 50 us when something changed. */
const struct enr *local_record(struct local *l, struct mono now);

/* local_due - when local_record will have a newer one than it gave last: one
 * record lasts a millisecond, so that the numbers do not overtake the clock
 * that a later run may start from. MONO_NEVER: nothing changed, or the stored
 * numbers are used up. */
struct mono local_due(const struct local *l);

/* local_wants - a number to be stored, then told by local_stored; 0: enough
 * are. Asked again before it is stored, it wants the same or more. */
uint64_t local_wants(const struct local *l);
void local_stored(struct local *l, uint64_t seq);

#endif
