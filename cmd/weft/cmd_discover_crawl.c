/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover crawl: who is there? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/weft/cmd_discover.h"
#include "cmd/weft/discover_options.h"
#include "node/explore/crawl.h"
#include "node/file.h"
#include "node/progress.h"
#include "p2p/crypto/hashtable.h"
#include "p2p/crypto/rng.h"

enum {
	DURATION_MS = 30 * 60 * 1000,
	PARALLEL = 16,
	SAVE_MS = 60 * 1000,
	WALKERS = 2,	    /* random lookups at a time */
	STEP_MS = 250,	    /* from one to the next of a walker, at least */
	GIVE_UP_MS = 10000, /* while nobody answers at all */
	SEEDS = 30,
	NS_PER_S = 1000000000,
};

struct crawl_options {
	struct discover_options common;
	uint64_t duration_ms; /* 0: until it is interrupted */
	uint64_t parallel;
	uint64_t save_ms; /* 0: at the end alone */
};

struct asked {
	uint32_t request; /* 0: free */
	struct node_id id;
};

struct walker {
	uint32_t request; /* 0: rests */
	struct mono next;
};

struct crawling {
	struct discover_session session;
	const struct crawl_options *options;
	const char *file; /* NULL: standard output */
	struct nodeset set;
	struct crawl crawl;
	struct reach reach;
	struct asked asked[CRAWL_PARALLEL_MAX];
	struct walker walkers[WALKERS];
	struct mono began;
	struct mono save_due;
	uint64_t saved;	 /* as of so many checks */
	bool told_of_it; /* that it could not be saved */
	bool is_ready;
	bool is_somebody_there; /* someone has answered anything */
	struct progress progress;
};

static uint64_t unix_now(void)
{
	return (uint64_t)time(NULL);
}

/* --- what is told ----------------------------------------------------------
 */

static uint64_t checks(const struct crawling *w)
{
	return w->crawl.counts.answered + w->crawl.counts.dead;
}

static double per_second(const struct crawling *w, uint64_t ns)
{
	return ns ? (double)checks(w) * NS_PER_S / (double)ns : 0;
}

/* On a terminal. */
static void show_status(struct crawling *w, const struct explore *e)
{
	uint64_t ns = mono_since_ns(explore_now(e), w->began);
	char end[32] = "";

	if (w->options->duration_ms)
		snprintf(end, sizeof(end), " of %" PRIu64,
			 w->options->duration_ms / 1000);
	progress_show(&w->progress,
		      "%zu nodes; %" PRIu64 " answered, %" PRIu64
		      " dead, %.1f a second, %zu wait; %" PRIu64 "%s s",
		      nodeset_count(&w->set), w->crawl.counts.answered,
		      w->crawl.counts.dead, per_second(w, ns),
		      w->crawl.waiting_count, ns / NS_PER_S, end);
}

static void sum_text(const struct crawling *w, uint64_t ns)
{
	const struct crawl_counts *n = &w->crawl.counts;
	FILE *out = w->file ? stdout : stderr;

	fprintf(out,
		"%s: %zu in the set, %" PRIu64 " of them new, %" PRIu64
		" gone\n"
		"%" PRIu64 " answered, %" PRIu64 " did not, %.1f a second\n",
		w->file ? w->file : "found", nodeset_count(&w->set), n->added,
		n->removed, n->answered, n->dead, per_second(w, ns));
}

static void sum_json(const struct crawling *w, uint64_t ns)
{
	const struct crawl_counts *n = &w->crawl.counts;
	json_t *o = show_json_event("crawled");

	show_json_set(o, "file", show_json_own(w->file));
	show_json_set(o, "version",
		      json_string(discover_version_name(w->session.version)));
	show_json_set(o, "nodes",
		      json_integer((json_int_t)nodeset_count(&w->set)));
	show_json_set(o, "added", json_integer((json_int_t)n->added));
	show_json_set(o, "removed", json_integer((json_int_t)n->removed));
	show_json_set(o, "answered", json_integer((json_int_t)n->answered));
	show_json_set(o, "dead", json_integer((json_int_t)n->dead));
	show_json_set(o, "ms", discover_json_ms(ns));
	show_json_line(stdout, o);
}

