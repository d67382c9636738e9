/* SPDX-License-Identifier: Apache-2.0 */
#include "node/explore/explore.h"

#include <signal.h>
#include <stdlib.h>

#include "node/nodekey.h"
#include "p2p/net/work.h"

static const int signums[] = { SIGINT, SIGTERM, SIGHUP };

struct explore {
	const struct explore_config *config;
	struct net_loop *loop;
	struct finder *finder;
	struct net_timer *timer, *deadline;
	struct net_signal *signals[ARRAY_LEN(signums)];

	/* The bootnodes, then the node; `known` of them have an address. */
	struct contact *contacts;
	struct reach reach;
	size_t count, known;
	struct net_resolve *lookup; /* of the next one's name */

	bool begun, over;
	enum err rc;
};

static const struct bootnode *named(const struct explore *e, size_t i)
{
	return i < e->config->bootnode_count ? &e->config->bootnodes[i]
					     : e->config->node;
}

/* --- the end -------------------------------------------------------------- */

static void close_all(struct explore *e)
{
	if (e->finder)
		finder_close(e->finder);
	if (e->lookup)
		net_resolve_close(e->lookup);
	e->lookup = NULL;
	net_timer_close(e->timer);
	net_timer_close(e->deadline);
	for (size_t i = 0; i < ARRAY_LEN(signums); i++)
		if (e->signals[i])
			net_signal_close(e->signals[i]);
}

void explore_end(struct explore *e)
{
	if (e->over)
		return;
	e->over = true;
	close_all(e);
}

static void fail(struct explore *e, enum err rc, const struct why *why)
{
	if (e->over)
		return;
	explore_end(e);
	e->rc = rc;
	e->config->failed(e->config->ctx, why);
}

/* --- discovery -------------------------------------------------------------
 */

static void on_event(void *ctx, const struct discover_event *ev)
{
	struct explore *e = ctx;

	if (!e->over)
		e->config->event(e->config->ctx, e, ev);
}

static void on_closed(void *ctx)
{
	struct explore *e = ctx;

	e->finder = NULL;
}

static enum err open_finder(struct explore *e, struct why *why)
{
	const struct explore_config *c = e->config;

	return finder_open(&e->finder,
			   &(struct finder_config){
				   .loop = e->loop,
				   .versions = c->versions,
				   .listen = c->listen,
				   .restrict_to = c->restrict_to,
				   .bootnodes = e->contacts,
				   .bootnode_count = c->bootnode_count,
				   .event = on_event,
				   .closed = on_closed,
				   .ctx = e,
			   },
			   why);
}

static void start_finder(struct explore *e)
{
	struct ecc_keypair key;

	if (e->config->key) {
		finder_start(e->finder, e->config->key, 0, NULL);
		return;
	}
	nodekey_make(&key);
	finder_start(e->finder, &key, 0, NULL);
	secret_wipe(&key, sizeof(key));
}

static void begin(struct explore *e)
{
	struct why why = WHY_NONE;
	struct mono due = MONO_NEVER;
	enum err rc = open_finder(e, &why);

	if (rc) {
		fail(e, rc, &why);
		return;
	}
	start_finder(e);
	e->begun = true;
	if (e->config->timeout_ms)
		due = mono_add_ms(explore_now(e), e->config->timeout_ms);
	net_timer_set(e->deadline, due);
	e->config->begun(e->config->ctx, e);
}

/* --- names ---------------------------------------------------------------- */

static void look_up_next(struct explore *e);

static void found(void *ctx, enum err rc, const struct ip *ips, size_t count,
		  const struct why *why)
{
	struct explore *e = ctx;
	const struct bootnode *b = named(e, e->known);
	struct why reason = WHY_NONE;

	/* What is lent here ends with the lookup. */
	if (rc)
		reason = *why;
	else if (!bootnode_named(&e->contacts[e->known], b, ips, count,
				 &e->reach))
		rc = err_fail(&reason, ERR_UNSUPPORTED,
			      "%s: an address that nobody has", b->node.host);
	net_resolve_close(e->lookup);
	e->lookup = NULL;
	if (rc) {
		fail(e, rc, &reason);
		return;
	}
	e->known++;
	look_up_next(e);
}

