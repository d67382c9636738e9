/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/rlpx/hello.h"
#include "p2p/server/checkpoint.h"
#include "test/support/unit.h"

Test(checkpoint, refuses_in_the_order_of_the_specification)
{
	static const struct {
		struct checkpoint c;
		int result;
	} rows[] = {
		{ { .max_peers = 0 }, DISC_TOO_MANY_PEERS },
		{ { .max_peers = 9, .max_inbound = 6, .peers = 8 },
		  CHECKPOINT_PASS },
		{ { .max_peers = 9, .max_inbound = 6, .peers = 9 },
		  DISC_TOO_MANY_PEERS },
		/* A third is kept for dials: 6 of 9 may be inbound. */
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 6,
		    .inbound_peers = 5,
		    .inbound = true },
		  CHECKPOINT_PASS },
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 6,
		    .inbound_peers = 6,
		    .inbound = true },
		  DISC_TOO_MANY_PEERS },
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 6,
		    .inbound_peers = 6 },
		  CHECKPOINT_PASS },
		{ { .max_peers = 9, .max_inbound = 6, .is_peer = true },
		  DISC_ALREADY_CONNECTED },
		{ { .max_peers = 9, .max_inbound = 6, .is_self = true },
		  DISC_SELF },
		/* Trusted nodes bypass the limits, and nothing else. */
		{ { .trusted = true }, CHECKPOINT_PASS },
		{ { .inbound = true, .trusted = true }, CHECKPOINT_PASS },
		{ { .trusted = true, .is_peer = true },
		  DISC_ALREADY_CONNECTED },
		{ { .trusted = true, .is_self = true }, DISC_SELF },
		/* Candidates have the dialed share, and no more. */
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 6,
		    .inbound_peers = 4,
		    .max_dialed = 3,
		    .candidate = true },
		  CHECKPOINT_PASS },
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 6,
		    .inbound_peers = 3,
		    .max_dialed = 3,
		    .candidate = true },
		  DISC_TOO_MANY_PEERS },
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 6,
		    .inbound_peers = 3,
		    .max_dialed = 3 },
		  CHECKPOINT_PASS },
		{ { .max_peers = 9,
		    .peers = 6,
		    .candidate = true,
		    .trusted = true },
		  CHECKPOINT_PASS },
		/* The first that hits. */
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .peers = 9,
		    .is_peer = true,
		    .is_self = true },
		  DISC_TOO_MANY_PEERS },
		{ { .max_peers = 9,
		    .max_inbound = 6,
		    .is_peer = true,
		    .is_self = true },
		  DISC_ALREADY_CONNECTED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(checkpoint_peer(&rows[i].c), rows[i].result,
			     "row %zu", i);
}

Test(checkpoint, splits_the_peers_between_dialed_and_inbound)
{
	static const struct {
		size_t max, ratio, dialed, inbound;
	} rows[] = {
		{ 0, 0, 0, 0 },	   { 1, 0, 1, 0 },   { 2, 0, 1, 1 },
		{ 3, 0, 1, 2 },	   { 5, 0, 1, 4 },   { 6, 0, 2, 4 },
		{ 50, 0, 16, 34 }, { 50, 1, 50, 0 }, { 50, 2, 25, 25 },
		{ 4, 5, 1, 3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_eq(checkpoint_max_dialed(rows[i].max, rows[i].ratio),
			     rows[i].dialed, "row %zu", i);
		cr_assert_eq(checkpoint_max_inbound(rows[i].max, rows[i].ratio),
			     rows[i].inbound, "row %zu", i);
	}
}

Test(checkpoint, refuses_useless_peers_if_we_offer_anything)
{
	cr_assert_eq(checkpoint_shared(0, 0), CHECKPOINT_PASS);
	cr_assert_eq(checkpoint_shared(2, 0), DISC_USELESS);
	cr_assert_eq(checkpoint_shared(2, 1), CHECKPOINT_PASS);
}
