/* SPDX-License-Identifier: Apache-2.0 */
/* Has a fiber that outlives its plugin's end: it works until a byte comes from
 * the descriptor that an option gives. */
#include <stdlib.h>
#include <unistd.h>
#include <weft/plugin.h>

struct lingers {
	struct weft_host *host;
	int64_t fd;
};

static void wait_for_byte(void *arg)
{
	const struct lingers *l = arg;
	char byte;

	while (read((int)l->fd, &byte, 1) < 0)
		;
}

static int linger(void *arg)
{
	struct lingers *l = arg;

	return weft_work(l->host, wait_for_byte, l);
}

static int start(struct weft_host *host, void **state)
{
	struct lingers *l = calloc(1, sizeof(*l));

	if (!l)
		return WEFT_ELIMIT;
	*state = l;
	l->host = host;
	weft_option_int(host, "fd", &l->fd);
	return weft_go(host, linger, l);
}

static const struct weft_option fd = {
	.size = sizeof(fd),
	.name = "fd",
	.type = WEFT_OPTION_INT,
	.help = "a descriptor",
};
static const struct weft_option *const options[] = { &fd, NULL };

WEFT_PLUGIN(.name = "lingers", .version = "1.0.0", .options = options,
	    .start = start, .freed = free);