/* A pipe wants the set alone. */
static void tell_sum(const struct crawling *w, const struct explore *e)
{
	uint64_t ns = mono_since_ns(explore_now(e), w->began);

	if (w->session.options->json)
		sum_json(w, ns);
	else if (w->file || isatty(STDERR_FILENO))
		sum_text(w, ns);
}

/* --- the end ---------------------------------------------------------------
 */

static void nobody(struct crawling *w)
{
	discover_fail(&w->session,
		      "no node answers%s; check the addresses, or try --%s",
		      w->file ? ", so the file stays as it was" : "",
		      w->session.version == DISCOVER_V5 ? "v4" : "v5");
}

/* Asked, and in vain: then it is rather us who are cut off, or a wrong address,
 * and no reason to forget anybody. */
static bool is_alone(const struct crawling *w)
{
	return !w->is_somebody_there &&
	       (w->crawl.counts.dead || w->crawl.asked_count);
}

static void plan_save(struct crawling *w, const struct explore *e)
{
	w->save_due = MONO_NEVER;
	if (w->options->save_ms && w->file && file_is_replaced(w->file))
		w->save_due = mono_add_ms(explore_now(e), w->options->save_ms);
}

/* So that a crawl whose end nobody hears of was not in vain. What cannot be
 * written now may be at the end. */
static void save_if_due(struct crawling *w, const struct explore *e)
{
	struct why why = WHY_NONE;

	if (mono_before(explore_now(e), w->save_due))
		return;
	plan_save(w, e);
	if (w->saved == checks(w) || is_alone(w))
		return;
	if (!nodeset_save(w->file, &w->set, &why)) {
		w->saved = checks(w);
	} else if (!w->told_of_it) {
		w->told_of_it = true;
		progress_clear(&w->progress);
		fprintf(stderr, "%s: %s; it goes on, and tries again\n",
			w->session.command->name, why.text);
	}
}

static void finish(void *ctx, struct explore *e)
{
	struct crawling *w = ctx;
	struct why why = WHY_NONE;

	progress_clear(&w->progress);
	if (is_alone(w)) {
		nobody(w);
	} else if (nodeset_save(w->file ? w->file : "-", &w->set, &why)) {
		discover_fail(&w->session, "%s", why.text);
	} else {
		tell_sum(w, e);
		w->session.status = EXIT_OK;
	}
	explore_end(e);
}

static bool has_lasted(const struct crawling *w, const struct explore *e,
		       uint64_t ms)
{
	return !mono_before(explore_now(e), mono_add_ms(w->began, ms));
}

static bool is_over(const struct crawling *w, const struct explore *e)
{
	uint64_t limit = w->options->duration_ms;

	/* "Honoured once the input set has been revalidated." */
	if (!crawl_is_fresh(&w->crawl))
		return false;
	if (limit && has_lasted(w, e, limit))
		return true;
	return is_alone(w) && w->is_ready && !w->crawl.asked_count &&
	       !w->crawl.waiting_count && has_lasted(w, e, GIVE_UP_MS);
}

/* --- asking ----------------------------------------------------------------
 */

static struct asked *find_asked(struct crawling *w, uint32_t request)
{
	for (size_t i = 0; i < CRAWL_PARALLEL_MAX; i++)
		if (w->asked[i].request == request)
			return &w->asked[i];
	return NULL;
}

static void ask_more(struct crawling *w, struct explore *e)
{
	struct contact next;

	while (crawl_next(&w->crawl, &next, unix_now())) {
		struct asked *a = find_asked(w, 0);

		a->id = next.id;
		a->request = discovery_request_record(
			explore_discovery(e), w->session.version, &next);
		if (!a->request)
			crawl_failed(&w->crawl, &next.id, unix_now());
	}
	explore_wake(e);
}

