/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/plugin/inside.h"
#include "node/plugin/pipe.h"
#include "test/unit/node_plugin/house.h"

Test(manager, loads_offers_and_unloads_a_plugin)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE, "%s", h.why.text);
	cr_assert_str_eq(h.changes, "+echo/1");
	cr_assert_eq(h.offered, 1);
	house_lists(&h, "good/1.0.0 running");
	cr_assert_eq(house_unload(&h, "good"), ERR_NONE, "%s", h.why.text);
	cr_assert_str_eq(h.changes, "+echo/1 -echo/1");
	cr_assert_eq(h.offered, 0);
	house_lists(&h, "");
	if (loader_unloads())
		cr_assert_eq(modules_maps("/memfd:good.so"), 0);
	cr_assert_eq(house_unload(&h, "good"), ERR_NOT_FOUND);
	cr_assert_str_eq(h.why.text, "plugin good is not loaded");
	house_close(&h);
}

Test(manager, closes_with_what_is_loaded)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	modules_copy(&h.modules, "older", "older");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "older", ""), ERR_NONE);
	house_lists(&h, "good/1.0.0 running, older/0.9 running");
	house_close(&h);
	cr_assert_str_eq(h.changes, "+echo/1 +old/1");
}

Test(manager, gives_each_node_its_own_options)
{
	struct house h;
	struct manager_config config;
	struct protocol *protocols;
	struct manager *first;
	size_t count;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	cr_assert_eq(house_load(&h, "good", "protocol=one"), ERR_NONE);
	first = h.manager;
	config = (struct manager_config){ .loader = h.modules.loader,
					  .node = &h.rig.node };
	h.manager = manager_open(&config);
	cr_assert_eq(house_load(&h, "good", "protocol=two"), ERR_NONE);
	protocols = manager_protocols_new(first, &count);
	cr_assert_eq(count, 1);
	cr_assert_str_eq(protocols[0].capability.name, "one");
	free(protocols);
	protocols = manager_protocols_new(h.manager, &count);
	cr_assert_eq(count, 1);
	cr_assert_str_eq(protocols[0].capability.name, "two");
	free(protocols);
	manager_close(first, house_closed, &h);
	rig_until(&h.rig, house_is_closed, &h);
	h.is_closed = false;
	/* The image is the other's still. */
	cr_assert_gt(modules_maps("/memfd:good.so"), 0);
	house_close(&h);
}

Test(manager, refuses_what_cannot_be_loaded)
{
	struct house h;
	char says[PATH_MAX];

	house_open(&h);
	modules_copy(&h.modules, "wrong_hash", "wrong_hash");
	modules_copy(&h.modules, "good", "good");
	cr_assert_eq(house_load(&h, "wrong_hash", ""), ERR_UNSUPPORTED);
	cr_assert(strstr(h.why.text, "rebuild against this weft"));
	cr_assert_eq(house_load(&h, "absent", ""), ERR_NOT_FOUND);
	snprintf(says, sizeof(says), "plugin absent: there is no %s/absent.so",
		 h.modules.scratch.path);
	cr_assert(!strncmp(h.why.text, says, strlen(says)), "%s", h.why.text);
	cr_assert_eq(house_load(&h, "good", "protocl=x"), ERR_NOT_FOUND);
	cr_assert_str_eq(h.why.text, "plugin good: --plugin: protocl: no such "
				     "option; did you mean protocol?");
	house_lists(&h, "");
	cr_assert_str_eq(h.changes, "");
	if (loader_unloads())
		cr_assert_eq(modules_maps("/memfd:good.so"), 0);
	house_close(&h);
}

Test(manager, refuses_a_plugin_twice)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "good", "protocol=more"), ERR_EXISTS);
	cr_assert_str_eq(h.why.text, "plugin good is loaded already");
	house_lists(&h, "good/1.0.0 running");
	house_close(&h);
}

Test(manager, refuses_a_protocol_that_another_offers)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	modules_copy(&h.modules, "twin", "twin");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "twin", ""), ERR_DENIED);
	cr_assert_str_eq(h.why.text, "plugin twin: start failed: echo/1 is "
				     "offered by good already");
	cr_assert_eq(house_load(&h, "twin", "protocol=other"), ERR_NONE);
	cr_assert_str_eq(h.changes, "+echo/1 +other/1");
	cr_assert_eq(h.offered, 2);
	/* What is unloaded is no longer in the way. */
	cr_assert_eq(house_unload(&h, "twin"), ERR_NONE);
	cr_assert_eq(house_unload(&h, "good"), ERR_NONE);
	cr_assert_eq(house_load(&h, "twin", ""), ERR_NONE);

	h.rig.taken = "own";
	cr_assert_eq(house_load(&h, "good", "protocol=own"), ERR_DENIED);
	cr_assert_str_eq(h.why.text, "plugin good: start failed: own/1 is "
				     "offered by the node itself");
	house_close(&h);
}

