/* SPDX-License-Identifier: Apache-2.0 */
/* Does what a plugin should not, in the way that its option says. */
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

struct unruly {
	struct weft_host *host;
	char how[16];
	volatile int stop; /* never */
};

/* Not a tail call, nothing the compiler could leave out, and no end in reach.
 */
static __attribute__((noinline)) size_t dig(volatile char *above, size_t depth)
{
	volatile char here[512];

	here[0] = above ? (char)(above[0] + 1) : 1;
	if (depth == SIZE_MAX)
		return depth;
	return dig(here, depth + 1) + (size_t)here[0];
}

static void compute(struct unruly *u)
{
	while (!u->stop)
		;
}

static int unruly_run(struct weft_peer *peer, struct weft_channel *ch,
		      void *state)
{
	struct unruly *u = state;
	struct weft_msg msg;
	int rc = weft_read(ch, &msg);

	(void)peer;
	if (rc)
		return rc;
	if (!strcmp(u->how, "error"))
		return WEFT_EFAIL;
	if (!strcmp(u->how, "overflow"))
		return (int)dig(NULL, 0);
	if (!strcmp(u->how, "compute"))
		compute(u);
	if (!strcmp(u->how, "unread"))
		return weft_sleep_until(u->host, WEFT_FOREVER);
	return weft_write(ch, msg.code, msg.payload, msg.size);
}

static int offer(struct unruly *u)
{
	const struct weft_protocol protocol = {
		.size = sizeof(protocol),
		.name = "unruly",
		.version = 1,
		.codes = 1,
		.run = unruly_run,
	};

	return weft_protocol_add(u->host, &protocol, u);
}

static int unruly_start(struct weft_host *host, void **state)
{
	struct unruly *u = calloc(1, sizeof(*u));
	struct weft_service_use *use;
	int rc;

	if (!u)
		return WEFT_ELIMIT;
	*state = u;
	u->host = host;
	weft_option_text(host, "how", u->how, sizeof(u->how));
	rc = offer(u);
	if (!rc && !strcmp(u->how, "twice"))
		rc = offer(u);
	if (!rc && !strcmp(u->how, "service"))
		rc = weft_service_get(host, "nowhere", 7, &use);
	if (!rc && !strcmp(u->how, "fail"))
		rc = WEFT_EFAIL;
	return rc;
}

static const struct weft_option how = {
	.size = sizeof(how),
	.name = "how",
	.type = WEFT_OPTION_TEXT,
	.fallback = "not",
	.help = "what it does: error, overflow, compute, unread, twice, "
		"service, fail, or not",
};
static const struct weft_option *const options[] = { &how, NULL };

WEFT_PLUGIN(.name = "unruly", .version = "1.0.0", .options = options,
	    .start = unruly_start, .freed = free);