static void got_record(struct crawling *w, const struct discover_event *ev)
{
	struct asked *a = ev->request ? find_asked(w, ev->request) : NULL;

	if (!a)
		return;
	a->request = 0;
	w->is_somebody_there |= ev->err != ERR_TIMEOUT;
	if (ev->err)
		crawl_failed(&w->crawl, &a->id, unix_now());
	else
		crawl_answered(&w->crawl, &ev->node.record, unix_now());
}

/* --- the walk --------------------------------------------------------------
 */

static void walk(struct crawling *w, struct explore *e)
{
	struct mono now = explore_now(e);

	for (size_t i = 0; w->is_ready && i < WALKERS; i++) {
		struct walker *walker = &w->walkers[i];
		struct ecc_pub anywhere;

		if (walker->request || mono_before(now, walker->next))
			continue;
		rng_bytes(anywhere.b, sizeof(anywhere.b));
		walker->request = discovery_lookup(
			explore_discovery(e), w->session.version, &anywhere);
		walker->next = mono_add_ms(now, STEP_MS);
	}
	explore_wake(e);
}

static void walked(struct crawling *w, uint32_t request)
{
	for (size_t i = 0; request && i < WALKERS; i++)
		if (w->walkers[i].request == request)
			w->walkers[i].request = 0;
}

/* Nodes of earlier crawls help those that begin where the others did. */
static void sow(struct crawling *w, struct explore *e)
{
	size_t count = nodeset_count(&w->set), i = 0;
	size_t skip =
		count > SEEDS ? rng_below((uint32_t)(count - SEEDS + 1)) : 0;
	struct nodeset_node *node = NULL;

	while ((node = nodeset_next(&w->set, node)) && i < skip + SEEDS) {
		struct contact c;

		if (i++ >= skip &&
		    contact_of_record(&c, &node->record, &w->reach))
			discovery_seed(explore_discovery(e), w->session.version,
				       &c, UINT64_MAX, explore_now(e));
	}
}

/* --- the run ---------------------------------------------------------------
 */

static void step(void *ctx, struct explore *e)
{
	struct crawling *w = ctx;

	if (is_over(w, e)) {
		finish(w, e);
		return;
	}
	ask_more(w, e);
	walk(w, e);
	save_if_due(w, e);
	show_status(w, e);
	explore_set_timer(e, mono_add_ms(explore_now(e), STEP_MS));
}

static void begun(void *ctx, struct explore *e)
{
	struct crawling *w = ctx;

	w->began = explore_now(e);
	plan_save(w, e);
	for (size_t i = 0; i < w->session.options->bootnode_count; i++)
		crawl_meet(&w->crawl, explore_bootnode(e, i), unix_now());
	step(w, e);
}

static void event(void *ctx, struct explore *e, const struct discover_event *ev)
{
	struct crawling *w = ctx;

	if (ev->type == DISCOVER_SEEN || ev->type == DISCOVER_LIVE)
		w->is_somebody_there = true;
	if (ev->type == DISCOVER_SEEN || ev->type == DISCOVER_LIVE)
		crawl_meet(&w->crawl, &ev->node, unix_now());
	else if (ev->type == DISCOVER_SEEDS)
		sow(w, e);
	else if (ev->type == DISCOVER_READY)
		w->is_ready = true;
	else if (ev->type == DISCOVER_RECORD)
		got_record(w, ev);
	else if (ev->type == DISCOVER_FOUND)
		walked(w, ev->request);
	else
		return;
	ask_more(w, e);
}