Test(manager, offers_versions_of_a_protocol_from_different_plugins)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	modules_copy(&h.modules, "twin_two", "twin");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "twin", ""), ERR_NONE, "%s", h.why.text);
	cr_assert_str_eq(h.changes, "+echo/1 +echo/2");
	cr_assert_eq(h.offered, 2);
	house_close(&h);
}

Test(manager, says_when_a_start_fails)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "failing", "good");
	modules_copy(&h.modules, "zero_codes", "zero_codes");
	cr_assert_eq(house_load(&h, "good", ""), ERR_DENIED);
	cr_assert(!strncmp(h.why.text, "plugin good: start failed: ", 27), "%s",
		  h.why.text);
	cr_assert_eq(house_load(&h, "zero_codes", ""), ERR_DENIED);
	cr_assert_str_eq(h.changes, "");
	house_lists(&h, "");
	house_close(&h);
}

Test(manager, stops_what_the_node_cannot_offer)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	h.refuses = true;
	cr_assert_eq(house_load(&h, "good", ""), ERR_DENIED);
	cr_assert_str_eq(h.why.text, "plugin good: too much for a Hello");
	house_lists(&h, "");
	cr_assert_str_eq(h.changes, "");
	house_close(&h);
}

Test(manager, exchanges_a_plugin_for_its_new_file)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	modules_copy(&h.modules, "good_again", "good");
	cr_assert_eq(house_reload(&h, "good"), ERR_NONE, "%s", h.why.text);
	cr_assert_str_eq(h.changes, "+echo/1 =");
	cr_assert_eq(h.offered, 1);
	cr_assert_str_eq(h.listed, "good/1.0.0 stopping, good/1.1.0 running");
	rig_until(&h.rig, house_has_one, &h);
	house_lists(&h, "good/1.1.0 running");

	modules_copy(&h.modules, "good_other", "good");
	cr_assert_eq(house_reload(&h, "good"), ERR_NONE, "%s", h.why.text);
	cr_assert_str_eq(h.changes, "+echo/1 = +other/1 -echo/1");
	cr_assert_eq(h.offered, 1);
	cr_assert_eq(house_unload(&h, "good"), ERR_NONE);
	rig_until(&h.rig, house_has_one, &h);
	house_lists(&h, "");
	house_close(&h);
}

Test(manager, reloads_with_the_options_of_the_load)
{
	struct protocol *protocols;
	struct house h;
	size_t count;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	cr_assert_eq(house_load(&h, "good", "protocol=mine"), ERR_NONE);
	/* Of the same file too: the image is shared, the instance is not. */
	cr_assert_eq(house_reload(&h, "good"), ERR_NONE);
	cr_assert_str_eq(h.changes, "+mine/1 =");
	protocols = manager_protocols_new(h.manager, &count);
	cr_assert_eq(count, 1);
	cr_assert_str_eq(protocols[0].capability.name, "mine");
	free(protocols);
	house_close(&h);
}

Test(manager, keeps_the_old_plugin_when_the_new_one_is_not_fine)
{
	struct house h;
	char path[PATH_MAX];

	house_open(&h);
	modules_copy(&h.modules, "good", "it");
	modules_path(path, &h.modules, "it");
	cr_assert_eq(house_load(&h, path, ""), ERR_NONE);

	modules_copy(&h.modules, "wrong_abi", "it");
	cr_assert_eq(house_reload(&h, "good"), ERR_UNSUPPORTED);
	modules_copy(&h.modules, "twin", "it");
	cr_assert_eq(house_reload(&h, "good"), ERR_FORMAT);
	cr_assert_str_eq(h.why.text,
			 "plugin good: its file is the plugin twin now");
	modules_copy(&h.modules, "failing", "it");
	cr_assert_eq(house_reload(&h, "good"), ERR_DENIED);
	h.refuses = true;
	modules_copy(&h.modules, "good_other", "it");
	cr_assert_eq(house_reload(&h, "good"), ERR_DENIED);
	cr_assert_str_eq(h.why.text, "plugin good: too much for a Hello");

	house_lists(&h, "good/1.0.0 running");
	cr_assert_str_eq(h.changes, "+echo/1");
	h.refuses = false;
	cr_assert_eq(house_reload(&h, "good"), ERR_NONE);
	cr_assert_str_eq(h.changes, "+echo/1 +other/1 -echo/1");
	house_close(&h);
}

