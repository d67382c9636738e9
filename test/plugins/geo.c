/* SPDX-License-Identifier: Apache-2.0 */
/* Answers other plugins: geo/1 tells how high a place lies. What defines change
 * is for tests of loading several. */
#include <string.h>
#include <weft/plugin.h>

#ifndef NAME
#define NAME "geo"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif

/* 0: text; the answer "u", in metres. */
static int height(void *state, const struct weft_msg *request,
		  struct weft_text *reply)
{
	uint8_t out[16];
	char *place;
	size_t size;
	int rc = weft_unpack(request, "s", &place);

	(void)state;
	if (rc)
		return rc;
	if (strcmp(place, "Lhasa"))
		return WEFT_ENOENT;
	rc = weft_pack(out, sizeof(out), &size, "u", (uint64_t)3656);
	return rc ? rc : weft_text_add(reply, (const char *)out, size);
}

/* 1: nothing, and never. */
static int wait_here(void *state, const struct weft_msg *request,
		     struct weft_text *reply)
{
	(void)request;
	(void)reply;
	return weft_sleep_until(state, WEFT_FOREVER);
}

static int geo_start(struct weft_host *host, void **state)
{
	static const struct weft_service_call height_call = {
		.size = sizeof(height_call),
		.name = "height",
		.fn = height,
	};
	static const struct weft_service_call wait_call = {
		.size = sizeof(wait_call),
		.name = "wait",
		.fn = wait_here,
	};
	static const struct weft_service_call *const calls[] = { &height_call,
								 &wait_call,
								 NULL };
	static const struct weft_service geo = {
		.size = sizeof(geo),
		.name = "geo",
		.version = 1,
		.calls = calls,
	};

	(void)state;
	return weft_service_add(host, &geo, host);
}

WEFT_PLUGIN(.name = NAME, .version = VERSION, .summary = "knows heights",
	    .start = geo_start);
