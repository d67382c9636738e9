/* SPDX-License-Identifier: Apache-2.0 */
/* testing_peer.c - <weft/test.h>: the test as a plugin's peer. */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>
#include <weft/test.h>

#include "node/plugin/api.h"
#include "node/plugin/pipe.h"
#include "node/plugin/testing.h"

enum {
	TEST_SHOWN = 64, /* bytes of a payload */
};

/* --- pipes -------------------------------------------------------------------
 */

/* "foobar" or "foobar/2". */
static bool is_called(const struct instance_protocol *p, const char *text)
{
	char name[CAPABILITY_NAME_MAX + 16];

	if (!strcmp(p->p.name, text))
		return true;
	snprintf(name, sizeof(name), "%s/%u", p->p.name, p->p.version);
	return !strcmp(name, text);
}

static const struct instance_protocol *find_protocol(struct weft_host *h,
						     const char *text)
{
	const struct instance_protocol *p, *best = NULL;

	if (!h)
		return NULL;
	LL_FOREACH (h->own, p)
		if (is_called(p, text) &&
		    (!best || p->p.version > best->p.version))
			best = p;
	if (!best)
		testing_fail("%s: no protocol %s", h->plugin->name, text);
	return best;
}

/* The test's side of a protocol: the same numbers, and nobody to serve it. */
static const struct instance_protocol *make_near_end(
	const struct weft_protocol *p)
{
	struct weft_host *self = testing_run()->self;
	struct instance_protocol *near = calloc(1, sizeof(*near));

	if (!near)
		abort();
	near->host = self;
	near->p = (struct weft_protocol){
		.size = sizeof(near->p),
		.name = api_text_copy(p->name),
		.version = p->version,
		.codes = p->codes,
	};
	LL_PREPEND(self->own, near);
	return near;
}

struct weft_channel *weft_pipe(struct weft_host *plugin, const char *protocol)
{
	const struct instance_protocol *far = find_protocol(plugin, protocol);
	struct weft_channel *ends[2];

	if (!far)
		return NULL;
	pipe_open(ends, testing_run()->loop, make_near_end(&far->p), far,
		  testing_run()->pipes++);
	if (!ends[0])
		return NULL; /* the test is being ended */
	ends[0]->patient = true;
	channel_ref(ends[0]);
	return ends[0];
}

int weft_pipe_join(struct weft_host *a, struct weft_host *b,
		   const char *protocol)
{
	const struct instance_protocol *of_a = find_protocol(a, protocol);
	const struct instance_protocol *of_b = find_protocol(b, protocol);
	struct weft_channel *ends[2];

	if (!of_a || !of_b)
		return WEFT_ENOENT;
	pipe_open(ends, testing_run()->loop, of_a, of_b,
		  testing_run()->pipes++);
	return WEFT_OK;
}

void weft_pipe_break(struct weft_channel *ch)
{
	pipe_break(ch);
}

/* --- expecting ---------------------------------------------------------------
 */

static void show(const char *what, uint32_t code, struct span payload)
{
	size_t n = payload.len < TEST_SHOWN ? payload.len : TEST_SHOWN;

	fprintf(stderr, "  %s code %u, %zu bytes ", what, code, payload.len);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%02x", payload.data[i]);
	fprintf(stderr, "%s\n", n < payload.len ? "..." : "");
}

static void say_ended(const struct weft_channel *ch, const char *expected)
{
	if (ch->heard < 0)
		testing_fail("expected %s, but the session is closed",
			     expected);
	else
		testing_fail("expected %s, but the session ended: 0x%02x %s",
			     expected, (unsigned)ch->heard,
			     disconnect_name((uint8_t)ch->heard));
}

static int compare(const struct weft_msg *got, uint32_t code,
		   const struct span *payload)
{
	struct span bytes = span_of(got->payload, got->size);

	if (got->code == code && (!payload || span_equal(bytes, *payload)))
		return WEFT_OK;
	testing_fail("not the expected message:");
	if (payload)
		show("expected", code, *payload);
	else
		fprintf(stderr, "  expected code %u\n", code);
	show("got     ", got->code, bytes);
	return WEFT_EMSG;
}

static int read_one(struct weft_channel *ch, struct weft_msg *msg,
		    const char *expected)
{
	int rc = api_read(ch, msg, sizeof(*msg), WEFT_FOREVER);

	if (rc == WEFT_ECLOSED)
		say_ended(ch, expected);
	else if (rc)
		testing_fail("expected %s: %s", expected, api_error_text(rc));
	return rc;
}

int weft_expect(struct weft_channel *ch, uint32_t code, const char *format, ...)
{
	struct why why = WHY_NONE;
	struct weft_msg msg;
	struct span payload;
	struct buf want;
	enum err packed = ERR_NONE;
	va_list ap;
	int rc;

	buf_init(&want, SIZE_MAX);
	va_start(ap, format);
	if (format)
		packed = rlp_pack_va(&want, &why, format, ap);
	va_end(ap);
	if (packed) {
		testing_fail("cannot expect that: %s", why.text);
		rc = api_result(packed);
	} else {
		rc = read_one(ch, &msg, "a message");
		payload = span_of(want.data, want.len);
		if (!rc)
			rc = compare(&msg, code, format ? &payload : NULL);
	}
	buf_clear(&want);
	return rc;
}

int weft_expect_end(struct weft_channel *ch, uint32_t reason)
{
	struct weft_msg msg;
	int rc = api_read(ch, &msg, sizeof(msg), WEFT_FOREVER);

	if (rc == WEFT_OK) {
		testing_fail("expected the end of the session, but:");
		show("got", msg.code, span_of(msg.payload, msg.size));
		return WEFT_EMSG;
	}
	if (rc == WEFT_ECLOSED && ch->heard == (int)reason)
		return WEFT_OK;
	say_ended(ch, disconnect_name((uint8_t)reason));
	return WEFT_EMSG;
}

/* --- asking the plugin -----------------------------------------------------
 */

struct asked {
	struct task_waiters waiter;
	char *json;
	int rc;
	bool done;
};

static void answered(void *ctx, int rc, const char *json)
{
	struct asked *a = ctx;

	a->rc = rc;
	a->json = json ? api_text_copy(json) : NULL;
	a->done = true;
	task_wake_all(&a->waiter);
}

int weft_test_call(struct weft_host *plugin, const char *method,
		   const char *params, char *result, size_t room)
{
	const struct instance_rpc *rpcs;
	size_t count = instance_rpcs(plugin, &rpcs);
	struct asked a = { 0 };
	size_t i = 0;

	while (i < count && strcmp(rpcs[i].method, method))
		i++;
	if (i == count)
		return WEFT_ENOENT;
	instance_rpc_call(plugin, &rpcs[i], params ? params : "[]", answered,
			  &a);
	while (!a.done)
		task_wait_uncut(&a.waiter, "weft_test_call");
	if (room)
		snprintf(result, room, "%s", a.json ? a.json : "");
	free(a.json);
	return a.rc;
}

int64_t weft_test_counter(struct weft_host *plugin, const char *counter)
{
	const struct instance_counter *counters;
	size_t count = instance_counters(plugin, &counters);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(counters[i].name, counter))
			return counters[i].value;
	return 0;
}
