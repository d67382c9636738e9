/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - the end that answers, in both styles. */
#include <stdlib.h>
#include <string.h>

#include "plugins/bench/bench.h"

static int answer_word(struct weft_channel *ch, const struct weft_msg *msg)
{
	char *word;
	int rc = weft_unpack(msg, "[s]", &word);

	if (rc || strcmp(word, "foo") != 0)
		return rc;
	return weft_send(ch, BENCH_WORD, "[s]", "bar");
}

static int answer(struct weft_channel *ch, const struct weft_msg *msg)
{
	switch (msg->code) {
	case BENCH_END:
		return weft_send(ch, BENCH_ENDED, "[]");
	case BENCH_WORD:
		return answer_word(ch, msg);
	default:
		return WEFT_OK;
	}
}

static int run(struct weft_peer *peer, struct weft_channel *ch, void *side)
{
	struct weft_msg msg;
	int rc;

	(void)peer;
	(void)side;
	while ((rc = weft_read(ch, &msg)) == 0) {
		rc = answer(ch, &msg);
		if (rc)
			break;
	}
	return rc;
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	(void)user;
	return answer(ch, msg);
}

/* --- the plugin -------------------------------------------------------------
 */

static int offer(struct bench_node *n, enum bench_style style, int64_t drives)
{
	struct weft_protocol p = {
		.size = sizeof(p),
		.name = style == BENCH_RUN ? "bench" : "bench-msg",
		.version = 1,
		.codes = BENCH_CODES,
	};

	n->sides[style].node = n;
	if (drives)
		p.run = bench_stand_by;
	else if (style == BENCH_RUN)
		p.run = run;
	else
		p.message = message;
	return weft_protocol_add(n->host, &p, &n->sides[style]);
}

static int start(struct weft_host *host, void **state)
{
	struct bench_node *n = calloc(1, sizeof(*n));
	int64_t drives = 0;
	int rc;

	if (!n)
		abort();
	*state = n;
	n->host = host;
	n->opened = weft_event_new(host);
	n->never = weft_event_new(host);
	weft_option_int(host, "drive", &drives); /* declared, so it is there */
	rc = offer(n, BENCH_RUN, drives);
	if (!rc)
		rc = offer(n, BENCH_MESSAGE, drives);
	if (!rc && drives)
		rc = bench_add_calls(n);
	return rc;
}

static const struct weft_option drive = {
	.size = sizeof(drive),
	.name = "drive",
	.type = WEFT_OPTION_BOOL,
	.help = "answer nothing; stand by for bench_write and bench_talk",
};
static const struct weft_option *const options[] = { &drive, NULL };

WEFT_PLUGIN(.name = "bench", .version = "1.0.0",
	    .summary = "the other end of weft bench", .options = options,
	    .start = start, .freed = free);