static void look_up_next(struct explore *e)
{
	for (; e->known < e->count; e->known++) {
		const struct bootnode *b = named(e, e->known);
		struct contact *c = &e->contacts[e->known];

		if (bootnode_contact(c, b, &e->reach))
			continue;
		*c = (struct contact){ .pub = b->node.pub, .id = b->node.id };
		if (!b->node.host[0])
			continue;
		e->lookup = net_resolve_open(e->loop, b->node.host, found, e);
		net_timer_set(e->deadline,
			      mono_add_ms(explore_now(e), EXPLORE_NAME_MS));
		return;
	}
	begin(e);
}

/* --- time and signals ------------------------------------------------------
 */

static void on_deadline(void *ctx)
{
	struct explore *e = ctx;
	struct why why = WHY_NONE;
	enum err rc;

	if (e->over)
		return;
	if (!e->lookup) {
		e->config->timeout(e->config->ctx, e);
		return;
	}
	rc = err_fail(&why, ERR_TIMEOUT, "%s: not looked up within %d s",
		      named(e, e->known)->node.host, EXPLORE_NAME_MS / 1000);
	fail(e, rc, &why);
}

/* The first one begins. */
static void on_timer(void *ctx)
{
	struct explore *e = ctx;

	if (e->over)
		return;
	if (e->begun)
		e->config->timer(e->config->ctx, e);
	else
		look_up_next(e);
}

static void on_signal(void *ctx, int signum)
{
	struct explore *e = ctx;

	(void)signum;
	if (e->over)
		return;
	if (e->begun) {
		e->config->interrupted(e->config->ctx, e);
		return;
	}
	e->rc = ERR_CLOSED;
	explore_end(e);
}

/* As nohup(1) has it, which is to let us outlive the terminal. */
static bool is_ignored(int signum)
{
	struct sigaction old;

	return signum == SIGHUP && !sigaction(signum, NULL, &old) &&
	       old.sa_handler == SIG_IGN;
}

static void open_signals(struct explore *e)
{
	struct why why = WHY_NONE;
	enum err rc = ERR_NONE;

	for (size_t i = 0; !rc && i < ARRAY_LEN(signums); i++)
		if (!is_ignored(signums[i]))
			rc = net_signal_open(&e->signals[i], e->loop,
					     signums[i], on_signal, e, &why);
	if (rc)
		fail(e, rc, &why);
}

/* -------------------------------------------------------------------------- */

enum err explore_run(const struct explore_config *config)
{
	struct explore e = { .config = config };
	struct why why = WHY_NONE;
	enum err rc = net_loop_open(&e.loop, &why);

	if (rc) {
		config->failed(config->ctx, &why);
		return rc;
	}
	finder_reach(&e.reach, &config->listen, config->restrict_to);
	e.count = config->bootnode_count + (config->node != NULL);
	e.contacts = calloc(e.count + 1, sizeof(*e.contacts));
	if (!e.contacts)
		abort();
	e.timer = net_timer_open(e.loop, on_timer, &e);
	e.deadline = net_timer_open(e.loop, on_deadline, &e);
	net_timer_set(e.timer, net_loop_now(e.loop));
	if (config->interrupted)
		open_signals(&e);
	net_loop_run(e.loop);
	net_loop_close(e.loop);
	free(e.contacts);
	return e.rc;
}

struct discovery *explore_discovery(const struct explore *e)
{
	return finder_discovery(e->finder);
}

void explore_wake(struct explore *e)
{
	finder_wake(e->finder);
}

struct addr explore_addr(const struct explore *e)
{
	return finder_addr(e->finder);
}

const struct contact *explore_bootnode(const struct explore *e, size_t i)
{
	return &e->contacts[i];
}

const struct contact *explore_node(const struct explore *e)
{
	return &e->contacts[e->config->bootnode_count];
}

struct mono explore_now(const struct explore *e)
{
	return net_loop_now(e->loop);
}

void explore_set_timer(struct explore *e, struct mono at)
{
	net_timer_set(e->timer, at);
}
