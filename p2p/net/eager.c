/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/eager.h"

void eager_init(struct eager *e)
{
	*e = (struct eager){ .needed = EAGER_NEEDED };
}

bool eager_wants_time(const struct eager *e, bool sent, bool got)
{
	return sent || (e->waits && (got || e->eagerly));
}

static void answered(struct eager *e, struct mono now)
{
	if (mono_since_ns(now, e->since) >= EAGER_SOON_NS)
		e->soon = 0;
	else if (e->soon < e->needed)
		e->soon++;
	/* What was polled for came: the next may be again. */
	if (e->eagerly)
		e->needed = e->soon = EAGER_NEEDED;
	e->waits = false;
	e->eagerly = false;
}

static void in_vain(struct eager *e)
{
	e->eagerly = false;
	e->soon = 0;
	if (e->needed < EAGER_NEEDED_MAX)
		e->needed *= 2;
}

bool eager_poll(struct eager *e, struct mono now, bool sent, bool got)
{
	if (got && e->waits)
		answered(e, now);
	if (sent && !e->waits) {
		e->waits = true;
		e->since = now;
		e->eagerly = e->soon >= e->needed;
	}
	if (e->eagerly && mono_since_ns(now, e->since) >= EAGER_NS)
		in_vain(e);
	return e->eagerly;
}
