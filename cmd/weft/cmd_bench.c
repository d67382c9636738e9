/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_bench.c - how fast is it? Between this process and another that it
 * starts, or against a node that runs already. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/bench/child.h"
#include "node/bench/measure.h"
#include "node/bench/serve.h"
#include "node/parse.h"
#include "node/show.h"
#include "p2p/base/attr.h"

enum {
	ROUNDS = 5,
	ROUNDS_MAX = 99,
	SECONDS_MS = 2000,
	SECONDS_MS_MAX = 600000,
	HOLD_MS = 1000,
	COUNT = 2000,
	COUNT_REMOTE = 20, /* where the node may be somebody else's */
	COUNT_MAX = 1000000,
	PID_MAX = 4194304,
};

struct bench_options {
	bool serve;
	struct value_addr listen;
	const char *peer;
	uint64_t pid;
	const char *plugin;
	uint64_t rounds;
	uint64_t seconds_ms;
	uint64_t hold_ms;
	uint64_t count; /* 0: not given */
	bool json;
};

#define FIELD(member) offsetof(struct bench_options, member)

static const struct option_row rows[] = {
	{ .name = "peer",
	  .value = "NODE",
	  .help = "measure against this node: ping and connect against\n"
		  "any, the others if it has the bench plugin\n"
		  "(default: another process of this program)",
	  .field = FIELD(peer),
	  .read = value_text },
	{ .name = "peer-pid",
	  .value = "PID",
	  .help = "that node's process, if it runs here: count what\n"
		  "it takes",
	  .field = FIELD(pid),
	  .read = value_count,
	  .min = 1,
	  .max = PID_MAX },
	{ .name = "rounds",
	  .value = "N",
	  .help = "measure each shape so often; medians are told\n"
		  "(default 5)",
	  .field = FIELD(rounds),
	  .read = value_count,
	  .min = 1,
	  .max = ROUNDS_MAX },
	{ .name = "seconds",
	  .value = "TIME",
	  .help = "for each write, talk and ping (default 2)",
	  .field = FIELD(seconds_ms),
	  .read = value_duration,
	  .min = 1,
	  .max = SECONDS_MS_MAX },
	{ .name = "count",
	  .value = "N",
	  .help = "connections for each connect (default 2000,\n"
		  "20 against --peer)",
	  .field = FIELD(count),
	  .read = value_count,
	  .min = 1,
	  .max = COUNT_MAX },
	{ .name = "hold",
	  .value = "TIME",
	  .help = "watch idle sessions for so long (default 1)",
	  .field = FIELD(hold_ms),
	  .read = value_duration,
	  .min = 1,
	  .max = SECONDS_MS_MAX },
	{ .name = "serve",
	  .help = "be the other end: print an enode URL, and serve\n"
		  "until a signal",
	  .field = FIELD(serve),
	  .read = value_flag },
	{ .name = "listen",
	  .value = "ADDR",
	  .help = "with --serve (default 127.0.0.1:0)",
	  .field = FIELD(listen),
	  .read = value_addr },
	{ .name = "plugin",
	  .value = "PLUGIN",
	  .help = "the bench plugin, when it is not the one that came\n"
		  "with weft",
	  .field = FIELD(plugin),
	  .read = value_text },
	{ .name = "json",
	  .help = "one JSON object a line instead of text",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

/* --- the other end -----------------------------------------------------------
 */

static void told_text(void *ctx, const char *url)
{
	(void)ctx;
	printf("%s\n", url);
	fflush(stdout);
}

static void told_json(void *ctx, const char *url)
{
	json_t *o = show_json_event("serving");

	(void)ctx;
	show_json_set(o, "pid", json_integer(getpid()));
	show_json_set(o, "enode", json_string(url));
	show_json_line(stdout, o);
}

static int serve(const struct command *c, const struct bench_options *o)
{
	struct bench_serve_config config = {
		.name = weft_name,
		.plugin = o->plugin,
		.listen = o->listen.addr,
		.started = o->json ? told_json : told_text,
	};
	struct why why = WHY_NONE;

	if (!o->listen.given)
		config.listen.ip =
			(struct ip){ .family = IP_V4, .b = { 127, 0, 0, 1 } };
	return bench_serve(&config, &why) ? options_failed(c, &why) : EXIT_OK;
}

/* --- figures ---------------------------------------------------------------
 */

/* What a shape comes to, each a median over the rounds. */
enum figure {
	RATE,	     /* a second */
	MB_S,	     /* write: payload */
	OWN_US,	     /* CPU of this end, for each; idle: a second and peer */
	PEER_US,     /* of the other end */
	P50_MS,	     /* ping */
	P99_MS,	     /* ping */
	PEER_KIB,    /* idle: memory for each */
	PRIVATE_KIB, /* of that, what nobody shares */
	FIGURES,
};

static const char *const figure_names[FIGURES] = {
	[RATE] = "per_second",	     [MB_S] = "mb_per_second",
	[OWN_US] = "own_cpu_us",     [PEER_US] = "peer_cpu_us",
	[P50_MS] = "p50_ms",	     [P99_MS] = "p99_ms",
	[PEER_KIB] = "kib_per_peer", [PRIVATE_KIB] = "private_kib_per_peer",
};

struct figures {
	bool has[FIGURES];
	double value[FIGURES];
};

static void set(struct figures *f, enum figure at, double value)
{
	f->has[at] = true;
	f->value[at] = value;
}

static bool is_idle(const struct shape *shape)
{
	return shape->kind == SHAPE_IDLE || shape->kind == SHAPE_IDLE_MESSAGE;
}

static double kib_each(uint64_t full, uint64_t empty, uint64_t count)
{
	return ((double)full - (double)empty) / 1024 / (double)count;
}

static struct figures figures_of(const struct shape *shape,
				 const struct measure *m, pid_t pid)
{
	struct figures f = { 0 };
	double each = (double)(m->count ? m->count : 1);

	if (is_idle(shape)) {
		each *= m->seconds;
	} else {
		set(&f, RATE, (double)m->count / m->seconds);
		set(&f, OWN_US, m->own_cpu * 1e6 / each);
	}
	if (shape->kind == SHAPE_WRITE)
		set(&f, MB_S, (double)m->bytes / 1e6 / m->seconds);
	if (shape->kind == SHAPE_PING) {
		set(&f, P50_MS, m->p50_ms);
		set(&f, P99_MS, m->p99_ms);
	}
	if (!pid)
		return f;
	set(&f, PEER_US, m->peer_cpu * 1e6 / each);
	if (is_idle(shape) && m->count) {
		set(&f, PEER_KIB,
		    kib_each(m->full.resident, m->empty.resident, m->count));
		set(&f, PRIVATE_KIB,
		    kib_each(m->full.private_dirty, m->empty.private_dirty,
			     m->count));
	}
	return f;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct figures median_of(const struct figures *rounds, size_t count)
{
	struct figures out = rounds[0];
	double v[ROUNDS_MAX];

	for (size_t f = 0; f < FIGURES; f++) {
		for (size_t i = 0; i < count; i++)
			v[i] = rounds[i].value[f];
		qsort(v, count, sizeof(*v), compare);
		out.value[f] = v[count / 2];
	}
	return out;
}

/* --- printing ----------------------------------------------------------------
 */

static void print_json(const char *event, const struct shape *shape,
		       size_t rounds, const struct figures *f)
{
	json_t *o = show_json_event(event);
	char text[SHAPE_TEXT_MAX];

	show_json_set(o, "shape", json_string(shape_text(text, shape)));
	show_json_set(o, "rounds", json_integer((json_int_t)rounds));
	for (size_t i = 0; i < FIGURES; i++)
		if (f->has[i])
			show_json_set(o, figure_names[i],
				      json_real(f->value[i]));
	show_json_line(stdout, o);
}

static void print_head(void)
{
	printf("%-18s %12s %10s %14s %14s\n", "shape", "per second", "MB/s",
	       "CPU us, here", "CPU us, there");
}

static void cell(const struct figures *f, enum figure at, int width,
		 int decimals)
{
	if (f->has[at])
		printf(" %*.*f", width, decimals, f->value[at]);
	else
		printf(" %*s", width, "");
}

static void print_row(const struct shape *shape, const struct figures *f)
{
	char text[SHAPE_TEXT_MAX];

	printf("%-18s", shape_text(text, shape));
	cell(f, RATE, 12, 0);
	cell(f, MB_S, 10, 1);
	cell(f, OWN_US, 14, 2);
	cell(f, PEER_US, 14, 2);
	if (f->has[P50_MS])
		printf("  p50 %.3f ms, p99 %.3f ms", f->value[P50_MS],
		       f->value[P99_MS]);
	if (f->has[PEER_KIB])
		printf("  %.1f KiB a peer", f->value[PEER_KIB]);
	printf("\n");
	fflush(stdout);
}

/* On a terminal, in place of the row to come. */
static void progress(const struct bench_options *o, const struct shape *shape,
		     size_t round)
{
	char text[SHAPE_TEXT_MAX];

	if (o->json || !isatty(STDOUT_FILENO))
		return;
	printf("%-18s round %zu of %" PRIu64 "\r", shape_text(text, shape),
	       round + 1, o->rounds);
	fflush(stdout);
}

/* --- measuring ---------------------------------------------------------------
 */

/* A fresh process for each run, or the node that was named. */
static enum err measure_once(const struct bench_options *o,
			     struct measure_config *config,
			     struct measure *result, struct why *why)
{
	const char *const argv[] = { "weft",	 "bench",   "--serve",
				     "--plugin", o->plugin, NULL };
	struct child other = { 0 };
	struct why end = WHY_NONE;
	enum err rc = ERR_NONE, end_rc;

	if (!o->peer) {
		rc = child_start(&other, argv, why);
		config->node = &other.node;
		config->pid = other.pid;
	}
	if (!rc)
		rc = measure_run(result, config, why);
	end_rc = child_stop(&other, &end);
	if (!rc && end_rc) {
		rc = end_rc;
		*why = end;
	}
	return rc;
}

static enum err measure_shape(const struct bench_options *o,
			      struct measure_config *config, struct why *why)
{
	struct figures rounds[ROUNDS_MAX];
	struct figures all;
	struct measure m;
	char text[SHAPE_TEXT_MAX];

	for (size_t i = 0; i < o->rounds; i++) {
		enum err rc;

		progress(o, &config->shape, i);
		rc = measure_once(o, config, &m, why);
		if (rc)
			return err_wrap(why, rc, "%s",
					shape_text(text, &config->shape));
		rounds[i] = figures_of(&config->shape, &m, config->pid);
		if (o->json)
			print_json("round", &config->shape, i + 1, &rounds[i]);
	}
	all = median_of(rounds, o->rounds);
	if (o->json)
		print_json("result", &config->shape, o->rounds, &all);
	else
		print_row(&config->shape, &all);
	return ERR_NONE;
}

static int measure_all(const struct command *c, const struct bench_options *o,
		       const struct shapes *shapes, const struct enode *peer)
{
	struct measure_config config = {
		.node = peer,
		.pid = (pid_t)o->pid,
		.name = weft_name,
		.plugin = o->plugin,
		.ms = o->seconds_ms,
		.count = o->count  ? o->count
			 : o->peer ? COUNT_REMOTE
				   : COUNT,
		.hold_ms = o->hold_ms,
	};
	struct why why = WHY_NONE;

	if (!o->json)
		print_head();
	for (size_t i = 0; i < shapes->count; i++) {
		config.shape = shapes->list[i];
		if (measure_shape(o, &config, &why))
			return options_failed(c, &why);
	}
	return EXIT_OK;
}

static enum err read_shapes(struct shapes *out, const struct bench_options *o,
			    char **words, struct why *why)
{
	enum err rc = ERR_NONE;

	if (!*words)
		for (enum shape_kind k = 0; !rc && k < SHAPE_KINDS; k++) {
			const struct shape any = { .kind = k };

			if (!o->peer || shape_is_plain(&any))
				rc = shapes_add_kind(out, k, why);
		}
	for (; !rc && *words; words++)
		rc = shapes_add(out, *words, why);
	return rc;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct bench_options o = {
		.plugin = "bench",
		.rounds = ROUNDS,
		.seconds_ms = SECONDS_MS,
		.hold_ms = HOLD_MS,
	};
	int at = options_read(c, &o, argc, argv);
	struct shapes shapes = { 0 };
	struct why why = WHY_NONE;
	struct enode peer;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (read_shapes(&shapes, &o, argv + at, &why) ||
	    (o.peer && parse_dialable(&peer, o.peer, &why)))
		return options_usage(c, "%s", why.text);
	if (o.serve && (argv[at] || o.peer))
		return options_usage(c, "--serve takes neither shapes nor "
					"--peer");
	if (o.listen.given && !o.serve)
		return options_usage(c, "--listen goes with --serve");
	if (o.pid && !o.peer)
		return options_usage(c, "--peer-pid goes with --peer");
	return o.serve ? serve(c, &o) : measure_all(c, &o, &shapes, &peer);
}

const struct command command_bench = {
	.name = "weft bench",
	.operands = "[SHAPE...] [options]",
	.summary = "measure throughput, round trips, handshakes and memory",
	.examples =
		"  weft bench                       every shape\n"
		"  weft bench write:64 write:1M     messages of 64 B and 1 "
		"MiB\n"
		"  weft bench talk:64               foo and bar, 64 under way\n"
		"  weft bench connect:8             handshakes, 8 at a time\n"
		"  weft bench idle:1000 idle-message:1000   memory for each\n"
		"  weft bench --peer enode://...    ping and connect\n",
	.options = rows,
	.operands_min = 0,
	.operands_max = SHAPES_MAX,
	.run = run,
};
