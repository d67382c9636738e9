/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/mesh.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/file.h"
#include "node/mesh/budget.h"
#include "node/mesh/crew.h"
#include "node/mesh/identity.h"
#include "node/mesh/mesh_report.h"
#include "node/mesh/tally.h"
#include "node/progress.h"
#include "p2p/crypto/rng.h"

enum {
	LOOK_MS = 20,	    /* from one look at what was carried to the next */
	WATCH_MS = 250,	    /* the same once it has formed */
	DIALS_AT_ONCE = 64, /* links on their way: no handshake waits so long
			     * for its turn that it times out */
};

enum stage {
	STARTING, /* until every node listens, or cannot */
	FORMING,
	RUNNING,
	LOOKING, /* what was carried until now? */
	STOPPING,
};

enum dial {
	DIAL_NOT_YET,
	DIAL_OUT,
	DIAL_SETTLED, /* the link was up once, or a dial failed */
};

struct mesh {
	const struct mesh_config *config;
	struct net_loop *loop;
	struct net_signal *signals[2];
	struct net_timer *look; /* every LOOK_MS */
	struct net_timer *end;	/* of the duration */
	const struct crew_kind *kind;
	struct crew *crew; /* NULL: not open, or gone */
	struct tally tally;
	enum stage stage;
	size_t ready;	     /* nodes that listen, or cannot */
	enum dial *dials;    /* of each link */
	size_t next_dial;    /* the first that was not dialed */
	size_t dialing;	     /* of those that are out */
	size_t unanswered;   /* asked in the last look of all */
	size_t progress;     /* as of then: */
	struct mono moved;   /* the last time that there was some */
	struct mono started; /* the stage, or for FORMING the first one */
	struct mesh_times times;
	struct progress shown;
	bool formed, failed, interrupted;
	char left[WHY_MAX]; /* what was left behind; "": nothing */
};

/* --- stages ------------------------------------------------------------------
 */

static void enter(struct mesh *m, enum stage stage)
{
	m->stage = stage;
	m->moved = net_loop_now(m->loop);
	if (stage != FORMING)
		m->started = m->moved;
}

static void stop(struct mesh *m)
{
	if (m->stage == STOPPING)
		return;
	if (m->stage == RUNNING)
		m->times.running_ns = mono_since_ns(mono_now(), m->started);
	enter(m, STOPPING);
	net_timer_set(m->look, MONO_NEVER);
	net_timer_set(m->end, MONO_NEVER);
	m->kind->stop(m->crew);
}

/* Of a mesh that does not do what it should. */
static void give_up(struct mesh *m)
{
	m->failed = true;
	stop(m);
}

/* The last look at what was carried; the answers end it. */
static void look_at_all(struct mesh *m)
{
	if (m->stage == RUNNING)
		m->times.running_ns = mono_since_ns(mono_now(), m->started);
	enter(m, LOOKING);
	m->unanswered = m->tally.nodes;
	for (size_t i = 0; i < m->tally.nodes && m->stage == LOOKING; i++)
		m->kind->ask(m->crew, i);
}

static void duration_over(void *ctx)
{
	look_at_all(ctx);
}

static void check_formed(struct mesh *m)
{
	if (m->stage != FORMING || !tally_all_done(&m->tally))
		return;
	m->formed = true;
	m->times.forming_ns = mono_since_ns(mono_now(), m->started);
	mesh_report_formed(m->config, &m->times);
	enter(m, RUNNING);
	net_timer_set(m->end, mono_add_ms(m->moved, m->config->duration_ms));
}

/* --- dialing -----------------------------------------------------------------
 */

static void dial_some(struct mesh *m)
{
	struct tally *t = &m->tally;

	if (m->stage != FORMING)
		return;
	while (m->next_dial < t->links && m->dialing < DIALS_AT_ONCE) {
		const struct mesh_link *l = &t->link[m->next_dial].link;

		m->dials[m->next_dial++] = DIAL_OUT;
		m->dialing++;
		m->kind->dial(m->crew, l->dialer, &t->node[l->listener].self);
	}
}

