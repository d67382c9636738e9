/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of owners: what closes with what, and when nothing is left. */
#include <stdlib.h>
#include <weft/plugin.h>

#include "test/unit/node_plugin/bed.h"

/* --- owners --------------------------------------------------------------- */

Test(task_owner, empty_comes_later_and_once_also_for_nothing)
{
	struct bed b;

	bed_open(&b, NULL);
	bed_turns(&b, 2);
	cr_assert_eq(b.empty, 0, "not before it is closed");
	task_owner_close(&b.owner);
	cr_assert_eq(b.empty, 0);
	bed_turns(&b, 3);
	cr_assert_eq(b.empty, 1);
	task_owner_close(&b.owner);
	bed_turns(&b, 3);
	cr_assert_eq(b.empty, 1);
	bed_close(&b);
}

/* An owner on the heap, freed in its own `empty`. */
struct part {
	struct task_owner owner;
	struct part **place;
	char **end; /* of a text of names, in the order they became empty */
};

static void part_empty(void *ctx)
{
	struct part *p = ctx;

	*(*p->end)++ = p->owner.label[0];
	*p->place = NULL;
	free(p);
}

static struct part *part_new(struct bed *b, struct task_owner *parent,
			     struct part **place, const char *name, char **end)
{
	struct part *p = calloc(1, sizeof(*p));

	p->place = place;
	p->end = end;
	task_owner_init(&p->owner, b->tasks, parent, &b->log, name, part_empty,
			p);
	*place = p;
	return p;
}

static int wait_closed(void *arg)
{
	int *rc = arg;

	*rc = task_wait(NULL, MONO_NEVER, "test_wait");
	return 0;
}

static void start_in(struct part *p, int *rc)
{
	*rc = 1;
	cr_assert_eq(task_start(&p->owner, 0, wait_closed, rc, NULL), ERR_NONE);
}

Test(task_owner, closing_an_owner_closes_what_is_below_it)
{
	struct part *p[4];
	char order[8] = "", *end = order;
	int rc[4];
	struct bed b;

	bed_open(&b, NULL);
	part_new(&b, &b.owner, &p[0], "a", &end);
	part_new(&b, &p[0]->owner, &p[1], "b", &end);
	part_new(&b, &p[0]->owner, &p[2], "c", &end);
	part_new(&b, &b.owner, &p[3], "d", &end);
	for (int i = 0; i < 4; i++)
		start_in(p[i], &rc[i]);
	bed_turn(&b);

	task_owner_close(&p[1]->owner);
	bed_turn(&b);
	cr_assert_eq(rc[1], WEFT_ECLOSED);
	cr_assert_null(p[1]);
	cr_assert_eq(rc[0] + rc[2] + rc[3], 3, "its parent and siblings stay");

	task_owner_close(&p[0]->owner);
	bed_turn(&b);
	cr_assert_eq(rc[0], WEFT_ECLOSED);
	cr_assert_eq(rc[2], WEFT_ECLOSED);
	cr_assert_null(p[0]);
	cr_assert_null(p[2]);
	cr_assert_eq(rc[3], 1);
	cr_assert_str_eq(order, "bca");
	cr_assert_not_null(p[3]);

	bed_close(&b);
	cr_assert_eq(rc[3], WEFT_ECLOSED);
	cr_assert_str_eq(order, "bcad");
}

Test(task_owner, below_a_closed_owner_one_is_born_closed)
{
	struct part *p = NULL;
	char order[4] = "", *end = order;
	struct bed_worker w = { .later = 1 };
	struct bed b;
	int rc;

	bed_open(&b, NULL);
	bed_start(&b, bed_work, &w);
	bed_turn(&b);
	task_owner_close(&b.owner);
	part_new(&b, &b.owner, &p, "p", &end);
	cr_assert(p->owner.closed);
	cr_assert_eq(task_start(&p->owner, 0, wait_closed, &rc, NULL),
		     ERR_CLOSED);
	cr_assert_not_null(p);
	bed_turn(&b);
	cr_assert_str_eq(order, "p");
	cr_assert_eq(b.empty, 0);
	task_wake_all(&w.on);
	bed_close(&b);
}

Test(task_owner, one_that_was_to_become_empty_waits_for_a_new_child)
{
	struct part *p[2];
	char order[4] = "", *end = order;
	struct bed b;

	bed_open(&b, NULL);
	part_new(&b, &b.owner, &p[0], "a", &end);
	task_owner_close(&p[0]->owner);
	part_new(&b, &p[0]->owner, &p[1], "b", &end);
	bed_turn(&b);
	cr_assert_str_eq(order, "ba");
	bed_close(&b);
}

static bool *poll_stop;

static int poll_until_stop(void *arg)
{
	struct bed *b = arg;

	while (!*poll_stop)
		task_wait(NULL, net_loop_now(b->loop), "test_poll");
	return 0;
}

Test(task_owner, empty_comes_though_others_never_rest)
{
	struct part *p = NULL;
	char order[4] = "", *end = order;
	bool stop = false;
	struct bed b;

	bed_open(&b, NULL);
	poll_stop = &stop;
	bed_start(&b, poll_until_stop, &b);
	part_new(&b, NULL, &p, "p", &end);
	task_owner_close(&p->owner);
	bed_turns(&b, 2);
	cr_assert_null(p);
	stop = true;
	bed_turns(&b, 2);
	bed_close(&b);
}

/* --- words ---------------------------------------------------------------- */

static int describe_itself(void *arg)
{
	struct part *p = arg;
	char text[128];

	cr_assert(task_describe(p->owner.parent, text, sizeof(text)));
	cr_assert_str_eq(text, "p, running, after its start");
	return task_wait(NULL, MONO_NEVER, "test_wait");
}

Test(task_owner, describes_what_is_left)
{
	struct part *p = NULL;
	char order[4] = "", *end = order;
	char text[128] = "untouched";
	struct bed b;

	bed_open(&b, NULL);
	part_new(&b, &b.owner, &p, "p", &end);
	cr_assert_not(task_describe(&b.owner, text, sizeof(text)));
	cr_assert_str_eq(text, "untouched");
	cr_assert_eq(task_start(&p->owner, 0, describe_itself, p, NULL),
		     ERR_NONE);
	cr_assert(task_describe(&b.owner, text, sizeof(text)));
	cr_assert_str_eq(text, "p, about to run, after its start");
	bed_turn(&b);
	cr_assert(task_describe(&b.owner, text, sizeof(text)));
	cr_assert_str_eq(text, "p, waiting in test_wait");
	cr_assert(task_describe(&b.owner, text, 5));
	cr_assert_str_eq(text, "p, w");
	bed_close(&b);
	cr_assert_null(p);
}
