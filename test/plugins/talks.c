/* SPDX-License-Identifier: Apache-2.0 */
/* TALK protocols: "shout" answers in capitals, and "who" with the id and the
 * address of whoever asks, and a '+' when its record is known. The admin method
 * talks_ask ["NODE", "PROTOCOL", "TEXT"] is what a node answers. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/plugin.h>

static int shout(void *state, const struct weft_talk_facts *who,
		 const struct weft_msg *request, struct weft_text *reply)
{
	int rc = WEFT_OK;

	(void)state;
	(void)who;
	for (size_t i = 0; i < request->size && !rc; i++) {
		char c = (char)toupper(request->payload[i]);

		rc = weft_text_add(reply, &c, 1);
	}
	return rc;
}

static int tell_who(void *state, const struct weft_talk_facts *who,
		    const struct weft_msg *request, struct weft_text *reply)
{
	char text[160];
	int n = 0;

	(void)state;
	(void)request;
	for (size_t i = 0; i < sizeof(who->id); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x",
			      who->id[i]);
	n += snprintf(text + n, sizeof(text) - (size_t)n, " %s%s", who->remote,
		      who->record[0] ? " +" : "");
	return weft_text_add(reply, text, (size_t)n);
}

static int ask(void *state, const char *params, size_t size,
	       struct weft_text *result)
{
	char node[512], protocol[64], text[1024];
	struct weft_shared *reply;
	struct weft_msg msg;
	int rc;

	(void)size;
	if (sscanf(params, "[\"%511[^\"]\",\"%63[^\"]\",\"%1023[^\"]\"]", node,
		   protocol, text) != 3)
		return WEFT_EINVAL;
	rc = weft_talk(state, node, protocol, text, strlen(text), &reply);
	if (rc)
		return rc;
	weft_text_add(result, "\"", 1);
	weft_msg_view(reply, &msg);
	weft_text_add(result, (const char *)msg.payload, msg.size);
	weft_msg_free(reply);
	return weft_text_add(result, "\"", 1);
}

static int talks_start(struct weft_host *host, void **state)
{
	static const struct weft_talk_protocol shouts = {
		.size = sizeof(shouts),
		.name = "shout",
		.fn = shout,
	};
	static const struct weft_talk_protocol tells = {
		.size = sizeof(tells),
		.name = "who",
		.fn = tell_who,
	};
	int rc = weft_talk_add(host, &shouts, NULL);

	(void)state;
	if (!rc)
		rc = weft_talk_add(host, &tells, NULL);
	return rc ? rc : weft_rpc_add(host, "talks_ask", ask, host);
}

WEFT_PLUGIN(.name = "talks", .version = "1.0.0", .start = talks_start);
