/* SPDX-License-Identifier: Apache-2.0 */
/* Ends a session as its peer asks for, by a message [how, number] with code 0:
 * ends/1 in run style, handles/1 in message style. What goes on echoes [how,
 * number]. The other side of these words is in test/interop/ends_test.go. */
#include <weft/plugin.h>

enum {
	ASK = 0,
	ECHO = 1,
	CODES = 2,
};

enum how {
	RETURN_OK,
	RETURN_REASON, /* number */
	RETURN_MINUS,  /* -number */
	DISCONNECT,    /* number, then return another reason */
	WRITE_CODE,    /* number, and return what that gives */
	SPAWN_REASON,  /* from another fiber of the channel */
};

static int reason_of_fiber(void *arg)
{
	const uint64_t *number = arg;

	return WEFT_DISC((int)*number);
}

static int echo(struct weft_channel *ch, const struct weft_msg *msg)
{
	return weft_write(ch, ECHO, msg->payload, msg->size);
}

/* What to return, and whether that is to be. */
static int obey(struct weft_channel *ch, const struct weft_msg *msg, int *ends)
{
	static uint64_t how, number; /* one session at a time, in its tests */
	int rc = weft_unpack(msg, "[uu]", &how, &number);

	*ends = 1;
	if (rc)
		return rc;
	switch ((enum how)how) {
	case RETURN_OK:
		return WEFT_OK;
	case RETURN_REASON:
		return WEFT_DISC((int)number);
	case RETURN_MINUS:
		return -(int)number;
	case DISCONNECT:
		rc = weft_disconnect(ch, (uint32_t)number);
		return rc ? rc : WEFT_DISC_USELESS;
	case WRITE_CODE:
		return weft_write(ch, (uint32_t)number, NULL, 0);
	case SPAWN_REASON:
		*ends = 0;
		return weft_channel_go(ch, reason_of_fiber, &number);
	}
	*ends = 0;
	return echo(ch, msg);
}

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct weft_msg msg;
	int ends = 0;
	int rc = WEFT_OK;

	(void)peer;
	(void)state;
	while (!rc && !ends) {
		rc = weft_read(ch, &msg);
		if (!rc)
			rc = obey(ch, &msg, &ends);
	}
	return rc;
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	int ends;

	(void)user;
	return obey(ch, msg, &ends);
}

static int start(struct weft_host *host, void **state)
{
	const struct weft_protocol ends = {
		.size = sizeof(ends),
		.name = "ends",
		.version = 1,
		.codes = CODES,
		.max_message = 1024,
		.run = run,
	};
	const struct weft_protocol handles = {
		.size = sizeof(handles),
		.name = "handles",
		.version = 1,
		.codes = CODES,
		.max_message = 1024,
		.message = message,
	};
	int rc = weft_protocol_add(host, &ends, NULL);

	(void)state;
	return rc ? rc : weft_protocol_add(host, &handles, NULL);
}

WEFT_PLUGIN(.name = "ends", .version = "1.0.0", .start = start);
