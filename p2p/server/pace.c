/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/pace.h"

#include <string.h>

void pace_init(struct pace *p, const struct pace_limits *limits,
	       struct mono now)
{
	*p = (struct pace){
		.limits = limits,
		.opened_at = now,
		.byte_at = now,
		.progress = RLPX_BETWEEN,
	};
}

void pace_up(struct pace *p, struct mono now)
{
	p->up = true;
	p->byte_at = now;
	p->progress = RLPX_BETWEEN;
	p->ping_at = mono_add_ms(now, p->limits->ping_ms);
}

/* --- the body ------------------------------------------------------------ */

static uint64_t slot_ns(const struct pace *p)
{
	return (uint64_t)p->limits->body_ms * 1000000 / PACE_SLOTS;
}

static uint64_t window_need(const struct pace *p)
{
	return (uint64_t)p->limits->body_rate * p->limits->body_ms / 1000;
}

static uint64_t window_sum(const struct pace *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < PACE_SLOTS; i++)
		sum += p->slots[i];
	return sum;
}

static void body_begin(struct pace *p, struct mono now)
{
	memset(p->slots, 0, sizeof(p->slots));
	p->slot = 0;
	p->slots_past = 0;
	p->slot_at = now;
}

/* Close the slots that are over. Each time one closes, the window ends with
 * it, so no stretch of body_ms escapes by more than a slot. A window without
 * bytes is slow, which bounds the loop. */
static void body_roll(struct pace *p, struct mono now)
{
	while (!p->slow && mono_since_ns(now, p->slot_at) >= slot_ns(p)) {
		p->slot_at.ns += slot_ns(p);
		p->slots_past++;
		if (p->slots_past >= PACE_SLOTS &&
		    window_sum(p) < window_need(p))
			p->slow = true;
		p->slot = (p->slot + 1) % PACE_SLOTS;
		p->slots[p->slot] = 0;
	}
}

void pace_bytes(struct pace *p, struct mono now, size_t n, size_t frames,
		enum rlpx_progress progress)
{
	bool new_part = frames > 0 || progress != p->progress;

	if (n > 0)
		p->byte_at = now;
	if (p->progress == RLPX_IN_BODY && !p->paused)
		body_roll(p, now);
	if (new_part && progress == RLPX_IN_HEADER)
		p->part_at = now;
	if (new_part && progress == RLPX_IN_BODY)
		body_begin(p, now);
	p->progress = progress;
	p->slots[p->slot] += n;
}

/* --- pausing ------------------------------------------------------------- */

static void stop_clocks(struct pace *p, struct mono now)
{
	if (p->progress == RLPX_IN_BODY)
		body_roll(p, now);
	p->paused_at = now;
}

static void go_on(struct pace *p, struct mono now)
{
	uint64_t gap = mono_since_ns(now, p->paused_at);

	p->byte_at.ns += gap;
	p->part_at.ns += gap;
	p->slot_at.ns += gap;
}

void pace_pause(struct pace *p, struct mono now, enum pace_pause why)
{
	if (p->paused & why)
		return;
	if (!p->paused)
		stop_clocks(p, now);
	if (why == PACE_FOR_CHANNEL)
		p->full_at = now;
	p->paused |= why;
}

void pace_resume(struct pace *p, struct mono now, enum pace_pause why)
{
	if (!(p->paused & why))
		return;
	p->paused &= ~(unsigned)why;
	if (!p->paused)
		go_on(p, now);
}

/* --- what goes out ------------------------------------------------------- */

void pace_out(struct pace *p, struct mono now, size_t queued, uint64_t taken)
{
	const struct pace_limits *l = p->limits;

	if (p->writing && queued && taken < p->write_goal)
		return;
	p->writing = queued > 0;
	p->write_at = now;
	p->write_goal = taken + (queued < l->write_min ? queued : l->write_min);
}

/* --- what is due --------------------------------------------------------- */

/* Is `at` here? If not, look again then at the latest. */
static bool is_due(struct mono now, struct mono at, struct mono *next)
{
	if (!mono_before(now, at))
		return true;
	*next = mono_min(*next, at);
	return false;
}

static bool is_due_ms(struct mono now, struct mono from, uint32_t ms,
		      struct mono *next)
{
	return is_due(now, mono_add_ms(from, ms), next);
}

static enum pace_due peer_clocks(struct pace *p, struct mono now,
				 struct mono *next)
{
	const struct pace_limits *l = p->limits;

	if (is_due_ms(now, p->byte_at, l->idle_ms, next))
		return PACE_IDLE;
	switch (p->progress) {
	case RLPX_BETWEEN:
		break;
	case RLPX_IN_HEADER:
		if (is_due_ms(now, p->part_at, l->header_ms, next))
			return PACE_HEADER;
		break;
	case RLPX_IN_BODY:
		body_roll(p, now);
		if (p->slow)
			return PACE_BODY;
		*next = mono_min(*next,
				 (struct mono){ p->slot_at.ns + slot_ns(p) });
		break;
	}
	return PACE_NOTHING;
}

enum pace_due pace_tick(struct pace *p, struct mono now, struct mono *next)
{
	const struct pace_limits *l = p->limits;

	*next = MONO_NEVER;
	if (p->writing) {
		if (is_due_ms(now, p->write_at, l->write_ms, next))
			return PACE_WRITE;
		/* Progress is only seen by looking. */
		*next = mono_min(*next, mono_add_ms(now, l->write_ms / 4));
	}
	if (!p->up)
		return is_due_ms(now, p->opened_at, l->handshake_ms, next)
			       ? PACE_HANDSHAKE
			       : PACE_NOTHING;
	if (is_due(now, p->ping_at, next)) {
		p->ping_at = mono_add_ms(now, l->ping_ms);
		return PACE_PING;
	}
	if (p->paused & PACE_FOR_CHANNEL &&
	    is_due_ms(now, p->full_at, l->pause_ms, next))
		return PACE_PAUSE;
	return p->paused ? PACE_NOTHING : peer_clocks(p, now, next);
}
