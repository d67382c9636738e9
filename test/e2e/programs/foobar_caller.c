/* SPDX-License-Identifier: Apache-2.0 */
/* foobar_caller ENODE - dial a server that speaks MyProtocol/1, say "foo" to
 * it, print what it answers, and end. Built on libweft, as the server it calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <weft/server.h>

struct call {
	struct weft_server *server;
	int rc;
};

static int talk(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct call *call = state;
	struct weft_msg msg;
	char *text = NULL;
	int rc;

	(void)peer;
	/* Anything but "foo" is not answered. */
	rc = weft_send(ch, 0, "[s]", "hello\nthere");
	if (!rc)
		rc = weft_send(ch, 0, "[s]", "foo");
	if (!rc)
		rc = weft_read(ch, &msg);
	if (!rc)
		rc = weft_unpack(&msg, "[s]", &text);
	if (!rc)
		printf("%s\n", text);
	call->rc = rc;
	weft_server_stop(call->server);
	return rc;
}

int main(int argc, char **argv)
{
	const char *nodes[] = { argc > 1 ? argv[1] : "", NULL };
	const struct weft_server_config config = {
		.size = sizeof(config),
		.name = "caller",
		.static_nodes = nodes,
	};
	const struct weft_protocol protocol = {
		.size = sizeof(protocol),
		.name = "MyProtocol",
		.version = 1,
		.codes = 1,
		.run = talk,
	};
	struct call call = { .rc = WEFT_EFAIL };
	char why[WEFT_WHY] = "";

	if (weft_server_open(&call.server, &config, why) ||
	    weft_protocol_add(weft_server_host(call.server), &protocol,
			      &call) ||
	    weft_server_run(call.server, why))
		fprintf(stderr, "foobar_caller: %s\n", why);
	weft_server_close(call.server);
	return call.rc != 0;
}
