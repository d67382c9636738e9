/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/memory.h"

#include <stdlib.h>
#include <time.h>

#include "p2p/crypto/drbg.h"
#include "p2p/crypto/rng.h"
#include "p2p/net/later.h"
#include "p2p/net/work.h"
#include "p2p/nodedb/nodedb.h"

struct memory {
	struct net_loop *loop;
	unsigned write_ms;
	const struct log *log;
	struct discovery *discovery; /* NULL: not started, or closing */
	struct known *known;
	struct nodedb *db; /* NULL: in memory only */
	struct drbg random;
	struct net_timer *write_timer, *expire_timer;
	struct net_later *end; /* when there is nothing to write at last */
	bool is_waiting;       /* for the write timer */
	bool is_failing;       /* the last write did, and it was told */

	/* Being written, by another thread. */
	struct known_batch *batch;
	enum err rc; /* how that went */
	struct why why;

	void (*closed)(void *ctx); /* NULL: not closing */
	void *ctx;
};

static uint64_t unix_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec;
}

static void tell_failure(struct memory *m, const struct why *why)
{
	if (!m->is_failing)
		log_event(m->log, LOG_WARN, "nodes",
			  "what is known of other nodes cannot be kept; it "
			  "is tried again",
			  LOG_TEXT("why", why->text));
	m->is_failing = true;
}

static void tell_success(struct memory *m)
{
	if (m->is_failing)
		log_event(m->log, LOG_INFO, "nodes",
			  "what is known of other nodes is kept again");
	m->is_failing = false;
}

/* --- writing ----------------------------------------------------------------
 */

static void run(void *arg)
{
	struct memory *m = arg;

	m->rc = nodedb_write(m->db, m->batch, &m->why);
}

static void is_over(struct memory *m)
{
	net_later_ask(m->end);
}

static uint64_t wanted_seq(const struct memory *m)
{
	return m->db && m->discovery
		       ? local_wants(discovery_local(m->discovery))
		       : 0;
}

/* What there is, unless a write is under way: then again after that. */
static void done(void *arg);

static void write_now(struct memory *m)
{
	uint64_t seq = wanted_seq(m);

	if (m->batch)
		return;
	m->batch = known_collect(m->known, seq);
	if (m->batch)
		net_work_apart(m->loop, run, done, m);
	else if (m->closed)
		is_over(m);
}

static void done(void *arg)
{
	struct memory *m = arg;
	bool was_full = m->batch->count == KNOWN_BATCH;
	uint64_t seq = m->batch->seq;

	known_written(m->known, m->batch, m->rc);
	m->batch = NULL;
	if (m->rc)
		tell_failure(m, &m->why);
	else
		tell_success(m);
	if (!m->rc && seq && m->discovery)
		local_stored(discovery_local(m->discovery), seq);
	if (m->closed && m->rc)
		is_over(m);
	else if (m->closed || (was_full && !m->rc))
		write_now(m);
	else
		memory_look(m);
}

static void on_write(void *ctx)
{
	struct memory *m = ctx;

	m->is_waiting = false;
	write_now(m);
}

void memory_look(struct memory *m)
{
	if (!m->db || m->batch || m->is_waiting || m->closed)
		return;
	if (!known_has_changes(m->known) && !wanted_seq(m))
		return;
	m->is_waiting = true;
	net_timer_set(m->write_timer,
		      mono_add_ms(net_loop_now(m->loop), m->write_ms));
}

/* --- events -----------------------------------------------------------------
 */

static struct known_contact known_of(const struct contact *c)
{
	return (struct known_contact){
		.pub = c->pub,
		.id = c->id,
		.udp = c->udp,
		.tcp = c->tcp,
		.record = c->record,
	};
}

static struct contact contact_of(const struct known_contact *c)
{
	return (struct contact){
		.pub = c->pub,
		.id = c->id,
		.udp = c->udp,
		.tcp = c->tcp,
		.record = c->record,
	};
}

static void give_seeds(struct memory *m, enum discover_version version,
		       uint64_t unix_s)
{
	struct known_node seeds[KNOWN_SEEDS];
	size_t n =
		known_seeds(m->known, seeds,
			    version == DISCOVER_V5 ? KNOWN_RECORD : KNOWN_ANY,
			    &m->random, unix_s);

	for (size_t i = 0; i < n; i++) {
		struct contact c = contact_of(&seeds[i].contact);
		uint64_t pong = seeds[i].pong;

		discovery_seed(m->discovery, version, &c,
			       unix_s > pong ? (unix_s - pong) * 1000 : 0,
			       net_loop_now(m->loop));
	}
}

void memory_heed(struct memory *m, const struct discover_event *ev,
		 uint64_t unix_ms)
{
	struct known_contact c = known_of(&ev->node);
	uint64_t unix_s = unix_ms / 1000;

	switch (ev->type) {
	case DISCOVER_SEEDS:
		give_seeds(m, ev->version, unix_s);
		break;
	case DISCOVER_LIVE:
		known_answered(m->known, &c, unix_s);
		break;
	case DISCOVER_ENDPOINT:
		if (ev->is_answer)
			known_answered(m->known, &c, unix_s);
		else
			known_pinged(m->known, &c, unix_s);
		break;
	case DISCOVER_RECORD:
		if (!ev->err)
			known_learned(m->known, &c);
		break;
	case DISCOVER_LOST:
		known_failed(m->known, &c.id, &c.udp.ip);
		break;
	case DISCOVER_READY:
	case DISCOVER_SEEN:
	case DISCOVER_PINGED:
	case DISCOVER_NODES:
	case DISCOVER_FOUND:
	case DISCOVER_RESOLVED:
	case DISCOVER_TALK:
	case DISCOVER_TALKED:
	case DISCOVER_CLOCK:
	case DISCOVER_SELF:
		break;
	}
}

