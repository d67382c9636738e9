/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/txt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/net/txt_inside.h"

enum {
	CLASS_IN = 1,
	TYPE_TXT = 16, /* RFC 1035 */
};

typedef void (*answered_fn)(void *ctx, enum err rc, const struct span *values,
			    size_t count, const struct why *why);

struct net_txt_query {
	struct net_txt *t;
	answered_fn answered;
	void *ctx;
	struct link link;  /* in queries */
	struct link ready; /* in ready */
	struct mono deadline;
	bool held;   /* c-ares will call back */
	bool over;   /* told, or to be told */
	bool closed; /* by its owner, while held */
	enum err rc;
	struct why why;
	struct span *values; /* followed by what they point to */
	size_t count;
};

/* --- answers -------------------------------------------------------------- */

/* Strings that belong together follow each other; the first is marked. */
static size_t count_values(const struct ares_txt_ext *list, size_t *bytes)
{
	size_t count = 0;

	*bytes = 0;
	for (; list; list = list->next) {
		count += list->record_start != 0;
		*bytes += list->length;
	}
	return count;
}

static void copy_values(struct net_txt_query *q,
			const struct ares_txt_ext *list, size_t count,
			size_t bytes)
{
	struct span *value;
	uint8_t *at;

	q->values = net_new(count * sizeof(*q->values) + bytes);
	at = (uint8_t *)(q->values + count);
	value = q->values - 1;
	for (; list; list = list->next) {
		if (list->record_start)
			*++value = span_of(at, 0);
		memcpy(at, list->txt, list->length);
		at += list->length;
		value->len += list->length;
	}
	q->count = count;
}

static enum err take_answer(struct net_txt_query *q, const uint8_t *answer,
			    int len)
{
	struct ares_txt_ext *list = NULL;
	int status = ares_parse_txt_reply_ext(answer, len, &list);
	size_t count, bytes;
	enum err rc = ERR_NONE;

	if (status == ARES_ENODATA)
		return err_fail(&q->why, ERR_NOT_FOUND, "no TXT record");
	if (status)
		return err_fail(&q->why, ERR_FORMAT, "the answer is malformed");
	count = count_values(list, &bytes);
	if (count > NET_TXT_VALUES_MAX)
		rc = err_fail(&q->why, ERR_LIMIT, "over %d TXT records",
			      NET_TXT_VALUES_MAX);
	else if (!count || bytes > NET_TXT_BYTES_MAX)
		rc = err_fail(&q->why, ERR_FORMAT, "the answer is malformed");
	else
		copy_values(q, list, count, bytes);
	ares_free_data(list);
	return rc;
}

static enum err failed(struct net_txt_query *q, int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return err_fail(&q->why, ERR_NOT_FOUND, "no such name");
	case ARES_ENODATA:
		return err_fail(&q->why, ERR_NOT_FOUND, "no TXT record");
	case ARES_ETIMEOUT:
		return err_fail(&q->why, ERR_TIMEOUT, "no DNS server answered");
	case ARES_EREFUSED:
		return err_fail(&q->why, ERR_DENIED, "the DNS server refused");
	case ARES_ESERVFAIL:
		return err_fail(&q->why, ERR_SYSTEM,
				"the DNS server failed (SERVFAIL)");
	case ARES_ECONNREFUSED:
		return err_fail(&q->why, ERR_SYSTEM,
				"no DNS server gave an answer");
	case ARES_EBADNAME:
		return err_fail(&q->why, ERR_FORMAT, "not a DNS name");
	case ARES_EBADRESP:
	case ARES_EFORMERR:
		return err_fail(&q->why, ERR_FORMAT, "the answer is malformed");
	default:
		return err_fail(&q->why, ERR_SYSTEM, "%s",
				ares_strerror(status));
	}
}

/* --- queries -------------------------------------------------------------- */

static void query_free(struct net_txt_query *q)
{
	link_leave(&q->link);
	link_leave(&q->ready);
	free(q->values);
	free(q);
}

/* It is over, and to be told soon, since nothing is told from in here. */
static void over(struct net_txt_query *q, enum err rc)
{
	struct net_txt *t = q->t;

	q->rc = rc;
	q->over = true;
	link_append(&t->ready, &q->ready);
	net_loop_soon(t->loop, &t->tell);
}