/* One that failed is tried again, but makes room for others. */
static void settle_dial(struct mesh *m, const struct tally_link *l)
{
	size_t i = (size_t)(l - m->tally.link);

	if (m->dials[i] != DIAL_OUT)
		return;
	m->dials[i] = DIAL_SETTLED;
	m->dialing--;
	dial_some(m);
}

/* --- what the crew tells -----------------------------------------------------
 */

static void one_more_ready(struct mesh *m)
{
	if (m->stage != STARTING || ++m->ready < m->tally.nodes)
		return;
	if (m->failed) {
		stop(m);
		return;
	}
	enter(m, FORMING);
	dial_some(m);
}

static void node_started(void *ctx, size_t node, const struct enode *self)
{
	struct mesh *m = ctx;

	tally_listens(&m->tally, node, self);
	one_more_ready(m);
}

/* In the beginning all may say what keeps them from it. */
static void node_failed(void *ctx, size_t node, const char *why)
{
	struct mesh *m = ctx;

	tally_node_failed(&m->tally, node, why);
	if (m->stage != STOPPING)
		tally_node_gone(&m->tally, node);
	m->failed = true;
	if (m->stage == STARTING && !m->tally.node[node].listens)
		one_more_ready(m);
	else
		stop(m);
}

static void peer_up(void *ctx, size_t node, const struct node_id *peer)
{
	struct mesh *m = ctx;
	const struct tally_link *l;
	size_t end;

	if (m->stage == STOPPING)
		return;
	tally_up(&m->tally, node, peer);
	l = tally_find(&m->tally, node, peer, &end);
	if (l && l->ends[!end].up)
		settle_dial(m, l);
	check_formed(m);
}

static void peer_down(void *ctx, size_t node, const struct node_id *peer,
		      const char *why)
{
	struct mesh *m = ctx;

	if (m->stage != STOPPING)
		tally_down(&m->tally, node, peer, why);
}

static void dial_failed(void *ctx, size_t node, const struct node_id *peer,
			const char *why)
{
	struct mesh *m = ctx;
	const struct tally_link *l;
	size_t end;

	if (m->stage == STOPPING)
		return;
	tally_dial_failed(&m->tally, node, peer, why);
	l = tally_find(&m->tally, node, peer, &end);
	if (l)
		settle_dial(m, l);
}

static uint64_t member(const json_t *info, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(info, key));

	return value > 0 ? (uint64_t)value : 0;
}

/* By its sums and not by its name, which is an option of foobar's. */
static void told(void *ctx, size_t node, const struct node_id *peer,
		 const char *protocol, const json_t *info)
{
	struct mesh *m = ctx;
	struct tally_talk talk;

	(void)protocol;
	if (m->stage == STOPPING || !json_object_get(info, "foo_in"))
		return;
	talk = (struct tally_talk){
		.foo_in = member(info, "foo_in"),
		.foo_out = member(info, "foo_out"),
		.bar_in = member(info, "bar_in"),
		.bar_out = member(info, "bar_out"),
		.round_trip_ns = member(info, "round_trip_ns"),
	};
	tally_talk(&m->tally, node, peer, &talk);
}

static void answered(void *ctx, size_t node)
{
	struct mesh *m = ctx;

	(void)node;
	check_formed(m);
	if (m->stage == LOOKING && --m->unanswered == 0)
		stop(m);
}

static void node_stopped(void *ctx, size_t node, const struct crew_sums *sums)
{
	struct mesh *m = ctx;
	struct tally_node *n = &m->tally.node[node];

	n->stopped = true;
	n->messages_in = sums->messages_in;
	n->messages_out = sums->messages_out;
	n->bytes_in = sums->bytes_in;
	n->bytes_out = sums->bytes_out;
}

static void close_all(struct mesh *m)
{
	for (size_t i = 0; i < ARRAY_LEN(m->signals); i++)
		if (m->signals[i])
			net_signal_close(m->signals[i]);
	net_timer_close(m->look);
	net_timer_close(m->end);
}

static void crew_ended(void *ctx, const char *why)
{
	struct mesh *m = ctx;

	m->crew = NULL;
	if (why)
		snprintf(m->left, sizeof(m->left), "%s", why);
	m->times.stopping_ns = mono_since_ns(mono_now(), m->started);
	close_all(m);
}

