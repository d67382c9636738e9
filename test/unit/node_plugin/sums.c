/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_plugin/sums.h"

struct sums sums;

static int add(void *state, const struct weft_msg *request,
	       struct weft_text *reply)
{
	uint64_t x, y;
	uint8_t out[32];
	size_t size;
	int rc = weft_unpack(request, "[uu]", &x, &y);

	cr_assert_eq(state, &sums);
	cr_assert_eq(request->code, (uint32_t)SUMS_ADD);
	if (!rc)
		rc = weft_pack(out, sizeof(out), &size, "[u]", x + y);
	return rc ? rc : weft_text_add(reply, (const char *)out, size);
}

static int echo(void *state, const struct weft_msg *request,
		struct weft_text *reply)
{
	(void)state;
	return weft_text_add(reply, (const char *)request->payload,
			     request->size);
}

static int wait_here(void *state, const struct weft_msg *request,
		     struct weft_text *reply)
{
	(void)state;
	sums.waiting++;
	sums.last = weft_wait(sums.go, WEFT_FOREVER);
	sums.waiting--;
	/* Still whole, whoever has gone meanwhile. */
	return sums.last ? sums.last : echo(state, request, reply);
}

static int fail_with(void *state, const struct weft_msg *request,
		     struct weft_text *reply)
{
	uint64_t error;

	(void)state;
	weft_text_add(reply, "nobody sees this", 16);
	if (weft_unpack(request, "u", &error))
		return WEFT_EMSG;
	return -(int)error;
}

static int fill(void *state, const struct weft_msg *request,
		struct weft_text *reply)
{
	static const char some[64 * 1024];
	uint64_t left;

	(void)state;
	if (weft_unpack(request, "u", &left))
		return WEFT_EMSG;
	while (left) {
		size_t n = left < sizeof(some) ? (size_t)left : sizeof(some);

		(void)weft_text_add(reply, some, n);
		left -= n;
	}
	return WEFT_OK;
}

const struct weft_service_call sums_calls[SUMS_COUNT] = {
	[SUMS_ADD] = { sizeof(sums_calls[0]), "add", add },
	[SUMS_ECHO] = { sizeof(sums_calls[0]), "echo", echo },
	[SUMS_WAIT] = { sizeof(sums_calls[0]), "wait", wait_here },
	[SUMS_FAIL] = { sizeof(sums_calls[0]), "fail", fail_with },
	[SUMS_FILL] = { sizeof(sums_calls[0]), "fill", fill },
};
static const struct weft_service_call *const calls[] = {
	&sums_calls[SUMS_ADD],	&sums_calls[SUMS_ECHO], &sums_calls[SUMS_WAIT],
	&sums_calls[SUMS_FAIL], &sums_calls[SUMS_FILL], NULL,
};
const struct weft_service sums_service = {
	.size = sizeof(sums_service),
	.name = "sums",
	.version = 3,
	.calls = calls,
};

static int start(struct weft_host *host, void **state)
{
	(void)state;
	sums.host = host;
	sums.go = weft_event_new(host);
	return weft_service_add(host, &sums_service, &sums);
}

const struct weft_plugin sums_plugin = {
	.abi = WEFT_ABI,
	.size = sizeof(struct weft_plugin),
	.abi_hash = WEFT_ABI_HASH,
	.api = &weft_api_table,
	.name = "answers",
	.version = "1.0.0",
	.start = start,
};

int sums_ask(void *arg)
{
	struct sums_asker *k = arg;
	struct weft_shared *reply = NULL;
	struct weft_msg msg;

	k->rc = weft_service_call_until(k->use, SUMS_WAIT, &k->word, 1,
					k->deadline, &reply);
	cr_assert_eq(reply != NULL, k->rc == WEFT_OK);
	if (reply && !weft_msg_view(reply, &msg) && msg.size == 1)
		k->answer = (char)msg.payload[0];
	weft_msg_free(reply);
	k->done = true;
	return k->rc;
}
