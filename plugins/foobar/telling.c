/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/foobar/telling.h"

#include <inttypes.h>
#include <stdio.h>

static const weft_time interval = WEFT_SECONDS(1) / TOLD_PER_SECOND;

void telling_init(struct telling *t, struct weft_host *host,
		  const uint8_t id[32])
{
	*t = (struct telling){ .host = host };
	for (size_t i = 0; i < 32; i++)
		snprintf(t->peer + 2 * i, 3, "%02x", id[i]);
}

static void tell_left_out(struct telling *t)
{
	char count[24];

	if (!t->left_out)
		return;
	snprintf(count, sizeof(count), "%" PRIu64, t->left_out);
	weft_log(t->host, WEFT_LOG_INFO, "left out", "id", t->peer, "count",
		 count, NULL);
	t->left_out = 0;
	t->counted = weft_now(t->host);
}

void telling_end(struct telling *t)
{
	tell_left_out(t);
}

void tell_ours(struct telling *t, enum telling_way way, const char *text)
{
	if (way == TELLING_SENT)
		weft_log(t->host, WEFT_LOG_INFO, "said", "id", t->peer, "sent",
			 text, NULL);
	else
		weft_log(t->host, WEFT_LOG_INFO, "heard", "id", t->peer,
			 "received", text, NULL);
}

void tell_theirs(struct telling *t, enum telling_way way, const char *text)
{
	weft_time now = weft_now(t->host);

	if (t->paid < now)
		t->paid = now;
	if (t->paid - now <= (TOLD_AT_ONCE - 1) * interval) {
		t->paid += interval;
		tell_ours(t, way, text);
	} else {
		t->left_out++;
	}
	if (now - t->counted >= WEFT_SECONDS(1))
		tell_left_out(t);
}
