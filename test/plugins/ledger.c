/* SPDX-License-Identifier: Apache-2.0 */
/* One side sends numbers, each again until it is acknowledged; the other, which
 * an option gives a file, writes each down there and then acknowledges it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

enum {
	PATH_ROOM = 4096,
};

struct ledger {
	struct weft_host *host;
	char file[PATH_ROOM];
	int64_t holds;
	uint64_t acknowledged, retries, sessions;
};

/* --- who writes --------------------------------------------------------------
 */

static int write_down(const struct ledger *l, uint64_t number)
{
	FILE *out = fopen(l->file, "a");

	if (!out)
		return WEFT_EFAIL;
	fprintf(out, "%" PRIu64 "\n", number);
	return fclose(out) ? WEFT_EFAIL : WEFT_OK;
}

static int hold(const struct ledger *l)
{
	int rc;

	weft_log(l->host, WEFT_LOG_INFO, "held", NULL);
	rc = weft_sleep_until(l->host, WEFT_FOREVER);
	weft_log(l->host, WEFT_LOG_INFO, "cut", "by", weft_error_text(rc),
		 NULL);
	return rc;
}

static int opened(struct weft_channel *ch, void *state, void **user)
{
	(void)ch;
	*user = state;
	return WEFT_OK;
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	const struct ledger *l = user;
	uint64_t number;
	int rc = weft_unpack(msg, "[u]", &number);

	if (!rc && l->holds)
		rc = hold(l);
	if (!rc)
		rc = write_down(l, number);
	return rc ? rc : weft_send(ch, 0, "[u]", number);
}

/* --- who sends ---------------------------------------------------------------
 */

static int send_next(struct ledger *l, struct weft_channel *ch)
{
	const uint64_t next = l->acknowledged + 1;
	weft_time again = weft_now(l->host) + WEFT_SECONDS(2);
	struct weft_msg msg;
	uint64_t heard = 0;
	int rc = weft_send(ch, 0, "[u]", next);

	while (!rc && heard != next) {
		rc = weft_read_until(ch, &msg, again);
		if (!rc)
			rc = weft_unpack(&msg, "[u]", &heard);
	}
	if (rc == WEFT_ETIMEDOUT) {
		l->retries++;
		return WEFT_OK;
	}
	if (!rc)
		l->acknowledged = next;
	return rc;
}

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct ledger *l = state;
	int rc = WEFT_OK;

	(void)peer;
	l->sessions++;
	while (!rc)
		rc = send_next(l, ch);
	return rc;
}

static int sums(void *state, const char *params, size_t size,
		struct weft_text *result)
{
	const struct ledger *l = state;
	char json[128];

	(void)params;
	(void)size;
	snprintf(json, sizeof(json),
		 "{\"acknowledged\":%" PRIu64 ",\"retries\":%" PRIu64
		 ",\"sessions\":%" PRIu64 "}",
		 l->acknowledged, l->retries, l->sessions);
	return weft_text_add(result, json, strlen(json));
}

/* --- both --------------------------------------------------------------------
 */

static int start(struct weft_host *host, void **state)
{
	struct ledger *l = calloc(1, sizeof(*l));
	struct weft_protocol protocol = {
		.size = sizeof(protocol),
		.name = "ledger",
		.version = 1,
		.codes = 1,
	};
	int rc;

	if (!l)
		return WEFT_ELIMIT;
	*state = l;
	l->host = host;
	weft_option_text(host, "file", l->file, sizeof(l->file));
	weft_option_int(host, "holds", &l->holds);
	if (l->file[0]) {
		protocol.opened = opened;
		protocol.message = message;
	} else {
		protocol.run = run;
	}
	rc = weft_protocol_add(host, &protocol, l);
	return rc ? rc : weft_rpc_add(host, "ledger_sums", sums, l);
}

static const struct weft_option file = {
	.size = sizeof(file),
	.name = "file",
	.type = WEFT_OPTION_TEXT,
	.help = "where numbers are written; none: this side sends",
};
static const struct weft_option holds = {
	.size = sizeof(holds),
	.name = "holds",
	.type = WEFT_OPTION_BOOL,
	.help = "each message for ever, before it is written",
};
static const struct weft_option *const options[] = { &file, &holds, NULL };

WEFT_PLUGIN(.name = "ledger", .version = "1.0.0", .options = options,
	    .start = start, .freed = free);
