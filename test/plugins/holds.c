/* SPDX-License-Identifier: Apache-2.0 */
/* Has a fiber with work on another thread, which no close cuts short, until the
 * file of its option is there. */
#include <time.h>
#include <unistd.h>
#include <weft/plugin.h>

struct held {
	struct weft_host *host;
	char until[256];
};

static struct held held; /* one instance at a time, in its tests */

static void wait_for_file(void *arg)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	const struct held *h = arg;

	while (access(h->until, F_OK))
		nanosleep(&moment, NULL);
}

static int hold(void *arg)
{
	struct held *h = arg;

	return weft_work(h->host, wait_for_file, h);
}

static int start(struct weft_host *host, void **state)
{
	*state = &held;
	held.host = host;
	weft_option_text(host, "until", held.until, sizeof(held.until));
	return weft_go(host, hold, &held);
}

static const struct weft_option until = {
	.size = sizeof(until),
	.name = "until",
	.type = WEFT_OPTION_TEXT,
	.fallback = "",
	.help = "file that lets it go",
};
static const struct weft_option *const options[] = { &until, NULL };

WEFT_PLUGIN(.name = "holds", .version = "1.0.0", .options = options,
	    .start = start);
