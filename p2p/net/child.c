/* SPDX-License-Identifier: Apache-2.0 */
/* Not uv_spawn or posix_spawn: between their fork and exec nothing of ours can
 * be said, and what a child must say there is that it ends with us. A
 * descriptor of the process (pidfd) tells of its end without a signal handler,
 * and signals through it never reach another process of the same number. */
#include "p2p/net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/stream_internal.h"

struct output {
	struct net_child *child;
	enum net_child_stream stream;
	struct net_stream *from; /* NULL: at its end */
	bool done;
};

struct net_child {
	struct net_loop *loop;
	struct net_child_events events;
	void *ctx;
	pid_t pid;
	int pidfd;
	uv_poll_t poll;
	struct output outputs[2];
	struct net_child_end end;
	bool reaped;
	bool closed;
	size_t handles; /* that libuv has not let go of, and its owner */
};

/* --- the other side of fork
 * ---------------------------------------------------
 */

struct plan {
	const char *const *argv;
	const char *const *env;
	int outputs[2];
	int keep;
	int report; /* where an error of the start goes; closed by exec */
	pid_t parent;
	sigset_t signals; /* to be blocked there: what was here before */
};

/* Only what may be called between fork and exec where there are threads:
 * system calls (signal-safety(7)), no memory. Handlers of ours would run before
 * exec takes them away, so signals stay blocked until the default is
 * restored; what we ignore would be ignored there too. */
static void default_signals(const struct plan *p)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };

	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			sigaction(i, &action, NULL);
	sigprocmask(SIG_SETMASK, &p->signals, NULL);
}

static int prepare(const struct plan *p)
{
	int null = open("/dev/null", O_RDONLY);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return errno;
	/* It may have ended before it was to be told of. */
	if (getppid() != p->parent)
		_exit(1);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(p->outputs[NET_CHILD_OUT], STDOUT_FILENO) < 0 ||
	    dup2(p->outputs[NET_CHILD_ERR], STDERR_FILENO) < 0 || setpgid(0, 0))
		return errno;
	/* Not all that is ours was opened by us. */
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) ||
	    (p->keep >= 0 && fcntl(p->keep, F_SETFD, 0)))
		return errno;
	if (null > STDERR_FILENO)
		close(null);
	return 0;
}

static _Noreturn void be_child(const struct plan *p)
{
	int errnum;

	default_signals(p);
	errnum = prepare(p);
	if (!errnum) {
		execve(p->argv[0], (char *const *)p->argv,
		       (char *const *)p->env);
		errnum = errno;
	}
	if (write(p->report, &errnum, sizeof(errnum)) < 0)
		_exit(126);
	_exit(127);
}

/* The pid, or an error as libuv has them. */
static int start(struct plan *p)
{
	int report[2];
	int errnum = 0;
	sigset_t all;
	pid_t pid;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	p->report = report[1];
	p->parent = getpid();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &p->signals);
	pid = fork();
	if (pid == 0)
		be_child(p);
	errnum = pid < 0 ? errno : 0;
	pthread_sigmask(SIG_SETMASK, &p->signals, NULL);
	close(report[1]);
	if (pid > 0) {
		do
			n = read(report[0], &errnum, sizeof(errnum));
		while (n < 0 && errno == EINTR);
		if (n != sizeof(errnum))
			errnum = 0; /* exec closed it */
		else
			waitpid(pid, NULL, 0);
	}
	close(report[0]);
	return errnum ? -errnum : pid;
}

/* --- the end -----------------------------------------------------------------
 */

static void let_go(struct net_child *c)
{
	if (--c->handles == 0)
		free(c);
}

static void on_poll_closed(uv_handle_t *h)
{
	let_go(h->data);
}

static void stop_poll(struct net_child *c)
{
	if (!uv_is_closing((uv_handle_t *)&c->poll))
		uv_close((uv_handle_t *)&c->poll, on_poll_closed);
}

/* Waits, if it must: by its number, which is its own until then, since libuv
 * has made the descriptor one that does not wait. */
static void reap(struct net_child *c)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(c->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid == c->pid && WIFEXITED(status))
		c->end.status = WEXITSTATUS(status);
	else
		c->end.signum =
			WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
	c->reaped = true;
	stop_poll(c);
	close(c->pidfd);
}

static void check_end(struct net_child *c)
{
	if (c->closed || !c->reaped || !c->outputs[0].done ||
	    !c->outputs[1].done)
		return;
	c->events.ended(c->ctx, &c->end);
}

