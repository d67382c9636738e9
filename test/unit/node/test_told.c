/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_told.h"

#include <stdio.h>

#include "test/support/unit.h"

static struct net_loop *loop;
static struct node_told told;
static size_t ready;

static void on_ready(void *ctx)
{
	(void)ctx;
	ready++;
	net_loop_stop(loop);
}

static void open_told(void)
{
	cr_assert_eq(net_loop_open(&loop, NULL), ERR_NONE);
	ready = 0;
	told = (struct node_told){
		.sources = sources_open(loop, on_ready, NULL),
	};
}

static void close_told(void)
{
	sources_close(told.sources);
	net_loop_run(loop);
	net_loop_close(loop);
}

static enum err tell(const char *plugin, uint8_t n)
{
	const struct enr none = { .len = 0 };
	const struct enode node = { .id = { { n } }, .tcp = 30303 };

	return node_told_of(&told, plugin, &node, &none);
}

/* The next node, and who told of it; 0: none. */
static uint8_t next(char source[MIX_NAME_MAX])
{
	struct contact c;

	return sources_next(told.sources, &c, source) ? c.id.b[0] : 0;
}

Test(told, gives_each_plugin_its_turn, .init = open_told, .fini = close_told)
{
	char source[MIX_NAME_MAX];

	for (uint8_t i = 1; i < 9; i++)
		cr_assert_eq(tell("loud", i), ERR_NONE);
	cr_assert_eq(tell("quiet", 100), ERR_NONE);
	cr_assert_eq(next(source), 1);
	cr_assert_str_eq(source, "plugin:loud");
	cr_assert_eq(next(source), 100);
	cr_assert_str_eq(source, "plugin:quiet");
	cr_assert_eq(told.count, (size_t)2);
}

Test(told, says_that_there_is_one_to_who_was_told_that_there_is_none,
     .init = open_told, .fini = close_told)
{
	cr_assert_eq(tell("a", 1), ERR_NONE);
	cr_assert_eq(next(NULL), 1);
	cr_assert_eq(next(NULL), 0);
	cr_assert_eq(tell("a", 2), ERR_NONE);
	cr_assert_eq(ready, (size_t)0, "not from inside of a call");
	net_loop_run(loop);
	cr_assert_eq(ready, (size_t)1);
	cr_assert_eq(next(NULL), 2);
}

/* It is the turn of b, which is waited for, for 100 ms and no more. */
Test(told, waits_for_the_one_whose_turn_it_is, .init = open_told,
     .fini = close_told)
{
	struct mono began;

	cr_assert_eq(tell("a", 1), ERR_NONE);
	cr_assert_eq(tell("b", 2), ERR_NONE);
	cr_assert_eq(next(NULL), 1);
	cr_assert_eq(next(NULL), 2);
	cr_assert_eq(tell("b", 3), ERR_NONE);
	began = net_loop_now(loop);
	cr_assert_eq(next(NULL), 0);
	net_loop_run(loop);
	cr_assert_eq(ready, (size_t)1);
	cr_assert_geq(mono_since_ms(net_loop_now(loop), began), (uint64_t)99);
	cr_assert_eq(next(NULL), 3);
}

Test(told, has_room_for_so_many_plugins, .init = open_told, .fini = close_told)
{
	char name[16];

	for (unsigned i = 0; i < MIX_SOURCES; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		cr_assert_eq(tell(name, (uint8_t)(i + 1)), ERR_NONE);
	}
	cr_assert_eq(tell("more", 99), ERR_LIMIT);
	cr_assert_eq(tell("p3", 100), ERR_NONE, "those go on");
}

Test(told, gives_the_place_of_a_plugin_back_that_is_gone, .init = open_told,
     .fini = close_told)
{
	char name[16];

	for (unsigned i = 0; i < 3 * MIX_SOURCES; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		cr_assert_eq(tell(name, (uint8_t)(i + 1)), ERR_NONE, "%u", i);
		node_told_forget(&told, name);
	}
	cr_assert_eq(told.count, (size_t)0);
	node_told_forget(&told, "p3"); /* which has told of none since */
	cr_assert_eq(next(NULL), 0, "nor do its nodes wait");
}

Test(told, keeps_what_others_told_of_when_one_is_gone, .init = open_told,
     .fini = close_told)
{
	char source[MIX_NAME_MAX];

	cr_assert_eq(tell("a", 1), ERR_NONE);
	cr_assert_eq(tell("b", 2), ERR_NONE);
	cr_assert_eq(tell("c", 3), ERR_NONE);
	node_told_forget(&told, "a");
	cr_assert_eq(tell("c", 4), ERR_NONE);
	cr_assert_eq(tell("b", 5), ERR_NONE);
	cr_assert_eq(told.count, (size_t)2);
	cr_assert_eq(next(source), 2);
	cr_assert_str_eq(source, "plugin:b");
	cr_assert_eq(next(source), 3);
	cr_assert_str_eq(source, "plugin:c");
	cr_assert_eq(next(NULL), 5);
	cr_assert_eq(next(NULL), 4);
}

Test(told, tells_names_apart_that_a_source_has_no_room_for, .init = open_told,
     .fini = close_told)
{
	static const char first[] = "so-long-a-name-that-it-is-cut-1";
	static const char other[] = "so-long-a-name-that-it-is-cut-2";
	char source[MIX_NAME_MAX];

	cr_assert_eq(tell(first, 1), ERR_NONE);
	cr_assert_eq(tell(other, 2), ERR_NONE);
	node_told_forget(&told, first);
	cr_assert_eq(next(source), 2);
	cr_assert_str_eq(source, "plugin:so-long-a-name-that-it-i");
}