static void on_answer(void *arg, int status, int timeouts UNUSED,
		      unsigned char *answer, int len)
{
	struct net_txt_query *q = arg;

	q->held = false;
	q->t->held--;
	/* The channel is closed from there, if this was the last. */
	net_loop_soon(q->t->loop, &q->t->tell);
	if (q->closed)
		query_free(q);
	else if (!q->over)
		over(q,
		     status ? failed(q, status) : take_answer(q, answer, len));
}

static void ask(struct net_txt_query *q, const char *name)
{
	struct net_txt *t = q->t;
	enum err rc = ERR_NONE;

	if (t->held == NET_TXT_QUERIES_MAX)
		rc = err_fail(&q->why, ERR_BUSY, "over %d queries at once",
			      NET_TXT_QUERIES_MAX);
	else if (!t->channel)
		rc = txt_channel_open(t, &q->why);
	if (rc) {
		over(q, rc);
		return;
	}
	q->held = true;
	t->held++;
	ares_query(t->channel, name, CLASS_IN, TYPE_TXT, on_answer, q);
	txt_schedule(t);
}

struct net_txt_query *net_txt_ask(struct net_txt *t, const char *name,
				  uint64_t timeout_ms, answered_fn answered,
				  void *ctx)
{
	struct net_txt_query *q = net_new(sizeof(*q));

	assert(!t->closed);
	q->t = t;
	q->answered = answered;
	q->ctx = ctx;
	q->deadline = mono_add_ms(net_loop_now(t->loop), timeout_ms);
	link_init(&q->link);
	link_init(&q->ready);
	link_append(&t->queries, &q->link);
	ask(q, name);
	return q;
}

void net_txt_query_close(struct net_txt_query *q)
{
	if (!q || q->closed)
		return;
	/* c-ares has no way to give up one query: it ends by itself. */
	q->closed = true;
	link_leave(&q->ready);
	if (!q->held)
		query_free(q);
}

/* --- time ----------------------------------------------------------------- */

void txt_schedule(struct net_txt *t)
{
	struct mono at = txt_channel_timeout(t);

	for (struct link *l = t->queries.next; l != &t->queries; l = l->next) {
		struct net_txt_query *q =
			CONTAINER_OF(l, struct net_txt_query, link);

		if (!q->over && !q->closed)
			at = mono_min(at, q->deadline);
	}
	net_timer_set(t->timer, at);
}

static void on_timer(void *ctx)
{
	struct net_txt *t = ctx;
	struct mono now = net_loop_now(t->loop);

	txt_channel_tick(t);
	for (struct link *l = t->queries.next; l != &t->queries; l = l->next) {
		struct net_txt_query *q =
			CONTAINER_OF(l, struct net_txt_query, link);

		if (!q->over && !q->closed && !mono_before(now, q->deadline))
			over(q, err_fail(&q->why, ERR_TIMEOUT,
					 "no answer in time"));
	}
	txt_schedule(t);
}

/* --- life ----------------------------------------------------------------- */

static void on_tell(struct net_task *task)
{
	struct net_txt *t = CONTAINER_OF(task, struct net_txt, tell);
	struct link batch, *l;

	/* A callback may close any query, and t. */
	link_init(&batch);
	link_move(&batch, &t->ready);
	t->telling = true;
	while ((l = link_pop(&batch))) {
		struct net_txt_query *q =
			CONTAINER_OF(l, struct net_txt_query, ready);

		q->answered(q->ctx, q->rc, q->values, q->count, &q->why);
	}
	t->telling = false;
	if (t->closed)
		free(t);
	else if (!t->held)
		txt_channel_close(t);
}

struct net_txt *net_txt_open(struct net_loop *loop, const struct addr *server)
{
	struct net_txt *t = net_new(sizeof(*t));

	t->loop = loop;
	if (server)
		t->server = *server;
	t->timer = net_timer_open(loop, on_timer, t);
	link_init(&t->queries);
	link_init(&t->ready);
	link_init(&t->sockets);
	net_task_init(&t->tell, on_tell);
	return t;
}

void net_txt_close(struct net_txt *t)
{
	struct link *l, *next;

	if (!t || t->closed)
		return;
	t->closed = true;
	txt_channel_close(t);
	for (l = t->queries.next; l != &t->queries; l = next) {
		next = l->next;
		query_free(CONTAINER_OF(l, struct net_txt_query, link));
	}
	net_timer_close(t->timer);
	link_leave(&t->tell.link);
	if (!t->telling)
		free(t);
}
