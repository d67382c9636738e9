/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/server/few.h"

enum {
	QUICK_MS = 10
};

struct node a, b, c;

static struct node *const all[] = { &a, &b, &c };
static size_t made;

void few_make(size_t count)
{
	cr_assert_leq(count, ARRAY_LEN(all));
	made = count;
	scene_open(&scene);
	for (size_t i = 0; i < made; i++)
		node_init(all[i], &scene);
}

void few_make_quick(size_t count)
{
	few_make(count);
	for (size_t i = 0; i < made; i++)
		all[i]->limits.dial.first_ms = QUICK_MS;
}

void few_begin(void)
{
	for (size_t i = 0; i < made; i++)
		node_open(all[i]);
}

void few_open(size_t count)
{
	few_make(count);
	few_begin();
}

void few_join(void)
{
	few_begin();
	node_join(&a, &b);
}

void few_close(void)
{
	for (size_t i = 0; i < made; i++)
		node_close(all[i]);
	scene_close(&scene);
}