/* --- looking -----------------------------------------------------------------
 */

static void show_progress(struct mesh *m)
{
	const struct tally *t = &m->tally;
	const char *what = "";

	if (m->stage == STARTING) {
		progress_show(&m->shown, "%zu of %zu nodes ready", m->ready,
			      t->nodes);
		return;
	}
	if (m->stage != FORMING)
		what = ", running";
	else if (t->up == t->links)
		what = ", talking";
	progress_show(&m->shown, "%zu of %zu links up%s", t->up, t->links,
		      what);
}

static void say_why_not_ready(struct mesh *m)
{
	for (size_t i = 0; i < m->tally.nodes; i++)
		if (!m->tally.node[i].listens)
			tally_node_failed(&m->tally, i, "did not start");
}

static bool has_stalled(struct mesh *m)
{
	struct mono now = net_loop_now(m->loop);
	size_t progress = tally_progress(&m->tally) + m->ready;

	if (progress != m->progress || m->stage == RUNNING)
		m->moved = now;
	m->progress = progress;
	return mono_since_ms(now, m->moved) >= m->config->timeout_ms;
}

static void look_later(struct mesh *m)
{
	net_timer_set(m->look,
		      mono_add_ms(net_loop_now(m->loop),
				  m->stage == RUNNING ? WATCH_MS : LOOK_MS));
}

static void look(void *ctx)
{
	struct mesh *m = ctx;
	struct tally *t = &m->tally;

	show_progress(m);
	if (has_stalled(m)) {
		if (m->stage == STARTING)
			say_why_not_ready(m);
		give_up(m);
		return;
	}
	if (t->wants_talk && (m->stage == FORMING || m->stage == RUNNING))
		for (size_t i = 0; i < t->nodes; i++)
			if (tally_node_asks(t, i))
				m->kind->ask(m->crew, i);
	if (m->stage != STOPPING)
		look_later(m);
}

/* --- signals -----------------------------------------------------------------
 */

static void signalled(void *ctx, int signum)
{
	struct mesh *m = ctx;

	(void)signum;
	/* Processes and files of ours end with us: see lifeline.h. */
	if (m->interrupted)
		_exit(1);
	m->interrupted = true;
	if (m->stage == RUNNING)
		look_at_all(m);
	else
		give_up(m);
}

static enum err open_signals(struct mesh *m, struct why *why)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	enum err rc = ERR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(numbers) && !rc; i++)
		rc = net_signal_open(&m->signals[i], m->loop, numbers[i],
				     signalled, m, why);
	return rc;
}

/* --- the run -----------------------------------------------------------------
 */

static enum err run_crew(struct mesh *m, struct why *why)
{
	const struct mesh_config *c = m->config;
	size_t *degrees = calloc(c->nodes, sizeof(*degrees));
	struct crew_config config = {
		.loop = m->loop,
		.nodes = c->nodes,
		.seed = c->seed,
		.degrees = degrees,
		.plugins = c->plugins,
		.plugin_count = c->plugin_count,
		.log = c->log,
		.events = {
			.started = node_started,
			.failed = node_failed,
			.up = peer_up,
			.down = peer_down,
			.dial_failed = dial_failed,
			.told = told,
			.answered = answered,
			.stopped = node_stopped,
			.ended = crew_ended,
		},
		.ctx = m,
	};
	enum err rc;

	if (!degrees)
		abort();
	for (size_t i = 0; i < c->nodes; i++)
		degrees[i] = m->tally.node[i].degree;
	rc = open_signals(m, why);
	if (!rc)
		rc = m->kind->open(&m->crew, &config, why);
	if (rc)
		close_all(m);
	net_loop_run(m->loop);
	free(degrees);
	return rc;
}

static enum err run_loop(struct mesh *m, struct why *why)
{
	enum err rc = net_loop_open(&m->loop, why);

	if (rc)
		return rc;
	m->look = net_timer_open(m->loop, look, m);
	m->end = net_timer_open(m->loop, duration_over, m);
	enter(m, STARTING);
	look_later(m);
	rc = run_crew(m, why);
	net_loop_close(m->loop);
	progress_clear(&m->shown);
	return rc;
}