static void on_expire(void *ctx)
{
	struct memory *m = ctx;

	known_expire(m->known, unix_now());
	net_timer_set(m->expire_timer, mono_add_ms(net_loop_now(m->loop),
						   KNOWN_EXPIRE_S * 1000));
	memory_look(m);
}

size_t memory_count(const struct memory *m)
{
	return known_count(m->known);
}

uint64_t memory_list_seq(struct memory *m, const char *url, uint64_t unix_ms)
{
	uint64_t seq = known_list_seq(m->known, url, unix_ms / 1000);

	memory_look(m);
	return seq;
}

void memory_set_list_seq(struct memory *m, const char *url, uint64_t seq,
			 uint64_t unix_ms)
{
	known_set_list_seq(m->known, url, seq, unix_ms / 1000);
	memory_look(m);
}

/* --- our own number ---------------------------------------------------------
 */

/* A number that was told must be behind one that is stored. Should that have
 * been lost, the clock is ahead of it: a record does not change a thousand
 * times a second. */
void memory_number(struct memory *m, struct local_config *out, uint64_t unix_ms)
{
	struct why why = WHY_NONE;
	uint64_t first;

	out->seq = m->db ? nodedb_seq(m->db) : 0;
	out->unix_ms = unix_ms;
	out->stored = LOCAL_STORED_NEVER;
	if (out->seq && out->seq < unix_ms)
		out->seq = unix_ms - 1;
	if (!m->db)
		return;
	first = local_first(out->seq, out->unix_ms);
	out->stored = first < UINT64_MAX - LOCAL_AHEAD ? first + LOCAL_AHEAD
						       : UINT64_MAX;
	if (!nodedb_write_seq(m->db, out->stored, &why))
		return;
	/* This one, until it can be stored. */
	out->stored = first;
	tell_failure(m, &why);
}

/* --- open and close ---------------------------------------------------------
 */

static void tell_news(const struct memory *m, const struct nodedb_news *news)
{
	if (news->moved_to[0])
		log_event(m->log, LOG_WARN, "nodes",
			  "the node database is not usable, and a new one "
			  "takes its place",
			  LOG_TEXT("why", news->moved_why.text),
			  LOG_TEXT("kept_as", news->moved_to));
	if (news->left_out)
		log_event(m->log, LOG_WARN, "nodes",
			  "entries of the node database are not valid, and "
			  "left out",
			  LOG_U64("count", news->left_out));
}

static void open_db(struct memory *m, const struct memory_config *config)
{
	struct why why = WHY_NONE;
	struct nodedb_news news;
	enum err rc;

	rc = nodedb_open(&m->db, m->known, &news, config->folder, config->self,
			 &why);
	if (rc)
		log_event(m->log, LOG_WARN, "nodes",
			  "what is known of other nodes is forgotten with the "
			  "end of this one",
			  LOG_TEXT("why", why.text));
	else
		tell_news(m, &news);
}

static void on_end(void *ctx)
{
	struct memory *m = ctx;
	void (*closed)(void *ctx) = m->closed;
	void *closed_ctx = m->ctx;

	net_later_close(m->end);
	nodedb_close(m->db);
	known_free(m->known);
	secret_wipe(&m->random, sizeof(m->random));
	free(m);
	closed(closed_ctx);
}

struct memory *memory_open(const struct memory_config *config)
{
	struct memory *m = calloc(1, sizeof(*m));
	struct secret32 seed;

	if (!m)
		abort();
	m->loop = config->loop;
	m->write_ms = config->write_ms ? config->write_ms : MEMORY_WRITE_MS;
	m->log = config->log;
	m->known = known_new(NULL);
	rng_bytes(seed.b, sizeof(seed.b));
	drbg_init(&m->random, &seed);
	secret_wipe(&seed, sizeof(seed));
	m->write_timer = net_timer_open(m->loop, on_write, m);
	m->expire_timer = net_timer_open(m->loop, on_expire, m);
	m->end = net_later_open(m->loop, on_end, m);
	if (config->folder)
		open_db(m, config);
	return m;
}

void memory_start(struct memory *m, struct discovery *discovery)
{
	m->discovery = discovery;
	net_timer_set(m->expire_timer, mono_add_ms(net_loop_now(m->loop),
						   KNOWN_EXPIRE_S * 1000));
}

void memory_close(struct memory *m, void (*closed)(void *ctx), void *ctx)
{
	m->discovery = NULL;
	m->closed = closed;
	m->ctx = ctx;
	if (m->db)
		write_now(m);
	else
		is_over(m);
	net_timer_close(m->write_timer);
	net_timer_close(m->expire_timer);
}
