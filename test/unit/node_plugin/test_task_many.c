/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <weft/plugin.h>

#include "test/support/instrumented.h"
#include "test/unit/node_plugin/bed.h"

#ifdef TEST_INSTRUMENTED
enum {
	MANY = 2000
};
#else
enum {
	MANY = 30000
};
#endif

struct many {
	struct bed b;
	struct task_waiters on;
	size_t waiting, woken, closed, wrong;
};

struct one {
	struct many *m;
	size_t number;
};

/* All are woken once, in their order, and then end by the close. */
static int be_one(void *arg)
{
	struct one *o = arg;
	struct many *m = o->m;
	struct mono far = bed_in_ms(&m->b, 3600000 + o->number * 7919 % 1000);

	m->waiting++;
	m->wrong += task_wait(&m->on, far, "test_many") != WEFT_OK;
	m->wrong += m->woken++ != o->number;
	m->wrong += task_wait(NULL, far, "test_many") != WEFT_ECLOSED;
	m->closed++;
	return 0;
}

Test(task_many, thirty_thousand_wait_wake_and_end)
{
	struct many *m = calloc(1, sizeof(*m));
	struct one *ones = calloc(MANY, sizeof(*ones));

	bed_open(&m->b, NULL);
	for (size_t i = 0; i < MANY; i++) {
		ones[i] = (struct one){ m, i };
		bed_start(&m->b, be_one, &ones[i]);
	}
	BED_UNTIL(&m->b, m->waiting == MANY);
	task_wake_all(&m->on);
	BED_UNTIL(&m->b, m->woken == MANY);
	bed_turns(&m->b, 2);
	cr_assert_eq(m->b.owner.live, MANY);
	bed_close(&m->b);
	cr_assert_eq(m->closed, MANY);
	cr_assert_eq(m->wrong, 0);
	free(ones);
	free(m);
}
