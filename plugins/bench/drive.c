/* SPDX-License-Identifier: Apache-2.0 */
/* drive.c - the end that measures: writes and counts as any plugin would, from
 * a fiber of an admin call. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "plugins/bench/bench.h"

enum {
	BYTES_MAX = (1 << 24) - 1,
	OUTSTANDING_MAX = 1024 * 1024,
	MS_MAX = 3600 * 1000,
	BATCH_BYTES = 64 * 1024, /* between two looks at the clock */
	OPEN_S = 30,
};

struct order {
	unsigned style;
	unsigned amount; /* bytes, or outstanding */
	unsigned ms;
};

/* weft_now stands still while a fiber computes. */
static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * WEFT_SECONDS(1) + ts.tv_nsec;
}

/* --- sessions ---------------------------------------------------------------
 */

int bench_stand_by(struct weft_peer *peer, struct weft_channel *ch, void *side)
{
	struct bench_side *s = side;
	int rc;

	(void)peer;
	s->stands_by = ch;
	weft_wake(s->node->opened);
	rc = weft_wait(s->node->never, WEFT_FOREVER);
	if (s->stands_by == ch)
		s->stands_by = NULL;
	return rc;
}

static int await_session(struct bench_side *s, struct weft_channel **ch)
{
	weft_time deadline = weft_now(s->node->host) + WEFT_SECONDS(OPEN_S);
	int rc = WEFT_OK;

	while (!rc && !s->stands_by)
		rc = weft_wait(s->node->opened, deadline);
	if (!rc)
		*ch = weft_channel_ref(s->stands_by);
	return rc;
}

/* --- one way ---------------------------------------------------------------
 */

/* Bytes that no compression makes less of. */
static uint8_t *new_payload(size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	size_t at = 0;

	if (!bytes)
		abort();
	while (at < size) {
		ssize_t n = getrandom(bytes + at, size - at, 0);

		if (n < 0)
			abort();
		at += (size_t)n;
	}
	return bytes;
}

static int write_until(struct weft_channel *ch, const uint8_t *payload,
		       size_t size, int64_t end, uint64_t *count)
{
	size_t batch = 1 + BATCH_BYTES / (size + 1);
	int rc = WEFT_OK;

	while (!rc && clock_ns() < end) {
		for (size_t i = 0; !rc && i < batch; i++)
			rc = weft_write(ch, BENCH_DATA, payload, size);
		*count += batch;
	}
	return rc;
}

/* What was written counts once the other end says that it has read it. */
static int settle(struct weft_channel *ch)
{
	struct weft_msg msg;
	int rc = weft_send(ch, BENCH_END, "[]");

	if (!rc)
		rc = weft_read(ch, &msg);
	if (!rc && msg.code != BENCH_ENDED)
		rc = WEFT_EMSG;
	return rc;
}

static int do_write(struct weft_channel *ch, const struct order *o,
		    uint64_t *count, int64_t *ns)
{
	uint8_t *payload = new_payload(o->amount);
	int64_t began = clock_ns();
	int rc;

	rc = write_until(ch, payload, o->amount, began + WEFT_MS(o->ms), count);
	if (!rc)
		rc = settle(ch);
	*ns = clock_ns() - began;
	free(payload);
	return rc;
}

/* --- round trips ------------------------------------------------------------
 */

static int hear_bar(struct weft_channel *ch)
{
	struct weft_msg msg;
	char *word;
	int rc = weft_read(ch, &msg);

	if (!rc)
		rc = weft_unpack(&msg, "[s]", &word);
	if (!rc && strcmp(word, "bar") != 0)
		rc = WEFT_EMSG;
	return rc;
}

static int do_talk(struct weft_channel *ch, const struct order *o,
		   uint64_t *count, int64_t *ns)
{
	int64_t began = clock_ns();
	int64_t end = began + WEFT_MS(o->ms);
	unsigned waiting = 0;
	int rc = WEFT_OK;

	do {
		while (!rc && waiting < o->amount && clock_ns() < end) {
			rc = weft_send(ch, BENCH_WORD, "[s]", "foo");
			waiting++;
		}
		if (!rc && waiting) {
			rc = hear_bar(ch);
			waiting--;
			++*count;
		}
	} while (!rc && (waiting || clock_ns() < end));
	*ns = clock_ns() - began;
	return rc;
}

/* --- the calls --------------------------------------------------------------
 */

static int read_order(struct order *o, const char *params, unsigned most)
{
	if (sscanf(params, " [ %u , %u , %u ]", &o->style, &o->amount,
		   &o->ms) != 3 ||
	    o->style >= BENCH_STYLES || o->amount > most || o->ms > MS_MAX)
		return WEFT_EINVAL;
	return WEFT_OK;
}

static int call(struct bench_node *n, const struct order *o,
		int (*work)(struct weft_channel *ch, const struct order *o,
			    uint64_t *count, int64_t *ns),
		struct weft_text *result)
{
	struct weft_channel *ch;
	uint64_t count = 0;
	int64_t ns = 0;
	char text[80];
	int rc = await_session(&n->sides[o->style], &ch);

	if (rc)
		return rc;
	rc = work(ch, o, &count, &ns);
	weft_channel_unref(ch);
	if (rc)
		return rc;
	snprintf(text, sizeof(text),
		 "{\"count\":%" PRIu64 ",\"ns\":%" PRId64 "}", count, ns);
	return weft_text_add(result, text, strlen(text));
}

static int call_write(void *node, const char *params, size_t size,
		      struct weft_text *result)
{
	struct order o;
	int rc = read_order(&o, params, BYTES_MAX);

	(void)size;
	return rc ? rc : call(node, &o, do_write, result);
}

static int call_talk(void *node, const char *params, size_t size,
		     struct weft_text *result)
{
	struct order o;
	int rc = read_order(&o, params, OUTSTANDING_MAX);

	(void)size;
	if (!rc && !o.amount)
		rc = WEFT_EINVAL;
	return rc ? rc : call(node, &o, do_talk, result);
}

int bench_add_calls(struct bench_node *n)
{
	int rc = weft_rpc_add(n->host, "bench_write", call_write, n);

	return rc ? rc : weft_rpc_add(n->host, "bench_talk", call_talk, n);
}