Test(manager, does_one_thing_at_a_time_with_a_plugin)
{
	struct house h;
	struct why why = WHY_NONE;
	struct wanted w;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	wanted_init(&w, "good", "test");
	cr_assert_eq(manager_load(h.manager, &w, house_done, &h, NULL),
		     ERR_NONE);
	cr_assert_eq(manager_load(h.manager, &w, NULL, NULL, &why), ERR_EXISTS);
	cr_assert_eq(manager_unload(h.manager, "good", NULL, NULL, &why),
		     ERR_BUSY);
	cr_assert_str_eq(why.text, "plugin good is still starting");
	rig_until(&h.rig, house_is_done, &h);
	h.done = false;
	cr_assert_eq(manager_reload(h.manager, "good", house_done, &h, NULL),
		     ERR_NONE);
	cr_assert_eq(manager_unload(h.manager, "good", NULL, NULL, &why),
		     ERR_BUSY);
	cr_assert_str_eq(why.text, "plugin good is being unloaded or reloaded");
	rig_until(&h.rig, house_is_done, &h);
	h.done = false;
	cr_assert_eq(manager_unload(h.manager, "good", house_done, &h, NULL),
		     ERR_NONE);
	cr_assert_eq(manager_reload(h.manager, "good", NULL, NULL, &why),
		     ERR_BUSY);
	cr_assert_str_eq(h.changes, "+echo/1 ="); /* the loss comes later */
	rig_until(&h.rig, house_is_done, &h);
	cr_assert_str_eq(h.changes, "+echo/1 = -echo/1");
	wanted_clear(&w);
	house_close(&h);
}

Test(manager, ends_what_waits_when_it_closes)
{
	struct house h;
	struct why why = WHY_NONE;
	struct wanted w;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	wanted_init(&w, "good", "test");
	cr_assert_eq(manager_load(h.manager, &w, house_done, &h, NULL),
		     ERR_NONE);
	manager_close(h.manager, house_closed, &h);
	cr_assert_eq(manager_load(h.manager, &w, NULL, NULL, &why), ERR_CLOSED);
	cr_assert_eq(manager_unload(h.manager, "good", NULL, NULL, &why),
		     ERR_CLOSED);
	cr_assert_not(h.done);
	rig_until(&h.rig, house_is_closed, &h);
	cr_assert(h.done);
	cr_assert_eq(h.rc, ERR_CLOSED);
	cr_assert_str_eq(h.why.text, "plugin good: the node is stopping");
	cr_assert_str_eq(h.changes, "");
	wanted_clear(&w);
	rig_close(&h.rig);
	modules_close(&h.modules);
}

/* Its fiber calls and calls, and is parked for it. */
Test(manager, says_what_keeps_a_plugin_from_unloading)
{
	static const struct task_limits limits = { .park_calls = 10 };
	struct house h;

	house_open_limited(&h, &limits, HOUSE_END_MS);
	modules_copy(&h.modules, "clings", "clings");
	cr_assert_eq(house_load(&h, "clings", ""), ERR_NONE, "%s", h.why.text);
	cr_assert_eq(house_unload(&h, "clings"), ERR_BUSY);
	cr_assert(
		!strncmp(h.why.text,
			 "plugin clings has not ended, and stays loaded: ", 47),
		"%s", h.why.text);
	cr_assert(strstr(h.why.text, "weft_sleep_until"), "%s", h.why.text);
	cr_assert_str_eq(h.rig.warning,
			 "cannot be unloaded name=clings left=clings, parked "
			 "for ever in weft_sleep_until");
	house_lists(&h, "clings/1.0.0 left behind");
	cr_assert_gt(modules_maps("/memfd:clings.so"), 0);
	/* The name is free again. */
	cr_assert_eq(house_unload(&h, "clings"), ERR_NOT_FOUND);
	cr_assert_eq(house_load(&h, "clings", ""), ERR_NONE, "%s", h.why.text);
	house_lists(&h, "clings/1.0.0 left behind, clings/1.0.0 running");
	house_close(&h);
	/* Other instances of the image are no reason to unmap it. */
	cr_assert_gt(modules_maps("/memfd:clings.so"), 0);
}

static bool count_one(void *ctx, const struct manager_plugin *p)
{
	(void)p;
	++*(size_t *)ctx;
	return true;
}

static bool has_none(void *ctx)
{
	size_t count = 0;

	manager_each(((struct house *)ctx)->manager, count_one, &count);
	return !count;
}

