/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/unit/net/scene.h"

/* A shell that runs a script, and what it printed. */
struct shell {
	struct scene *sc;
	struct net_child *child;
	char text[2][512];
	unsigned ended;
	struct net_child_end end;
};

static void printed(void *ctx, enum net_child_stream stream,
		    const uint8_t *data, size_t len)
{
	struct shell *sh = ctx;
	size_t have = strlen(sh->text[stream]);

	cr_assert_lt(have + len, sizeof(sh->text[stream]));
	memcpy(sh->text[stream] + have, data, len);
	net_loop_stop(sh->sc->loop);
}

static void ended(void *ctx, const struct net_child_end *end)
{
	struct shell *sh = ctx;

	sh->ended++;
	sh->end = *end;
	net_loop_stop(sh->sc->loop);
}

static enum err start(struct shell *sh, struct scene *sc, const char *program,
		      const char *script, int keep, struct why *why)
{
	static const struct net_child_events events = { printed, ended };
	const char *const argv[] = { program, "-c", script, NULL };
	const char *const env[] = { "PATH=/usr/bin:/bin", "COLOUR=blue", NULL };

	*sh = (struct shell){ .sc = sc };
	return net_child_open(&sh->child, sc->loop, argv, env, keep, &events,
			      sh, why);
}

static void run(struct shell *sh, struct scene *sc, const char *script)
{
	cr_assert_eq(start(sh, sc, "/bin/sh", script, -1, NULL), ERR_NONE);
}

Test(child, is_heard_to_its_end)
{
	struct scene sc;
	struct shell sh;

	scene_open(&sc);
	run(&sh, &sc, "echo out; echo err >&2; echo $COLOUR; exit 7");
	UNTIL(&sc, sh.ended);
	cr_assert_str_eq(sh.text[NET_CHILD_OUT], "out\nblue\n");
	cr_assert_str_eq(sh.text[NET_CHILD_ERR], "err\n");
	cr_assert_eq(sh.end.status, 7);
	cr_assert_eq(sh.end.signum, 0);
	net_child_close(sh.child);
	scene_close(&sc);
	cr_assert_eq(sh.ended, 1);
	cr_assert_eq(waitpid(-1, NULL, 0), -1, "it was not reaped");
}

Test(child, has_no_input_and_starts_with_default_signals)
{
	struct scene sc;
	struct shell sh;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	scene_open(&sc);
	run(&sh, &sc, "cat; grep -E 'Sig(Blk|Ign)' /proc/self/status");
	UNTIL(&sc, sh.ended);
	cr_assert_str_eq(sh.text[NET_CHILD_OUT], "SigBlk:\t0000000000000000\n"
						 "SigIgn:\t0000000000000000\n");
	net_child_close(sh.child);
	scene_close(&sc);
}

Test(child, hears_signals)
{
	struct scene sc;
	struct shell sh;

	scene_open(&sc);
	run(&sh, &sc,
	    "trap 'echo heard; exit 3' TERM; echo up; "
	    "while :; do read x || sleep 0.01; done");
	UNTIL(&sc, sh.text[NET_CHILD_OUT][0]);
	net_child_signal(sh.child, SIGTERM);
	UNTIL(&sc, sh.ended);
	cr_assert_str_eq(sh.text[NET_CHILD_OUT], "up\nheard\n");
	cr_assert_eq(sh.end.status, 3);
	net_child_signal(sh.child, SIGTERM); /* nothing happens */
	net_child_close(sh.child);
	scene_close(&sc);
}

Test(child, tells_the_signal_that_killed_it)
{
	struct scene sc;
	struct shell sh;

	scene_open(&sc);
	run(&sh, &sc, "kill -9 $$");
	UNTIL(&sc, sh.ended);
	cr_assert_eq(sh.end.signum, SIGKILL);
	net_child_close(sh.child);
	scene_close(&sc);
}

Test(child, is_gone_when_it_is_closed)
{
	struct scene sc;
	struct shell sh;

	scene_open(&sc);
	run(&sh, &sc, "echo up; exec sleep 1000");
	UNTIL(&sc, sh.text[NET_CHILD_OUT][0]);
	net_child_close(sh.child);
	cr_assert_eq(waitpid(-1, NULL, 0), -1);
	cr_assert_eq(errno, ECHILD);
	scene_close(&sc);
	cr_assert_eq(sh.ended, 0);
}

Test(child, can_be_closed_long_after_its_end)
{
	struct scene sc;
	struct shell sh;

	scene_open(&sc);
	run(&sh, &sc, "exit 0");
	UNTIL(&sc, sh.ended);
	scene_turns(&sc, 20);
	net_child_close(sh.child);
	scene_close(&sc);
	cr_assert_eq(sh.ended, 1);
}

Test(child, says_why_there_is_none)
{
	struct why why = WHY_NONE;
	struct scene sc;
	struct shell sh;

	scene_open(&sc);
	cr_assert_eq(start(&sh, &sc, "/no/such/program", "", -1, &why),
		     ERR_SYSTEM);
	cr_assert_not_null(strstr(why.text, "/no/such/program"), "%s",
			   why.text);
	cr_assert_null(sh.child);
	cr_assert_eq(start(&sh, &sc, "/etc/passwd", "", -1, NULL), ERR_DENIED);
	cr_assert_eq(waitpid(-1, NULL, 0), -1);
	scene_close(&sc);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

Test(child, gets_one_descriptor_of_ours_at_most)
{
	char script[64];
	struct scene sc;
	struct shell sh;
	int keep[2];

	scene_open(&sc);
	cr_assert_eq(pipe2(keep, O_CLOEXEC), 0);
	snprintf(script, sizeof(script), "echo kept >&%d; ls /proc/self/fd",
		 keep[1]);
	cr_assert_eq(start(&sh, &sc, "/bin/bash", script, keep[1], NULL),
		     ERR_NONE);
	UNTIL(&sc, sh.ended);
	cr_assert_eq(read(keep[0], script, sizeof(script)), 5);
	/* The folder that is listed has one as well. */
	snprintf(script, sizeof(script), "\n%d\n", keep[1]);
	cr_assert_not_null(strstr(sh.text[NET_CHILD_OUT], script));
	cr_assert_eq(count_lines(sh.text[NET_CHILD_OUT]), 5);
	net_child_close(sh.child);
	close(keep[0]);
	close(keep[1]);
	scene_close(&sc);
}

/* The test stands above both, and is told of the grandchild's end. */
Test(child, does_not_outlive_us)
{
	int tell[2];
	pid_t owner, child;
	int status;

	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	cr_assert_eq(pipe(tell), 0);
	owner = fork();
	if (owner == 0) {
		struct scene sc;
		struct shell sh;

		scene_open(&sc);
		run(&sh, &sc, "echo up; exec sleep 1000");
		UNTIL(&sc, sh.text[NET_CHILD_OUT][0]);
		child = net_child_pid(sh.child);
		if (write(tell[1], &child, sizeof(child)) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	cr_assert_eq(read(tell[0], &child, sizeof(child)), sizeof(child));
	cr_assert_eq(waitpid(owner, &status, 0), owner);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status));
	cr_assert_eq(WTERMSIG(status), SIGKILL);
}
