/* SPDX-License-Identifier: Apache-2.0 */
/* rumour.c - one message for many peers. Nobody waits for a peer that has no
 * room: it hears the rumour from others, or not at all. */
#include <string.h>

#include "gossip.h"

struct post {
	struct gossip *g;
	struct weft_shared *msg;
	const struct friend *but; /* who told us; may be NULL */
};

static int post(struct weft_channel *ch, void *user, void *arg)
{
	const struct post *p = arg;
	struct gossip_sums *sums = &p->g->sums;

	if (user == p->but)
		return 0;
	switch (weft_post_msg(ch, p->msg)) {
	case WEFT_OK:
		sums->rumours_posted++;
		break;
	case WEFT_EAGAIN:
		sums->rumours_skipped++;
		break;
	}
	return 0;
}

static void post_to_all(struct gossip *g, struct weft_shared *msg,
			const struct friend *but)
{
	struct post p = { .g = g, .msg = msg, .but = but };

	weft_channel_each(g->host, "gossip", post, &p);
}

static int is_new(struct gossip *g, const uint8_t *origin, uint64_t number)
{
	struct seen s = { .number = number };

	memcpy(&s.origin, origin, sizeof(s.origin));
	for (size_t i = 0; i < SEEN_MAX; i++)
		if (g->seen[i].origin == s.origin &&
		    g->seen[i].number == s.number)
			return 0;
	g->seen[g->seen_next] = s;
	g->seen_next = (g->seen_next + 1) % SEEN_MAX;
	return 1;
}

int rumour_make(struct gossip *g)
{
	struct weft_shared *msg;
	uint8_t payload[80];
	size_t size;
	int rc;

	g->rumours++;
	rc = weft_pack(payload, sizeof(payload), &size, "[dus]", g->id,
		       sizeof(g->id), g->rumours, "have you heard?");
	if (rc)
		return rc;
	msg = weft_msg_new(g->host, GOSSIP_RUMOUR, payload, size);
	if (!msg)
		return WEFT_ELIMIT;
	g->sums.rumours_made++;
	is_new(g, g->id, g->rumours);
	post_to_all(g, msg, NULL);
	weft_msg_free(msg);
	return WEFT_OK;
}

static void rumour_due(void *gossip)
{
	struct gossip *g = gossip;

	(void)rumour_make(g);
	if (g->rumours_most && g->sums.rumours_made >= g->rumours_most)
		weft_timer_free(g->rumour_timer);
}

int rumour_begin(struct gossip *g)
{
	if (!g->rumour_every)
		return WEFT_OK;
	g->rumour_timer = weft_every(g->host, g->rumour_every, rumour_due, g);
	return g->rumour_timer ? WEFT_OK : WEFT_ELIMIT;
}

int rumour_heard(struct friend *f, const struct weft_msg *msg)
{
	struct gossip *g = f->g;
	struct weft_shared *kept;
	const uint8_t *origin;
	size_t origin_size;
	uint64_t number;
	char *text;
	int rc;

	rc = weft_unpack(msg, "[dus]", &origin, &origin_size, &number, &text);
	if (rc)
		return rc;
	if (origin_size != sizeof(g->id))
		return WEFT_EMSG;
	f->rumours++;
	if (!is_new(g, origin, number)) {
		g->sums.rumours_again++;
		return WEFT_OK;
	}
	g->sums.rumours_heard++;
	rc = weft_msg_keep(f->ch, msg, &kept);
	if (rc)
		return rc;
	post_to_all(g, kept, f);
	weft_msg_free(kept);
	return WEFT_OK;
}
