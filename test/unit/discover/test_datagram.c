/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/datagram.h"

#include "test/support/unit.h"

Test(datagram, leaves_in_order)
{
	static const uint8_t longest[DATAGRAM_MAX] = { 1, [1279] = 2 };
	struct addr a = { .port = 1 }, b = { .port = 2 };
	struct outbox o = { 0 };
	struct datagram d;

	cr_assert(outbox_put(&o, &a, longest, sizeof(longest)));
	cr_assert(outbox_put(&o, &b, (const uint8_t *)"x", 1));
	cr_assert(outbox_take(&o, &d));
	cr_assert_eq(d.to.port, 1);
	cr_assert_eq(d.len, DATAGRAM_MAX);
	cr_assert(!memcmp(d.bytes, longest, d.len));
	cr_assert(outbox_take(&o, &d));
	cr_assert_eq(d.to.port, 2);
	cr_assert_eq(d.len, 1);
	cr_assert_eq(d.bytes[0], 'x');
	cr_assert(!outbox_take(&o, &d));
}

Test(datagram, an_outbox_has_a_size)
{
	struct addr to = { .port = 1 };
	struct outbox o = { 0 };
	struct datagram d;

	for (unsigned i = 0; i < OUTBOX_MAX; i++)
		cr_assert(outbox_put(&o, &to, (const uint8_t *)"x", 1));
	cr_assert(!outbox_put(&o, &to, (const uint8_t *)"x", 1));
	cr_assert(outbox_take(&o, &d));
	cr_assert(outbox_put(&o, &to, (const uint8_t *)"x", 1));
	outbox_clear(&o);
	cr_assert(!outbox_take(&o, &d));
}