/* Only what can be written at the end is begun. Returns an exit status. */
static int load(struct crawling *w)
{
	struct why why = WHY_NONE;
	enum err rc;

	if (!w->file)
		return EXIT_OK;
	rc = nodeset_load(&w->set, w->file, &why);
	if (!rc || rc == ERR_NOT_FOUND)
		rc = file_check(w->file, &why);
	return rc ? options_failed(w->session.command, &why) : EXIT_OK;
}

static int crawl(struct crawling *w)
{
	const struct discover_options *o = &w->options->common;
	int status = load(w);

	if (status)
		return status;
	if (!o->bootnode_count && !nodeset_count(&w->set))
		return options_usage(w->session.command,
				     "where to begin? Give --bootnode NODE, or "
				     "a FILE with nodes");
	w->session.version =
		discover_version_of(o, NULL, nodeset_count(&w->set) > 0);
	finder_reach(&w->reach, &o->listen.addr, &o->restrict_to);
	crawl_init(&w->crawl, &w->set, w->options->parallel, &w->reach);
	status = discover_run(&w->session, &(struct explore_config){
						   .begun = begun,
						   .event = event,
						   .timer = step,
						   .interrupted = finish,
					   });
	crawl_clear(&w->crawl);
	return status;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct crawl_options o = {
		.duration_ms = DURATION_MS,
		.parallel = PARALLEL,
		.save_ms = SAVE_MS,
	};
	int at = options_read(c, &o, argc, argv);
	struct crawling w = { .options = &o };
	int status;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (discover_check_version(c, &o.common))
		return EXIT_USAGE;
	if (at < argc && strcmp(argv[at], "-"))
		w.file = argv[at];
	if (o.common.json && !w.file)
		return options_usage(c, "--json: where does the set go? Give a "
					"FILE");
	hashtable_init();
	w.session.command = c;
	w.session.options = &o.common;
	status = crawl(&w);
	nodeset_clear(&w.set);
	return status;
}

#define FIELD(member) offsetof(struct crawl_options, member)

static const struct option_row rows[] = {
	DISCOVER_ROW_BOOTNODE,
	DISCOVER_ROW_V4("by Discovery v4 (default if a bootnode is an enode\n"
			"URL)"),
	DISCOVER_ROW_V5("by Discovery v5 (default if all are records)"),
	{ .name = "duration",
	  .value = "TIME",
	  .help = "so long (default 30m; 0: until Ctrl-C), and longer\n"
		  "while nodes of FILE are still to be asked",
	  .field = FIELD(duration_ms),
	  .read = value_duration,
	  .max = DISCOVER_TIME_MS_MAX },
	{ .name = "parallel",
	  .value = "N",
	  .help = "ask so many nodes at a time (default 16)",
	  .field = FIELD(parallel),
	  .read = value_count,
	  .min = 1,
	  .max = CRAWL_PARALLEL_MAX },
	{ .name = "save",
	  .value = "TIME",
	  .help = "write FILE so often, and at the end (default 1m; 0: at\n"
		  "the end alone)",
	  .field = FIELD(save_ms),
	  .read = value_duration,
	  .max = DISCOVER_TIME_MS_MAX },
	DISCOVER_ROWS_KEY,
	DISCOVER_ROW_LISTEN,
	DISCOVER_ROW_NETRESTRICT,
	{ .name = "json",
	  .help = "tell what was done as a JSON object",
	  .field = DISCOVER_FIELD(json),
	  .read = value_flag },
	{ 0 },
};

const struct command command_discover_crawl = {
	.name = "weft discover crawl",
	.operands = "[FILE|-] [options]",
	.summary = "ask all nodes of a network for their records",
	.examples = "  weft discover crawl nodes.json --duration 10m \\\n"
		    "      --bootnode enr:-KG4QOtc...\n"
		    "  weft discover crawl nodes.json       go on with it\n"
		    "  weft discover crawl --v4 --bootnode enode://... |\n"
		    "      weft discover nodes info -\n",
	.options = rows,
	.operands_max = 1,
	.run = run,
};