static bool wants_talk(const struct mesh_config *c)
{
	char name[64];

	for (size_t i = 0; i < c->plugin_count; i++)
		if (!strcmp(wanted_name(name, sizeof(name), &c->plugins[i]),
			    "foobar"))
			return true;
	return false;
}

static void init_tally(struct mesh *m)
{
	const struct mesh_config *c = m->config;
	struct node_id *ids = calloc(c->nodes, sizeof(*ids));
	struct mesh_link *links;
	struct ecc_keypair key;
	size_t count;

	if (!ids)
		abort();
	for (size_t i = 0; i < c->nodes; i++) {
		mesh_identity(&key, c->seed, i);
		ids[i] = node_id_of(&key.pub);
	}
	secret_wipe(&key, sizeof(key));
	links = topology_links_new(&count, &c->topology, c->nodes, c->seed);
	tally_init(&m->tally, &c->topology, c->nodes, ids, links, count,
		   wants_talk(c));
	m->dials = calloc(count, sizeof(*m->dials));
	if (!m->dials)
		abort();
	free(links);
	free(ids);
}

static enum err plan(struct budget_need *need, const struct mesh_config *c,
		     struct why *why)
{
	const struct budget_mesh mesh = {
		.topology = c->topology,
		.nodes = c->nodes,
		.plugins = c->plugin_count,
		.processes = c->processes,
	};
	struct budget_machine machine;
	enum err rc;

	budget_machine_read(&machine);
	rc = budget_check(&mesh, &machine, why);
	if (rc)
		return rc;
	budget_need(need, &mesh);
	return budget_raise(need->descriptors, why);
}

/* --- what came of it ---------------------------------------------------------
 */

static enum err draw(const struct mesh *m, struct why *why)
{
	struct mesh_drawing d;
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	enum err rc;

	if (!m->config->svg)
		return ERR_NONE;
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	mesh_drawing_init(&d, m->config, &m->tally);
	drawing_svg(out, &d.drawing);
	mesh_drawing_clear(&d);
	if (fclose(out))
		abort();
	rc = file_save(m->config->svg, span_of(text, len), why);
	free(text);
	return rc;
}

static enum err verdict(const struct mesh *m, struct why *why)
{
	const struct tally *t = &m->tally;
	struct tally_sums s;

	tally_sum(&s, t);
	if (m->interrupted && !m->formed)
		return err_fail(why, ERR_CLOSED, "interrupted");
	if (s.nodes_failed || s.links_failed)
		return err_fail(why, ERR_TIMEOUT,
				"%zu of %zu nodes and %zu of %zu links failed",
				s.nodes_failed, t->nodes, s.links_failed,
				t->links);
	if (m->left[0])
		return err_fail(why, ERR_SYSTEM, "%s", m->left);
	if (t->strangers)
		return err_fail(why, ERR_EXISTS,
				"there were sessions that no link is for");
	if (m->failed)
		return err_fail(why, ERR_TIMEOUT, "a node did not answer");
	return ERR_NONE;
}

/* The drawing last: that it cannot be written is no fault of the mesh's. */
static enum err tell(const struct mesh *m, struct why *why)
{
	struct why drawn = WHY_NONE;
	enum err rc = verdict(m, why);
	enum err drawing;

	mesh_report_end(m->config, &m->tally, &m->times, !rc);
	drawing = draw(m, &drawn);
	if (rc || !drawing)
		return rc;
	*why = drawn;
	return drawing;
}

enum err mesh_run(const struct mesh_config *config, struct why *why)
{
	struct mesh m = {
		.config = config,
		.kind = config->processes ? &crew_apart : &crew_here,
	};
	struct budget_need need;
	enum err rc;

	crypto_init();
	rc = plan(&need, config, why);
	if (!rc && config->svg)
		rc = file_check(config->svg, why);
	if (rc)
		return rc;
	init_tally(&m);
	mesh_report_plan(config, m.tally.links, &need);
	rc = run_loop(&m, why);
	if (!rc)
		rc = tell(&m, why);
	tally_clear(&m.tally);
	free(m.dials);
	return rc;
}
