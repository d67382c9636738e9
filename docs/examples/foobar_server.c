/* SPDX-License-Identifier: Apache-2.0 */
/* foobar_server - a devp2p node in a program of one's own: a server called "my
 * node" on port 30300 that speaks MyProtocol/1, whose only message, code 0,
 * carries one text, and in which "foo" is answered with "bar".
 *
 *     cc foobar_server.c $(pkg-config --cflags --libs weft)
 *     ./a.out [IP:PORT] */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <weft/server.h>

enum {
	MESSAGE_ID = 0
};

/* One call of this per peer, each in a fiber of its own. */
static int talk(struct weft_peer *peer, struct weft_channel *ch, void *host)
{
	struct weft_msg msg;
	char *text;
	int rc;

	(void)peer;
	while ((rc = weft_read(ch, &msg)) == 0) {
		rc = weft_unpack(&msg, "[s]", &text);
		if (rc)
			return rc;
		if (strcmp(text, "foo") == 0)
			rc = weft_send(ch, MESSAGE_ID, "[s]", "bar");
		else
			weft_log(host, WEFT_LOG_INFO, "received", "text", text,
				 NULL);
		if (rc)
			return rc;
	}
	return rc;
}

static const struct weft_protocol my_protocol = {
	.size = sizeof(my_protocol),
	.name = "MyProtocol",
	.version = 1,
	.codes = 1, /* message codes used, from 0 */
	.run = talk,
};

static void wait_for_ctrl_c(void)
{
	sigset_t signals;
	int signal;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	sigwait(&signals, &signal);
}

int main(int argc, char **argv)
{
	const struct weft_server_config config = {
		.size = sizeof(config),
		.name = "my node",
		.listen = argc > 1 ? argv[1] : ":30300",
		.max_peers = 10,
		.log_level = WEFT_LOG_INFO,
	};
	struct weft_server *server = NULL;
	struct weft_host *host;
	char why[WEFT_WHY];
	int rc;

	rc = weft_server_open(&server, &config, why);
	if (!rc) {
		host = weft_server_host(server);
		rc = weft_protocol_add(host, &my_protocol, host);
		snprintf(why, sizeof(why), "%s", weft_error_text(rc));
	}
	if (!rc)
		rc = weft_server_start(server, why);
	if (!rc) {
		printf("%s\n", weft_server_enode(server));
		fflush(stdout);
		wait_for_ctrl_c();
	} else {
		fprintf(stderr, "foobar_server: %s\n", why);
	}
	weft_server_close(server);
	return rc != 0;
}
