/* SPDX-License-Identifier: Apache-2.0 */
/* Asks geo/1 of another plugin: "weather_report" is the height of Lhasa, and
 * "weather_wait" a call that is not answered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

struct weather {
	struct weft_service_use *geo;
	int64_t forgets;
};

static int report(void *state, const char *params, size_t size,
		  struct weft_text *result)
{
	const struct weather *w = state;
	struct weft_shared *reply;
	struct weft_msg msg;
	uint64_t height;
	uint8_t place[16];
	char text[24];
	size_t n;
	int rc;

	(void)params;
	(void)size;
	rc = weft_pack(place, sizeof(place), &n, "s", "Lhasa");
	if (!rc)
		rc = weft_service_call(w->geo, 0, place, n, &reply);
	if (rc)
		return rc;
	rc = weft_msg_view(reply, &msg);
	if (!rc)
		rc = weft_unpack(&msg, "u", &height);
	weft_msg_free(reply);
	if (rc)
		return rc;
	snprintf(text, sizeof(text), "%" PRIu64, height);
	return weft_text_add(result, text, strlen(text));
}

static int wait_for_it(void *state, const char *params, size_t size,
		       struct weft_text *result)
{
	const struct weather *w = state;
	int rc = weft_service_call(w->geo, 1, NULL, 0, NULL);

	(void)params;
	(void)size;
	return rc ? rc : weft_text_add(result, "1", 1);
}

static int weather_start(struct weft_host *host, void **state)
{
	struct weather *w = calloc(1, sizeof(*w));
	int64_t version = 0;
	int rc;

	if (!w)
		return WEFT_ELIMIT;
	*state = w;
	weft_option_int(host, "geo", &version);
	weft_option_int(host, "forgets", &w->forgets);
	rc = weft_service_get(host, "geo", (uint32_t)version, &w->geo);
	if (!rc)
		rc = weft_rpc_add(host, "weather_report", report, w);
	if (!rc)
		rc = weft_rpc_add(host, "weather_wait", wait_for_it, w);
	return rc;
}

static void weather_freed(void *state)
{
	struct weather *w = state;

	if (!w->forgets)
		weft_service_put(w->geo);
	free(w);
}

static const struct weft_option geo = {
	.size = sizeof(geo),
	.name = "geo",
	.type = WEFT_OPTION_INT,
	.fallback = "1",
	.help = "the version that is asked for",
};
static const struct weft_option forgets = {
	.size = sizeof(forgets),
	.name = "forgets",
	.type = WEFT_OPTION_BOOL,
	.fallback = "false",
	.help = "to give the service back",
};
static const struct weft_option *const options[] = { &geo, &forgets, NULL };

WEFT_PLUGIN(.name = "weather", .version = "1.0.0", .summary = "asks geo/1",
	    .options = options, .start = weather_start, .freed = weather_freed);