static void on_exit_of(uv_poll_t *h, int status UNUSED, int events UNUSED)
{
	struct net_child *c = h->data;

	reap(c);
	check_end(c);
}

/* --- what it prints ----------------------------------------------------------
 */

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	const struct output *o = ctx;

	if (!o->child->closed)
		o->child->events.printed(o->child->ctx, o->stream, data, len);
}

static void on_ended(void *ctx, enum err rc UNUSED)
{
	struct output *o = ctx;

	if (o->done)
		return;
	o->done = true;
	net_stream_close(o->from);
	check_end(o->child);
}

static void on_closed(void *ctx)
{
	struct output *o = ctx;

	o->from = NULL;
	let_go(o->child);
}

static void take_output(struct net_child *c, enum net_child_stream stream,
			int fd)
{
	static const struct net_stream_events events = {
		.data = on_data,
		.ended = on_ended,
		.closed = on_closed,
	};
	static const struct addr nowhere;
	struct output *o = &c->outputs[stream];
	int rc;

	o->child = c;
	o->stream = stream;
	o->from = net_stream_take(&rc, c->loop, fd, &nowhere);
	if (!o->from) {
		o->done = true; /* what it prints is lost, and it hears so */
		return;
	}
	c->handles++;
	net_stream_adopt(o->from, &events, o);
	net_stream_start(o->from);
}

/* --- opening -----------------------------------------------------------------
 */

/* Sockets rather than pipes: streams of stream.h are made of these. */
static int open_pairs(int pairs[2][2])
{
	for (size_t i = 0; i < 2; i++) {
		int type = SOCK_STREAM | SOCK_CLOEXEC;

		if (socketpair(AF_UNIX, type, 0, pairs[i])) {
			int rc = -errno;

			if (i) {
				close(pairs[0][0]);
				close(pairs[0][1]);
			}
			return rc;
		}
		/* Ours only: what is non-blocking there would surprise it. */
		(void)fcntl(pairs[i][0], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

/* A process without a descriptor for it is ended again. */
static int open_pidfd(pid_t pid)
{
	int fd = pidfd_open(pid, 0);
	int rc = -errno;

	if (fd >= 0)
		return fd;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc;
}

static int start_with(struct net_child *c, struct plan *plan)
{
	int pairs[2][2];
	int rc = open_pairs(pairs);

	if (rc)
		return rc;
	plan->outputs[0] = pairs[0][1];
	plan->outputs[1] = pairs[1][1];
	rc = start(plan);
	c->pid = rc;
	if (rc > 0)
		rc = c->pidfd = open_pidfd(c->pid);
	for (size_t i = 0; i < 2; i++) {
		close(pairs[i][1]);
		if (rc < 0)
			close(pairs[i][0]);
	}
	if (rc < 0)
		return rc;
	uv_poll_init(&c->loop->uv, &c->poll, c->pidfd);
	c->poll.data = c;
	c->handles = 2;
	uv_poll_start(&c->poll, UV_READABLE, on_exit_of);
	take_output(c, NET_CHILD_OUT, pairs[0][0]);
	take_output(c, NET_CHILD_ERR, pairs[1][0]);
	return 0;
}

enum err net_child_open(struct net_child **out, struct net_loop *loop,
			const char *const *argv, const char *const *env,
			int keep, const struct net_child_events *events,
			void *ctx, struct why *why)
{
	struct net_child *c = net_new(sizeof(*c));
	struct plan plan = { .argv = argv, .env = env, .keep = keep };
	int rc;

	*out = NULL;
	c->loop = loop;
	c->events = *events;
	c->ctx = ctx;
	rc = start_with(c, &plan);
	if (rc < 0) {
		free(c);
		return net_fail(why, rc, "start %s", argv[0]);
	}
	net_loop_hold(loop);
	*out = c;
	return ERR_NONE;
}

int net_child_pid(const struct net_child *c)
{
	return c->pid;
}

void net_child_signal(struct net_child *c, int signum)
{
	if (!c->reaped)
		(void)pidfd_send_signal(c->pidfd, signum, NULL, 0);
}

void net_child_close(struct net_child *c)
{
	if (!c || c->closed)
		return;
	c->closed = true;
	net_loop_let_go(c->loop);
	net_child_signal(c, SIGKILL);
	if (!c->reaped)
		reap(c);
	for (size_t i = 0; i < 2; i++)
		if (c->outputs[i].from && !c->outputs[i].done) {
			c->outputs[i].done = true;
			net_stream_close(c->outputs[i].from);
		}
	let_go(c);
}
