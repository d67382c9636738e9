/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/discover/identity.h"

#include "test/support/unit.h"

struct ecc_keypair key_of_number(unsigned number)
{
	struct ecc_keypair key = { .key = { { 1, (uint8_t)(number >> 8),
					      (uint8_t)number } } };

	ecc_pub_of(&key.pub, &key.key);
	return key;
}

struct enr record_of(const struct ecc_keypair *key, uint64_t seq,
		     const struct addr *at)
{
	struct enr_draft d = { .seq = seq };
	struct enr r;

	if (at) {
		cr_assert_eq(enr_draft_set_ip(&d, &at->ip), ERR_NONE);
		cr_assert_eq(enr_draft_set_port(&d, "udp", at->port), ERR_NONE);
		cr_assert_eq(enr_draft_set_port(&d, "tcp", at->port), ERR_NONE);
	}
	cr_assert_eq(enr_sign(&r, &d, key), ERR_NONE);
	/* As it comes out of a stranger's bytes. */
	cr_assert_eq(enr_read(&r, enr_raw(&r), NULL), ERR_NONE);
	return r;
}