/* Refused while its fiber lives; once that has ended it goes by itself. */
Test(manager, unloads_a_plugin_when_its_last_fiber_ends)
{
	struct house h;
	char gate[PATH_MAX], options[PATH_MAX + 8];

	house_open_limited(&h, NULL, HOUSE_END_MS);
	modules_copy(&h.modules, "holds", "holds");
	scratch_file(gate, &h.modules.scratch, "gate");
	snprintf(options, sizeof(options), "until=%s", gate);
	cr_assert_eq(house_load(&h, "holds", options), ERR_NONE, "%s",
		     h.why.text);
	cr_assert_eq(house_unload(&h, "holds"), ERR_BUSY);
	cr_assert(strstr(h.why.text, "stays loaded: "), "%s", h.why.text);
	cr_assert(strstr(h.why.text, "weft_work"), "%s", h.why.text);
	house_lists(&h, "holds/1.0.0 left behind");
	cr_assert_gt(modules_maps("/memfd:holds.so"), 0);

	scratch_write(gate, "", 0, 0600);
	rig_until(&h.rig, has_none, &h);
	if (loader_unloads())
		cr_assert_eq(modules_maps("/memfd:holds.so"), 0);
	cr_assert_eq(house_load(&h, "holds", options), ERR_NONE, "%s",
		     h.why.text);
	cr_assert_eq(house_unload(&h, "holds"), ERR_NONE, "%s", h.why.text);
	house_close(&h);
}

static bool is_empty(void *ctx)
{
	char text[256] = "";

	manager_each(((struct house *)ctx)->manager, house_list_one, text);
	return !text[0];
}

Test(manager, unloads_a_plugin_once_its_last_fiber_has_ended)
{
	char options[32];
	struct house h;
	int ends[2];

	house_open_limited(&h, NULL, HOUSE_END_MS);
	modules_copy(&h.modules, "lingers", "lingers");
	cr_assert_eq(pipe(ends), 0);
	snprintf(options, sizeof(options), "fd=%d", ends[0]);
	cr_assert_eq(house_load(&h, "lingers", options), ERR_NONE, "%s",
		     h.why.text);
	cr_assert_eq(house_unload(&h, "lingers"), ERR_BUSY);
	cr_assert_str_eq(h.why.text,
			 "plugin lingers has not ended, and stays loaded: "
			 "lingers, waiting in weft_work");
	cr_assert_str_eq(h.rig.warning, "cannot be unloaded name=lingers "
					"left=lingers, waiting in weft_work");
	house_lists(&h, "lingers/1.0.0 left behind");
	cr_assert_eq(write(ends[1], "x", 1), 1);
	rig_until(&h.rig, is_empty, &h);
	if (loader_unloads())
		cr_assert_eq(modules_maps("/memfd:lingers.so"), 0);
	house_close(&h);
	close(ends[0]);
	close(ends[1]);
}

/* --- growth ------------------------------------------------------------------
 */

static bool find_host(void *ctx, const struct manager_plugin *p)
{
	struct weft_host **hosts = ctx;

	hosts[strcmp(p->plugin->name, "older") == 0] = p->host;
	return true;
}

static bool has_learned(void *ctx)
{
	const struct instance_counter *counters;

	return instance_counters(ctx, &counters) == 2 &&
	       !strcmp(counters[0].name, "heard") && counters[0].value == 1 &&
	       !strcmp(counters[1].name, "learned") && counters[1].value == 1;
}

/* Loaded, and in a session with a plugin of today that answers with what it
 * hears. */
Test(manager, runs_a_plugin_built_with_a_shorter_header)
{
	struct weft_host *hosts[2] = { NULL, NULL };
	struct weft_channel *ends[2];
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	modules_copy(&h.modules, "older", "older");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE, "%s", h.why.text);
	cr_assert_eq(house_load(&h, "older", ""), ERR_NONE, "%s", h.why.text);
	cr_assert_str_eq(h.changes, "+echo/1 +old/1");
	manager_each(h.manager, find_host, hosts);
	pipe_open(ends, h.rig.loop, hosts[0]->own, hosts[1]->own, 1);
	rig_until(&h.rig, has_learned, hosts[1]);
	house_close(&h);
}

/* --- what outlives a plugin on its node --------------------------------------
 */

Test(manager, says_which_plugin_is_ended)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "good", "good");
	modules_copy(&h.modules, "zero_codes", "zero_codes");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	modules_copy(&h.modules, "failing", "good");
	cr_assert_eq(house_reload(&h, "good"), ERR_DENIED);
	modules_copy(&h.modules, "good_again", "good");
	cr_assert_eq(house_reload(&h, "good"), ERR_NONE);
	rig_until(&h.rig, house_has_one, &h);
	cr_assert_str_eq(h.ending, "", "one that is exchanged is not");
	cr_assert_eq(house_load(&h, "zero_codes", ""), ERR_DENIED);
	cr_assert_str_eq(h.ending, "zero_codes");
	cr_assert_eq(house_unload(&h, "good"), ERR_NONE);
	cr_assert_str_eq(h.ending, "zero_codes good");
	cr_assert_eq(house_load(&h, "good", ""), ERR_NONE);
	house_close(&h);
	cr_assert_str_eq(h.ending, "zero_codes good", "nor are all, at last");
}
